import { Refusal } from '../core/failure.ts'
import type { Become } from '../core/transport.ts'
import { hiddenPlace, numberOf, refuseSetting, secretOf, textOf, truthOf } from './fault.ts'
import type { AskSshConfig } from './jump.ts'
import { type Said, type SaidBy, type SettingName, type Sources, settingOf } from './precedence.ts'
import type { SshConfig } from './ssh-config-files.ts'
import { type HopQuestion, hopOf, type SshSaid, wayOf } from './ssh-hop.ts'
import type { Hop, Target } from './target.ts'

/** Names of connection plugins of Ansible's that mean one of ours. */
const CONNECTIONS: Record<string, NonNullable<Target['connection']>> = {
  ssh: 'ssh',
  smart: 'ssh',
  paramiko: 'ssh',
  paramiko_ssh: 'ssh',
  openssh: 'openssh',
  local: 'local',
}

const connectionOf = (host: string, said: Said | undefined): NonNullable<Target['connection']> => {
  if (said === undefined) return 'ssh'
  const word = String(said.value).replace(/^ansible\.(builtin|netcommon)\./, '')
  const connection = Object.hasOwn(CONNECTIONS, word) ? CONNECTIONS[word] : undefined
  return (
    connection ??
    refuseSetting(
      host,
      said.from,
      `is ${JSON.stringify(said.value)}`,
      'write ssh, openssh (the ssh program of this machine) or local (this machine itself)',
    )
  )
}

const FORWARDINGS = ['localforward', 'remoteforward', 'dynamicforward', 'tunneldevice']

/** Arguments of ssh as one of its settings says them: settings, the file for `-F`, and the words as they were written. */
type Arguments = { settings: SshSaid[]; file?: string; words: string[] }

const argumentsOf = async (host: string, said: Said | undefined, warn: HopQuestion['warn']): Promise<Arguments> => {
  // They may stand on several lines, as they do in an ansible.cfg and in a block of YAML.
  const inLine = typeof said?.value === 'string' ? said.value.replace(/\s*\n\s*/g, ' ').trim() : said?.value
  const text = said === undefined || inLine === '' ? undefined : textOf(host, { ...said, value: inLine })
  if (said === undefined || text === undefined) return { settings: [], words: [] }
  // Loaded by runs that have some.
  const [{ parseSshArgs, splitWords }, { isSshKeyword }] = await Promise.all([
    import('./ssh-args.ts'),
    import('./ssh-keywords.ts'),
  ])
  let parsed: ReturnType<typeof parseSshArgs>
  try {
    parsed = parseSshArgs(text)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return refuseSetting(host, said.from, `cannot be read: ${error.failures[0]!.what}`, 'write it as behind `ssh`')
  }
  const strange = parsed.settings.find(({ keyword }) => !isSshKeyword(keyword))
  if (strange)
    refuseSetting(
      host,
      said.from,
      `holds ${strange.keyword}, which ssh does not know`,
      'ssh_config(5) lists what there is',
    )
  if (parsed.settings.some(({ keyword }) => FORWARDINGS.includes(keyword)))
    warn('forwardings', `${said.from.name} asks for forwardings of ports (-L, -R, -D, -w), which are not made.`)
  return {
    settings: parsed.settings.map(setting => ({ ...setting, from: said.from })),
    ...(parsed.file === undefined ? {} : { file: parsed.file }),
    words: splitWords(text),
  }
}

const sshSaid = (keyword: string, value: string | undefined, from: SaidBy | undefined): SshSaid[] =>
  value === undefined || from === undefined ? [] : [{ keyword, value, words: [value], from }]

/** Whether keys are checked, in ssh's words: that they are is for ssh's own settings to say. */
const checkingOf = (host: string, said: Said | undefined): SshSaid[] => {
  if (said === undefined) return []
  if (said.value === 'accept-new') return sshSaid('stricthostkeychecking', 'accept-new', said.from)
  const truth = truthOf(said.value)
  if (truth === undefined)
    return refuseSetting(host, said.from, `is ${JSON.stringify(said.value)}`, 'write true, or accept-new')
  return truth ? [] : sshSaid('stricthostkeychecking', 'no', said.from)
}

