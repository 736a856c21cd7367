import type { Link } from '../connection/link.ts'
import { type Failure, Refusal } from '../core/failure.ts'
import { fedTo } from '../core/quote.ts'
import type { Target } from '../settings/target.ts'
import { becomes, identity, shellLost, shellSilent } from './become.ts'
import { runInTime } from './patience.ts'
import { ANSWER_SECONDS, openShell, type Shell } from './shell.ts'
import { startProgram, triesTerminal } from './start-program.ts'

/** How long a login's files may take until a shell of ours runs: sudo that asks a directory that is gone takes 30 s. */
const BEGIN_SECONDS = 60

/** The persistent shells of a machine, one for each identity. */
export type Shells = {
  /** The one that was opened first, with the machine. */
  readonly own: Shell
  /** Runs frames in the shell of an identity, which is opened with the first of them. */
  runAs(who: Target): Shell['run']
  /** Frames sent, by all of them. */
  readonly roundTrips: number
  /** Ends all of them at once. */
  close(failure?: Failure): void
  /** Lets all of them end by themselves; none is opened from then on. */
  end(): Promise<void>
}

const noShell = ({ name, user }: Target, refusal: { why: string; fix: string }): Failure => ({
  reason: 'host-login',
  what: `${name} lets ${user} in, but gives no shell`,
  ...refusal,
})

/** A host that is used already, and refuses one more shell for another identity. */
const noFurtherShell = (who: Target, refusal: { why: string; fix: string }): Failure => ({
  reason: 'host-become',
  what: `${who.name} gives ${who.user} no further session to become ${identity(who)} in`,
  ...refusal,
})

/** Whether a session that was refused may be free later. A password that was is never tried again: accounts lock. */
const mayBeFree = (error: unknown): boolean =>
  !(error instanceof Refusal) || error.failures[0]!.what.includes('no further session')

/** A shell, and its `run` that sees to it that it begins. */
type Begun = { shell: Shell; run: Shell['run'] }

/** `abandon`: called with the failure of a machine that nothing is believed of any more. */
const openAs = async (
  who: Target,
  link: Link,
  refused: typeof noShell,
  abandon: (failure: Failure) => void,
): Promise<Begun> => {
  const { answerSeconds = ANSWER_SECONDS } = who
  const wire = await startProgram(who, link, '/bin/sh', refusal => refused(who, refusal))
  const shell = openShell(who.name, wire, loss => shellLost(who, loss), { answerSeconds, abandon })
  const seconds = Math.min(BEGIN_SECONDS, answerSeconds)
  return { shell, run: runInTime(shell, wire, seconds * 1000, said => shellSilent(who, seconds, said)) }
}

/** A shell that root has, as that of another user. */
const fedBy = ({ shell, run }: Begun, user: string): Begun => ({
  shell,
  run: (fragments, onOutput, onBytes) =>
    run(
      fragments.map(fragment => ({ ...fragment, sh: fedTo(user, fragment.sh) })),
      onOutput,
      onBytes,
    ),
})

/** What tells identities apart: who they are and how one gets there. */
export const identityKey = (who: Target): string => {
  const { user, method, exe, flags } = becomes(who) ?? {}
  return user === undefined ? '' : JSON.stringify([user, method, exe, flags])
}

/** Opens the shell of the target's own identity. */
export const openShells = async (target: Target, link: Link): Promise<Shells> => {
  const open: Shell[] = []
  // All of its shells end with the one that has lied, and the connection too: nobody reads on what it goes on to say.
  const abandon = (failure: Failure): void => {
    for (const shell of open) shell.close(failure)
    void link.hangUp()
  }
  const own = await openAs(target, link, noShell, abandon)
  open.push(own.shell)
  const asked = new Map([[identityKey(target), Promise.resolve(own)]])
  let isEnding = false

  const further = async (who: Target): Promise<Begun> => {
    // What is over says so by the shell that there is.
    if (isEnding || !link.stands) return own
    let refused: Failure | undefined
    const refuse: typeof noShell = (...why) => {
      refused = noFurtherShell(...why)
      return refused
    }
    const begun = await openAs(who, link, refuse, abandon).catch(error => {
      // A server that opens one session alone (MaxSessions 1): root's shell gives to another user what that one runs.
      if (refused === undefined || identity(target) !== 'root') throw error
      return undefined
    })
    if (begun === undefined) return fedBy(own, identity(who))
    open.push(begun.shell)
    if (!isEnding) return begun
    begun.shell.close()
    return own
  }
  const openedAs = (who: Target): Promise<Begun> => {
    const key = identityKey(who)
    const begun = asked.get(key) ?? further(who)
    asked.set(key, begun)
    begun.catch(error => mayBeFree(error) && asked.delete(key))
    return begun
  }

  /** Opens the shell of an identity once more, in place of one that has ended before it began. */
  const reopened = (who: Target): Promise<Begun> => {
    const key = identityKey(who)
    asked.delete(key)
    const begun = openedAs(who)
    if (key === identityKey(target)) begun.then(found => Object.assign(own, found)).catch(() => {})
    return begun
  }

  return {
    get own() {
      return own.shell
    },
    runAs: who => async (fragments, onOutput, onBytes) => {
      if (fragments.length === 0) return []
      const shell = openedAs(who)
      try {
        return await (await shell).run(fragments, onOutput, onBytes)
      } catch (error) {
        if (triesTerminal(error, link)) return (await reopened(who)).run(fragments, onOutput, onBytes)
        const other = asked.get(identityKey(who))
        if (other === undefined || other === shell) throw error
        return (await other).run(fragments, onOutput, onBytes)
      }
    },
    get roundTrips() {
      return open.reduce((sum, shell) => sum + shell.roundTrips, 0)
    },
    close: failure => {
      for (const shell of open) shell.close(failure)
    },
    end: async () => {
      isEnding = true
      await Promise.all(open.map(shell => shell.end()))
    },
  }
}
