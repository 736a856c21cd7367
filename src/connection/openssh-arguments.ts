import type { Hop, Target } from '../settings/target.ts'

/** One option in the words of ssh_config(5). A file of the user's may say it too: what stands on the command line counts. */
const option = (name: string, value: string): string[] => ['-o', `${name}=${value}`]

/** A path as the value of an option: ssh splits at blanks and knows tokens. */
const path = (text: string): string => `"${text.replaceAll('%', '%%').replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`

const placeOf = ({ user, host, port }: Hop): string =>
  `${user}@${host.includes(':') ? `[${host}]` : host}${port === 22 ? '' : `:${port}`}`

/** Flags that would have ssh say less or more, go into the background, run nothing or want a terminal. */
const withoutNoise = (word: string): string[] => {
  if (!/^-[46ACGKNTXYafgkMnqstvxy]+$/.test(word)) return [word]
  const left = word.replaceAll(/[GMNTfnqstv]/g, '')
  return left === '-' ? [] : [left]
}

/**
 * What a target says, as far as it says anything: the rest is the user's ssh_config's to say, which ssh reads by itself.
 */
const said = (target: Target): string[] => {
  const { port, user, keyFiles = [], onlyKeyFiles, agent, forwardsAgent, keyAlias, knownHosts } = target
  const { newKeys, via = [], proxyCommand, timeoutSeconds } = target
  return [
    // Never `no`: with that ssh goes on past a changed key.
    ...option('StrictHostKeyChecking', newKeys === 'accept' ? 'accept-new' : 'yes'),
    ...(target.sshArgs ?? []).flatMap(withoutNoise),
    ...option('User', user),
    ...(port === 22 ? [] : option('Port', String(port))),
    ...keyFiles.flatMap(file => option('IdentityFile', path(file))),
    ...(onlyKeyFiles ? option('IdentitiesOnly', 'yes') : []),
    ...(agent && agent !== process.env.SSH_AUTH_SOCK ? option('IdentityAgent', path(agent)) : []),
    ...(forwardsAgent ? option('ForwardAgent', 'yes') : []),
    ...(keyAlias ? option('HostKeyAlias', keyAlias) : []),
    ...(knownHosts.length > 0
      ? [
          ...option('UserKnownHostsFile', knownHosts.map(path).join(' ')),
          ...option('GlobalKnownHostsFile', '/dev/null'),
        ]
      : []),
    ...(via.length > 0 ? option('ProxyJump', via.map(placeOf).join(',')) : []),
    ...(proxyCommand ? option('ProxyCommand', proxyCommand.replaceAll('%', '%%')) : []),
    ...option('ConnectTimeout', String(Math.max(1, Math.ceil(timeoutSeconds)))),
  ]
}

/** The word that ssh prints when it has logged in, before anything of the host's. */
export const LOGGED_IN = 'runbook is in'

/**
 * The arguments of the ssh that logs in and runs nothing; programs join it by its socket. It has no terminal and asks nothing, keeps nothing alive after its run, and sets up no forwarding of the user's. Its log goes to a file, so
 * that the errors of the program come alone.
 */
export const masterArguments = (target: Target, files: { socket: string; log: string }): string[] => [
  ...option('ControlMaster', 'yes'),
  ...option('ControlPersist', 'no'),
  ...option('LogLevel', 'DEBUG1'),
  ...(target.password === undefined ? option('BatchMode', 'yes') : option('NumberOfPasswordPrompts', '1')),
  ...option('PermitLocalCommand', 'yes'),
  ...option('LocalCommand', `echo ${LOGGED_IN}`),
  ...option('RemoteCommand', 'none'),
  ...option('ClearAllForwardings', 'yes'),
  ...option('ServerAliveInterval', '15'),
  ...option('ServerAliveCountMax', '3'),
  ...said(target),
  // Of these the last ones count, of all others the first.
  '-N',
  '-T',
  '-E',
  files.log,
  '-S',
  files.socket,
  '--',
  target.host,
]

/**
 * The arguments of an ssh that joins it. Where it has ended ssh would log in by itself: no command leads anywhere then.
 * No file of the user's is read again.
 */
export const joiningArguments = ({ host, forwardsAgent }: Target, socket: string, line: string): string[] => [
  '-T',
  '-F',
  '/dev/null',
  '-S',
  socket,
  ...option('ControlMaster', 'no'),
  ...option('LogLevel', 'DEBUG1'),
  ...option('BatchMode', 'yes'),
  ...option('ProxyCommand', 'false'),
  ...(forwardsAgent ? option('ForwardAgent', 'yes') : []),
  '--',
  host,
  line,
]
