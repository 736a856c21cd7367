import { resolve } from 'node:path'
import type { Event, RunRequest } from '../../core/event.ts'
import { Refusal, refuse } from '../../core/failure.ts'
import { parseExtra } from '../../load/variables.ts'
import { isFileOption } from '../../planfile/extra-vars.ts'
import { findOrMakePlanKey } from '../../planfile/plan-key.ts'
import { printable } from '../../report/printable.ts'
import { type Journal, openJournal } from '../../run/journal.ts'
import type { AskedPasswords } from './ask-passwords.ts'
import { writtenConnection } from './connection-options.ts'
import type { PlaybookOptions } from './prepare.ts'

/** A run that another one goes on with: its id and what it had said. */
export type Resumed = { id: string; events: Event[] }

const warn = (what: string, error: unknown): void =>
  void process.stderr.write(`warning: this run is ${what}: ${printable((error as Error).message)}\n`)

/** The same journal up to the first line that cannot be written: behind half a line none would be read back. */
const lenient = ({ id, write, close }: Journal): Journal => {
  let isWhole = true
  return {
    id,
    write: line => {
      if (!isWhole) return
      try {
        write(line)
      } catch (error) {
        isWhole = false
        warn('remembered no further', error)
      }
    },
    close,
  }
}

/** Begins the journal of a run in this folder. Where none can be written the run goes on without one. */
export const startRunRecord = (): Journal | undefined => {
  try {
    return lenient(openJournal(process.cwd(), new Date()))
  } catch (error) {
    if (error instanceof Refusal) throw error
    warn('not remembered', error)
    return undefined
  }
}

/** The key for fingerprints of what a run asks for. Where there can be none the run goes on without them. */
export const runKey = (): Buffer | undefined => {
  try {
    return findOrMakePlanKey(process.cwd())
  } catch (error) {
    warn('remembered without what `runbook drift` compares', error)
    return undefined
  }
}

/** The names of the variables that are given by hand. */
const givenByHand = (extraVars: string[]): string[] =>
  Object.keys(parseExtra(extraVars.filter(option => !isFileOption(option))))

/** Throws a Refusal (`usage-option`) where variables that a run was given by hand are not given again. */
export const requireSameVariables = (run: string, names: string[], extraVars: string[], command: string): void => {
  const given = Object.keys(parseExtra(extraVars))
  const missing = names.filter(name => !given.includes(name))
  if (missing.length > 0)
    refuse('usage-option', `Run ${run} was given ${missing.join(', ')} by hand.`, {
      why: 'What is given with -e may be a secret, so only its name is remembered.',
      fix: `Give it again: ${command} ${missing.map(name => `-e ${name}=…`).join(' ')}`,
    })
}

/** The command line as it may be written down: of a variable given by hand, which may be a secret, only the name. */
export const runRequestOf = (
  playbook: string,
  {
    inventory,
    limit,
    tags,
    skipTags = [],
    startAtTask,
    extraVars,
    pending,
    artifacts,
    lock,
    become,
    becomeUser,
    becomeMethod,
    ...options
  }: PlaybookOptions,
): RunRequest => ({
  playbook,
  inventory,
  ...(limit === undefined ? {} : { limit }),
  tags,
  ...(skipTags.length === 0 ? {} : { skipTags }),
  ...(startAtTask === undefined ? {} : { startAtTask }),
  variableFiles: extraVars.filter(isFileOption),
  variableNames: givenByHand(extraVars),
  ...(pending === false ? { noPending: true } : {}),
  ...(artifacts === undefined ? {} : { artifacts }),
  ...(lock === undefined ? {} : { lock }),
  ...(become === undefined ? {} : { become }),
  ...(becomeUser === undefined ? {} : { becomeUser }),
  ...(becomeMethod === undefined ? {} : { becomeMethod }),
  ...writtenConnection(options),
  ...askedAgain(options),
})

/** What a run that goes on with this one asks for again. */
const askedAgain = (given: AskedPasswords): AskedPasswords => ({
  ...(given.askPass ? { askPass: true } : {}),
  ...(given.askBecomePass ? { askBecomePass: true } : {}),
  ...(given.connectionPasswordFile ? { connectionPasswordFile: resolve(given.connectionPasswordFile) } : {}),
  ...(given.becomePasswordFile ? { becomePasswordFile: resolve(given.becomePasswordFile) } : {}),
  ...(given.vaultId?.length ? { vaultId: given.vaultId } : {}),
  ...(given.vaultPasswordFile?.length ? { vaultPasswordFile: given.vaultPasswordFile.map(file => resolve(file)) } : {}),
  ...(given.askVaultPass ? { askVaultPass: true } : {}),
})

/** The same once more, under what is given now: of each kind of password another way, or the same. */
export const askedLike = (asked: AskedPasswords, now: AskedPasswords): AskedPasswords => {
  const login = now.askPass || now.connectionPasswordFile !== undefined ? now : asked
  const become = now.askBecomePass || now.becomePasswordFile !== undefined ? now : asked
  const vaults = now.vaultId?.length || now.vaultPasswordFile?.length || now.askVaultPass ? now : asked
  return askedAgain({
    ...(login.askPass ? { askPass: true } : {}),
    ...(login.connectionPasswordFile ? { connectionPasswordFile: login.connectionPasswordFile } : {}),
    ...(become.askBecomePass ? { askBecomePass: true } : {}),
    ...(become.becomePasswordFile ? { becomePasswordFile: become.becomePasswordFile } : {}),
    ...(vaults.vaultId ? { vaultId: vaults.vaultId } : {}),
    ...(vaults.vaultPasswordFile ? { vaultPasswordFile: vaults.vaultPasswordFile } : {}),
    ...(vaults.askVaultPass ? { askVaultPass: true } : {}),
  })
}

/** Options without those that `askedLike` weighs. */
export const withoutPasswords = <T extends AskedPasswords>(options: T): Omit<T, keyof AskedPasswords> => {
  const {
    askPass: _,
    askBecomePass: __,
    connectionPasswordFile: ___,
    becomePasswordFile: ____,
    vaultId: _____,
    vaultPasswordFile: ______,
    askVaultPass: _______,
    ...others
  } = options
  return others
}
