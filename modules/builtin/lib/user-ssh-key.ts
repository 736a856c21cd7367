import {
  exec,
  type FileAnswer,
  file,
  program,
  type Query,
  quote,
  type Step,
  secretContent,
  stat,
  T,
  uses,
} from '../../../src/module/module.ts'
import { type Obstacle, parentFolder } from './paths.ts'

// A key of a user's own, made once: one that is there is never another.

export const sshKeyArguments = {
  generate_ssh_key: T.Optional(T.Boolean({ description: 'Make an SSH key for the user, if there is none.' })),
  ssh_key_bits: T.Optional(
    T.Integer({ minimum: 0, description: 'How many bits it has; 0, as if not given: as ssh-keygen has it.' }),
  ),
  ssh_key_type: T.Optional(T.String({ pattern: '^[a-z0-9-]+$', description: 'Its type. Default: rsa.' })),
  ssh_key_file: T.Optional(
    T.String({ description: 'Where it lies, below the home if it is no absolute path. Default: .ssh/id_TYPE.' }),
  ),
  ssh_key_comment: T.Optional(
    T.String({ description: 'Its comment. Not given: user and host, as ssh-keygen writes them.' }),
  ),
  ssh_key_passphrase: T.Optional(
    T.String({ secret: true, description: 'What it is locked with. Not given: it is not.' }),
  ),
}
export type SshKeyArguments = {
  generate_ssh_key?: boolean
  ssh_key_bits?: number
  ssh_key_type?: string
  ssh_key_file?: string
  ssh_key_comment?: string
  ssh_key_passphrase?: string
}
type KeyReads = {
  key: Query<FileAnswer> | undefined
  publicKey: Query<FileAnswer, false> | undefined
  fingerprint: Query<{ text: string }, false> | undefined
}

/** Where the key lies; undefined: none is asked for. */
export const keyPath = (args: SshKeyArguments, home: string): string | undefined => {
  if (!args.generate_ssh_key) return undefined
  const at = args.ssh_key_file ?? `.ssh/id_${args.ssh_key_type ?? 'rsa'}`
  return at.startsWith('/') ? at : `${home === '/' ? '' : home}/${at}`
}

export const keyReads = (at: string | undefined): KeyReads => ({
  key: at === undefined ? undefined : stat(at),
  publicKey: at === undefined ? undefined : uses(file(`${at}.pub`)),
  fingerprint:
    at === undefined
      ? undefined
      : uses(
          program({
            key: `fingerprint:${at}`,
            sh: `[ ! -e ${quote(at)} ] || ssh-keygen -l -f ${quote(at)} 2>&1`,
            looks: [`path:${at}`],
            parse: ({ stdout }) => ({ text: stdout.toString().trim() }),
            subject: `fingerprint of ${at}`,
          }),
        ),
})

/** What ssh-keygen is told by its standard input: a passphrase stands in no command line. */
export const keySteps = (name: string, args: SshKeyArguments, at: string): Step[] => {
  const {
    ssh_key_bits: bits = 0,
    ssh_key_type: type = 'rsa',
    ssh_key_comment: comment,
    ssh_key_passphrase: locked,
  } = args
  const words = [
    ...['-q', '-t', type],
    ...(bits > 0 ? ['-b', String(bits)] : []),
    ...(comment === undefined ? [] : ['-C', comment]),
    ...(locked === undefined ? ['-N', ''] : []),
    ...['-f', at],
  ]
  const stdin = locked === undefined ? {} : { stdin: secretContent(`${locked}\n${locked}\n`) }
  return [
    exec(['mkdir', '-p', '-m', '0700', '--', parentFolder(at)], { user: name }),
    exec(['ssh-keygen', ...words], { user: name, ...stdin }),
  ]
}

export const badKey = ({ ssh_key_passphrase: locked }: SshKeyArguments): Obstacle | undefined =>
  locked !== undefined && (locked.length < 5 || locked.includes('\n'))
    ? { why: 'ssh_key_passphrase has less than 5 letters, or a line end: ssh-keygen refuses it', fix: 'choose another' }
    : undefined
