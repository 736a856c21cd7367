import { userInfo } from 'node:os'
import { unfitFault } from '../core/controller-file.ts'
import { refuseSetting } from './fault.ts'
import type { SaidBy } from './precedence.ts'
import type { SshSetting } from './ssh-args.ts'
import { expandPath, expandTokens, type SshTokens } from './ssh-tokens.ts'
import type { Hop } from './target.ts'

/** A setting in ssh's words, and what says it. In a list the first one of a keyword counts, as in ssh. */
export type SshSaid = SshSetting & { from: SaidBy }

/** What is asked for, and what follows from nobody having said more of it. */
export type HopQuestion = {
  /** Whose it is, for messages, and the address as it was asked for. */
  name: string
  address: string
  /** What becomes of unknown host keys where nobody says: nobody can be asked without a terminal. */
  newKeys?: 'ask'
  environment: Record<string, string | undefined>
  /** Told what should be known; of one kind once for all hosts. */
  warn: (kind: 'host-keys' | 'forwardings', text: string) => void
}

const DEFAULT_PORT = 22
/** ssh2's readyTimeout: from connecting to logged in. As Ansible's own default. */
const DEFAULT_TIMEOUT_SECONDS = 10
const USER_KNOWN_HOSTS = '~/.ssh/known_hosts'
const SYSTEM_KNOWN_HOSTS = '/etc/ssh/ssh_known_hosts'

export const firstOf = (list: SshSaid[], ...keywords: string[]): SshSaid | undefined =>
  list.find(({ keyword }) => keywords.includes(keyword))

const isYes = (said: SshSaid | undefined): boolean => /^(yes|true)$/i.test(said?.value ?? '')
const isNone = (said: SshSaid): boolean => said.value.toLowerCase() === 'none'

const portOf = (name: string, said: SshSaid | undefined): number => {
  if (said === undefined) return DEFAULT_PORT
  const port = /^\d+$/.test(said.value) ? Number(said.value) : 0
  if (port >= 1 && port <= 65_535) return port
  return refuseSetting(name, said.from, `says port ${said.value}`, 'write a whole number from 1 to 65535')
}

const UNITS: Record<string, number> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** A time as sshd_config(5) writes it: `90`, `1m30s`. */
const secondsOf = (name: string, said: SshSaid | undefined): number => {
  if (said === undefined || isNone(said)) return DEFAULT_TIMEOUT_SECONDS
  if (!/^(\d+[smhdw]?)+$/i.test(said.value))
    return refuseSetting(name, said.from, `says the time ${said.value}`, 'write seconds, or such as 1m30s')
  const parts = [...said.value.toLowerCase().matchAll(/(\d+)([smhdw]?)/g)]
  const total = parts.map(([, count, unit]) => Number(count) * UNITS[unit!]!).reduce((a, b) => a + b, 0)
  // None at all would have a machine that is switched off waited for without end.
  return total || DEFAULT_TIMEOUT_SECONDS
}

/** Paths with their tokens in them; `none` is no path. */
const pathsOf = (question: HopQuestion, said: SshSaid, tokens: SshTokens): string[] =>
  isNone(said)
    ? []
    : said.words.map(
        word =>
          expandPath(word, tokens, question.environment) ??
          refuseSetting(
            question.name,
            said.from,
            `holds ${word}`,
            'ssh_config(5) says what %tokens stand for; a variable in ${} has to be set',
          ),
      )

const agentOf = (question: HopQuestion, said: SshSaid | undefined, tokens: SshTokens): string | undefined => {
  const { environment } = question
  if (said === undefined || said.value === 'SSH_AUTH_SOCK') return environment.SSH_AUTH_SOCK || undefined
  if (said.value.startsWith('$') && !said.value.startsWith('${')) return environment[said.value.slice(1)] || undefined
  return pathsOf(question, said, tokens)[0]
}

const TAKES_ANY = /^(no|off|false)$/i

/** What becomes of host keys that no file holds. That they are not checked at all is never so. */
const newKeysOf = (question: HopQuestion, said: SshSaid | undefined): Hop['newKeys'] => {
  const word = said?.value.toLowerCase() ?? 'ask'
  if (word === 'ask') return question.newKeys
  if (word === 'yes' || word === 'true') return undefined
  if (word === 'accept-new') return 'accept'
  if (!TAKES_ANY.test(word))
    return refuseSetting(
      question.name,
      said!.from,
      `says StrictHostKeyChecking ${said!.value}`,
      'write yes, ask or accept-new',
    )
  const { name, origin } = said!.from
  const place = origin ? ` (${origin.file}:${origin.line})` : ''
  question.warn(
    'host-keys',
    `${name}${place} switches the checking of host keys off: unknown keys are taken in, changed ones are refused all the same. Say StrictHostKeyChecking=accept-new for just that.`,
  )
  return 'accept'
}

/** No key file is bigger: a private key has a few thousand bytes. */
export const LONGEST_KEY = 1024 * 1024