/** All that is said of a host besides its ssh_config, in ssh's words and in the order in which Ansible gives them to ssh. */
type OwnSettings = { list: SshSaid[]; file?: string; words: string[] }

const ownSettings = async (host: string, sources: Sources, warn: HopQuestion['warn']): Promise<OwnSettings> => {
  const find = (name: SettingName): Said | undefined => settingOf(name, sources)
  const [first, common, extra] = await Promise.all(
    (['sshArgs', 'sshCommonArgs', 'sshExtraArgs'] as const).map(name => argumentsOf(host, find(name), warn)),
  )
  const key = find('keyFile')
  const user = find('user')
  const timeout = find('timeout')
  const port = find('port')
  const jump = find('jump')
  const provider = find('pkcs11Provider')
  const option = find('sshConfig')
  const byOption = textOf(host, option)
  const file = extra!.file ?? common!.file ?? byOption ?? first!.file
  return {
    list: [
      ...first!.settings,
      ...checkingOf(host, find('hostKeyChecking')),
      ...sshSaid('port', numberOf(host, port, 65_535)?.toString(), port?.from),
      ...sshSaid('identityfile', textOf(host, key), key?.from),
      ...sshSaid('user', textOf(host, user), user?.from),
      ...sshSaid('connecttimeout', numberOf(host, timeout, 3600)?.toString(), timeout?.from),
      ...common!.settings,
      ...extra!.settings,
      ...sshSaid('pkcs11provider', textOf(host, provider), provider?.from),
      ...sshSaid('proxyjump', textOf(host, jump), jump?.from),
    ],
    ...(file === undefined ? {} : { file }),
    words: [
      ...[first, common, extra].flatMap(one => one!.words),
      ...(provider ? ['-I', String(provider.value)] : []),
      ...(jump ? ['-J', String(jump.value)] : []),
      ...(byOption !== undefined && byOption === file ? ['-F', byOption] : []),
    ],
  }
}

/** What ssh2 cannot do is the system's ssh to be asked for. */
const refuseBeyond = async (host: string, list: SshSaid[]): Promise<void> => {
  const { needsOpenssh } = await import('./ssh-keywords.ts')
  const beyond = list.find(needsOpenssh)
  if (beyond)
    refuseSetting(
      host,
      beyond.from,
      `asks for ${beyond.keyword}, which only the ssh program can do`,
      'set ansible_connection: openssh for it',
    )
}

/** Another program in place of ssh is a way of its own to a machine; ssh itself is the way that is gone anyhow. */
const refuseProgram = (host: string, said: Said | undefined): void => {
  if (said === undefined || /(^|\/)ssh$/.test(String(said.value))) return
  refuseSetting(
    host,
    said.from,
    `is ${JSON.stringify(said.value)}, and no other ssh program is called`,
    'leave it out; or put a program named ssh first into PATH and set ansible_connection: openssh',
  )
}

/** Whoever asks for targets, and what there is besides variables. */
export type Reaching = Omit<Sources, 'vars'> & {
  /** The identity of the machine's session, where that is not the login user's. */
  become?: Become
  /** What is done with unknown host keys where nobody says: `ask` where there is a terminal. */
  newKeys?: 'ask'
  /** What the user's own ssh is told. */
  sshConfig?: SshConfig
  warn?: HopQuestion['warn']
}

const secretsOf = (host: string, sources: Sources, keyFiles: string[] = []): Partial<Target> => {
  const password = secretOf(host, settingOf('password', sources))
  const passphrase = secretOf(host, settingOf('passphrase', sources))
  const key = settingOf('keyText', sources)
  if (key)
    refuseSetting(
      host,
      hiddenPlace(key.from),
      'is not followed',
      'name a file with ansible_ssh_private_key_file, or put the key into an agent',
    )
  return {
    ...(password !== undefined && { password }),
    ...(passphrase !== undefined && { passphrases: Object.fromEntries(keyFiles.map(path => [path, passphrase])) }),
  }
}

