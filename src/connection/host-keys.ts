import type { Failure } from '../core/failure.ts'
import { Refusal } from '../core/failure.ts'
import { oneAtATime } from '../core/one-at-a-time.ts'
import type { Hop } from '../settings/target.ts'
import { hostKeyFailure, judgeHostKey, knownKeyTypes, type NamedHop, newKeyLines, type ShownKey } from './host-key.ts'
import { hostKeyName, type KnownHosts, type KnownHostsEntry, knownHostsLine, portlessName } from './known-hosts.ts'
import { appendKnownHosts, readKnownHosts } from './known-hosts-file.ts'
import { keyType } from './public-key.ts'

/** The check of one server's key. */
export type HostKeyCheck = {
  /** The types of key that it is known by. */
  types: string[]
  /** Whether the connection may go on. It is synchronous: ssh2 takes the promise of an async verifier for a yes. */
  verify(key: Buffer): boolean
  /** Why it may not, once `verify` has said so. */
  denied(): Failure | undefined
  /** The server has signed with the key: now a new one that may be taken in is written. */
  proven(): void
}

/** `hop` says how its line is written, also where that follows from the file. */
type NewKey = { hop: NamedHop; shown: ShownKey }

/**
 * A key that counts from now on although no file had it: it was taken in without a question, or somebody said yes and it could
 * not be written. `unwritten`: why it is in no file, so that it will be new next time.
 */
export type AcceptedKey = NewKey & { unwritten?: string }

/** The host keys of a run: what files hold, and what becomes of a key that none of them holds (`Hop.newKeys`). */
export type HostKeys = {
  /** Reads what is known of a server, before it shows its key. */
  check(hop: NamedHop): Promise<HostKeyCheck>
  /**
   * Whether a connection that was refused because nobody knows the key can be made again: somebody was asked, and said yes.
   * It is asked when `calm` has come; what comes in until then is one question.
   */
  admits(refused: unknown, calm: () => Promise<void>): Promise<boolean>
}

/** Puts a question to the person at the terminal; resolves to whether the answer was yes. */
export type Confirm = (question: string) => Promise<boolean>

const identityOf = ({ hop, shown }: NewKey): string => `${hostKeyName(hop)} ${shown.key}`

const filesOf = (keys: NewKey[]): string => [...new Set(keys.map(({ hop }) => hop.knownHosts[0]))].join(', ')

const question = (keys: NewKey[]): string => {
  const lines = newKeyLines(keys)
  return [
    lines.length === 1
      ? 'The key of this host is not known yet:'
      : `The keys of these ${lines.length} hosts are not known yet:`,
    ...lines.map(line => `  ${line}`),
    '`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on a host shows its own.',
    `Connect, and keep ${lines.length === 1 ? 'it' : 'them'} in ${filesOf(keys)}? (yes/no) `,
  ].join('\n')
}

/** The keys that this run has come to trust, as if a file held them. */
const createTrust = () => {
  const entries = new Map<string, KnownHostsEntry[]>()
  const file: KnownHosts = { find: name => entries.get(name) ?? [], isHashed: false }
  /** Returns why the key could not be written, if so. */
  const add = ({ hop, shown }: NewKey): string | undefined => {
    const name = hostKeyName(hop)
    const known = file.find(name)
    if (known.some(({ key }) => key === shown.key)) return undefined
    const written = hop.knownHosts[0] ?? ''
    entries.set(name, [...known, { file: written, line: 0, ...shown }])
    try {
      appendKnownHosts(written, knownHostsLine(hop, shown))
      return undefined
    } catch (error) {
      return (error as Error).message
    }
  }
  return { file, add }
}

/** Whether somebody would have to be asked of a server: its files hold nothing of it, and what is new is to be asked. */
export const isToAsk = async (hop: Hop): Promise<boolean> => {
  if (hop.newKeys !== 'ask') return false
  const files = await readKnownHosts(hop.knownHosts)
  const names = [hostKeyName(hop), portlessName(hop)]
  return !names.some(name => name !== undefined && files.some(file => file.find(name).length > 0))
}

/** The host keys of one run. Without `confirm` there is nobody to ask, and what would be asked is refused. */
export const createHostKeys = ({
  confirm,
  onAccept = () => {},
}: {
  confirm?: Confirm
  onAccept?: (key: AcceptedKey) => void
} = {}): HostKeys => {
  const trust = createTrust()
  const refused = new WeakMap<Failure, NewKey>()
  const declined = new Set<string>()
  const inTurn = oneAtATime()
  let batch: { keys: NewKey[]; answer: Promise<boolean> } | undefined

  const accept = (key: NewKey): void => {
    const unwritten = trust.add(key)
    onAccept({ ...key, ...(unwritten !== undefined && { unwritten }) })
  }

  /** The failure, or a key to take in, or neither where it is known. */
  const judge = (named: NamedHop, files: KnownHosts[], key: Buffer): { failure?: Failure; accepting?: NewKey } => {
    const hop: NamedHop = files[0]?.isHashed ? { ...named, hashesNames: true } : named
    const shown = { type: keyType(key), key: key.toString('base64') }
    const judged = judgeHostKey([...files, trust.file], hop, shown)
    if (judged.is === 'unknown' && hop.newKeys === 'accept') return { accepting: { hop, shown } }
    const failure = hostKeyFailure(hop, shown, judged)
    if (!failure) return {}
    if (judged.is === 'unknown' && hop.newKeys === 'ask') refused.set(failure, { hop, shown })
    return { failure }
  }

  const ask = (keys: NewKey[]): Promise<boolean> =>
    inTurn(async () => {
      const isYes = await confirm!(question(keys))
      for (const key of keys) {
        const unwritten = isYes ? trust.add(key) : undefined
        if (unwritten !== undefined) onAccept({ ...key, unwritten })
        if (!isYes) declined.add(identityOf(key))
      }
      return isYes
    })

  /** The question that is about to be put: keys come into it until what happens now is over. */
  const nextQuestion = () => {
    const keys: NewKey[] = []
    const asked = Promise.withResolvers<boolean>()
    setImmediate(() => {
      batch = undefined
      ask(keys).then(asked.resolve, asked.reject)
    })
    return { keys, answer: asked.promise }
  }

  return {
    check: async hop => {
      const files = await readKnownHosts(hop.knownHosts)
      let judged: ReturnType<typeof judge> = {}
      return {
        types: knownKeyTypes([...files, trust.file], hop),
        verify: key => {
          judged = judge(hop, files, key)
          return judged.failure === undefined
        },
        denied: () => judged.failure,
        proven: () => {
          if (judged.accepting) accept(judged.accepting)
        },
      }
    },
    admits: async (error, calm) => {
      const failures = error instanceof Refusal ? error.failures : []
      const key = failures.map(failure => refused.get(failure)).find(found => found !== undefined)
      if (!key || !confirm) return false
      await calm()
      if (declined.has(identityOf(key))) return false
      batch ??= nextQuestion()
      batch.keys.push(key)
      return batch.answer
    },
  }
}

/** What a run has to tell of keys that count although no file had them: one text for those that are kept, one for each reason why not. */
export const acceptedTexts = (keys: AcceptedKey[]): string[] =>
  [...Map.groupBy(keys, ({ unwritten }) => unwritten)].map(([unwritten, same]) =>
    [
      unwritten === undefined
        ? `Host keys that nobody knew were taken in without a question, into ${filesOf(same)}; who was in between then stays there unseen:`
        : `Host keys that nobody knew count for this run only, since ${filesOf(same)} cannot be written (${unwritten}):`,
      ...newKeyLines(same),
    ].join('\n'),
  )