/** Of keys that are named one has to be a file: with all others a login is tried without them. */
const refuseUnfitKeys = (question: HopQuestion, named: { from: SaidBy; path: string }[]): void => {
  // Of what an ssh_config names ssh takes what it can use.
  const faults = named.map(({ from, path }) => (from.by === 'ssh_config' ? undefined : unfitFault(path, LONGEST_KEY)))
  const [first] = named
  if (first && !faults.includes(undefined))
    refuseSetting(
      question.name,
      first.from,
      `names ${first.path}, which ${faults[0]}`,
      'name the file with the private key',
    )
}

const keysOf = (question: HopQuestion, list: SshSaid[], tokens: SshTokens): Partial<Hop> => {
  const said = list.filter(({ keyword }) => keyword === 'identityfile')
  const named = said.flatMap(one =>
    pathsOf(question, { ...one, words: [one.words.join(' ')] }, tokens).map(path => ({ from: one.from, path })),
  )
  refuseUnfitKeys(question, named)
  const files = [...new Set(named.map(({ path }) => path))]
  const agent = agentOf(question, firstOf(list, 'identityagent'), tokens)
  const forwards = firstOf(list, 'forwardagent')
  return {
    ...(said.length > 0 && { keyFiles: files }),
    ...(isYes(firstOf(list, 'identitiesonly')) && { onlyKeyFiles: true }),
    ...(agent && { agent }),
    ...(agent && forwards && !/^(no|false)$/i.test(forwards.value) && { forwardsAgent: true }),
  }
}

/** Which addresses are tried, and from where. */
const socketOf = (question: HopQuestion, list: SshSaid[]): Pick<Hop, 'family' | 'bindAddress'> => {
  const said = firstOf(list, 'addressfamily')
  const word = said?.value.toLowerCase() ?? 'any'
  const bind = firstOf(list, 'bindaddress')?.value
  if (!['any', 'inet', 'inet6'].includes(word))
    refuseSetting(question.name, said!.from, `says AddressFamily ${said!.value}`, 'write any, inet or inet6')
  return {
    ...(word === 'any' ? {} : { family: word === 'inet' ? 4 : 6 }),
    ...(bind ? { bindAddress: bind } : {}),
  }
}

const addressOf = (question: HopQuestion, said: SshSaid | undefined): string => {
  if (said === undefined) return question.address
  // Of tokens it has only the name that was asked for.
  const known = /%[^h%]/.test(said.value.replaceAll('%%', '')) ? undefined : said.value
  if (known === undefined)
    return refuseSetting(
      question.name,
      said.from,
      `says HostName ${said.value}`,
      'only %h and %% stand for something there',
    )
  return known.replace(/%([h%])/g, (_, token) => (token === 'h' ? question.address : '%'))
}

/** What tokens stand for, once address, port and user are known. */
export const tokensOf = (question: HopQuestion, list: SshSaid[]): SshTokens => {
  const keyAlias = firstOf(list, 'hostkeyalias')?.value
  const jump = firstOf(list, 'proxyjump')?.value
  return {
    asked: question.address,
    host: addressOf(question, firstOf(list, 'hostname')),
    port: portOf(question.name, firstOf(list, 'port')),
    user: firstOf(list, 'user')?.words.join(' ') ?? userInfo().username,
    ...(keyAlias && { keyAlias }),
    ...(jump && { jump }),
  }
}

/** An ssh server as ssh would reach it by these settings. */
export const hopOf = (question: HopQuestion, list: SshSaid[]): Hop => {
  const tokens = tokensOf(question, list)
  const { host, port, user, keyAlias } = tokens
  const files = (keyword: string, usual: string): string[] => {
    const said = firstOf(list, keyword)
    return said ? pathsOf(question, said, tokens) : [expandPath(usual, tokens)!]
  }
  // Without a file of the person's own nothing is written down, and never into the machine's.
  const own = files('userknownhostsfile', USER_KNOWN_HOSTS)
  const newKeys = newKeysOf(question, firstOf(list, 'stricthostkeychecking'))
  return {
    host,
    port,
    ...socketOf(question, list),
    user,
    ...keysOf(question, list, tokens),
    ...(keyAlias && { keyAlias }),
    knownHosts: [...(own.length > 0 ? own : ['/dev/null']), ...files('globalknownhostsfile', SYSTEM_KNOWN_HOSTS)],
    ...(newKeys && { newKeys }),
    ...(isYes(firstOf(list, 'hashknownhosts')) && { hashesNames: true }),
    timeoutSeconds: secondsOf(question.name, firstOf(list, 'connecttimeout')),
  }
}

/**
 * How the way to it is made: through servers (`jump`), by a command whose streams are the connection, or straight. Of the
 * two settings the first one counts, whichever it is.
 */
export const wayOf = (question: HopQuestion, list: SshSaid[]): { jump?: SshSaid; proxyCommand?: string } => {
  const said = firstOf(list, 'proxyjump', 'proxycommand')
  if (said === undefined || isNone(said)) return {}
  const value =
    expandTokens(said.value, tokensOf(question, list)) ??
    refuseSetting(question.name, said.from, `holds ${said.value}`, 'a % that stands for itself is written %%')
  return said.keyword === 'proxyjump' ? { jump: { ...said, value } } : { proxyCommand: value }
}