/** By the ssh program: it reads its own files, so only what was said besides goes to it. */
const byProgram = (question: HopQuestion, own: OwnSettings, list: SshSaid[]): Hop & Pick<Target, 'sshArgs'> => {
  const isSaid = (keyword: string): boolean => own.list.some(one => one.keyword === keyword)
  const { newKeys: _, ...all } = hopOf(question, own.list)
  const { user, newKeys, timeoutSeconds } = hopOf(question, list)
  const files = isSaid('userknownhostsfile') || isSaid('globalknownhostsfile')
  return {
    ...all,
    host: question.address,
    user,
    timeoutSeconds,
    ...(newKeys && { newKeys }),
    knownHosts: files ? all.knownHosts : [],
    ...(own.words.length > 0 && { sshArgs: own.words }),
  }
}

/** Everything that is said of reaching one host, before it is made a target. */
type Sayings = {
  sources: Sources
  connection: NonNullable<Target['connection']>
  question: HopQuestion
  own: OwnSettings
  /** In ssh's words: what was said, and below it what the user's ssh_config says. */
  list: SshSaid[]
  ask?: AskSshConfig
}

/** @throws Refusal as `targetOf`. */
export const sayingsOf = async (host: string, vars: Sources['vars'], reaching: Reaching): Promise<Sayings> => {
  const { newKeys, sshConfig, warn = () => {}, environment = process.env } = reaching
  const sources = { ...reaching, vars }
  refuseProgram(host, settingOf('sshExecutable', sources))
  const connection = connectionOf(host, settingOf('connection', sources))
  const address = textOf(host, settingOf('host', sources)) ?? host
  const question: HopQuestion = { name: host, address, environment, warn, ...(newKeys && { newKeys }) }
  const own = await ownSettings(host, sources, warn)
  const isAsked = own.file === undefined ? (sshConfig?.files.length ?? 0) > 0 : own.file.toLowerCase() !== 'none'
  const ask = isAsked && connection !== 'local' ? sshConfig?.ask : undefined
  const list = ask ? await ask(address, own.list, own.file) : own.list
  return { sources, connection, question, own, list, ...(ask && { ask }) }
}

/**
 * How to reach a host: from its variables, the command line, the environment and ansible.cfg, with the names and the
 * precedence of Ansible's ssh connection plugin; and below all of that the user's ssh_config. What is said of an ssh command
 * line counts as it would there.
 *
 * @throws Refusal `inventory-variable`, `usage-option` or `usage-file`, by where it stands: a wrong type, or what cannot
 * be done.
 */
export const targetOf = async (host: string, vars: Sources['vars'], reaching: Reaching): Promise<Target> => {
  const { sources, connection, question, own, list, ask } = await sayingsOf(host, vars, reaching)
  const { become } = reaching
  const retries = numberOf(host, settingOf('retries', sources), 100, 0)
  const answerSeconds = numberOf(host, settingOf('answerSeconds', sources), 86_400)
  const named = {
    name: host,
    ...(become && { become }),
    ...(connection === 'ssh' ? {} : { connection }),
    ...(retries ? { retries } : {}),
    ...(answerSeconds && { answerSeconds }),
  }
  if (connection === 'local') return { ...hopOf(question, []), ...named }
  if (connection === 'openssh') return { ...byProgram(question, own, list), ...secretsOf(host, sources), ...named }
  if (own.words.length > 0 || ask) await refuseBeyond(host, list)
  const hop = hopOf(question, list)
  const { jump, proxyCommand } = wayOf(question, list)
  const via = jump && (await (await import('./jump.ts')).viaOf(question, jump, ask, own.file))
  return {
    ...named,
    ...hop,
    ...secretsOf(host, sources, hop.keyFiles),
    ...(via && { via }),
    ...(proxyCommand !== undefined && { proxyCommand }),
  }
}
