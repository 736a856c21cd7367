import { existsSync, readdirSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { textIfReadable } from '../core/controller-file.ts'
import type { AskSshConfig } from './jump.ts'

const SYSTEM = '/etc/ssh/ssh_config'

/** What distributions ship: for all hosts, and nothing of it says where one is or who one is there. */
const SHIPPED =
  /^\s*(host\s+\*\s*$|(sendenv|hashknownhosts|gssapi\w+|forwardx11\w*)\b|include\s+\/etc\/ssh\/ssh_config\.d\/\*\.conf\s*$|#|$)/i

const linesOf = (file: string): string[] => (textIfReadable(file) ?? '').split('\n')

const droppedIn = (): string[] => {
  try {
    return readdirSync(`${SYSTEM}.d`).filter(name => name.endsWith('.conf'))
  } catch {
    return []
  }
}

/**
 * The files of ssh_config that may say something of a host: the user's own, and the machine's where it has more in it than
 * distributions ship. As for ssh itself the home is the one of the account, whatever HOME says. Without any of them no ssh
 * is asked.
 */
export const sshConfigFiles = (home = userInfo().homedir): string[] => {
  const own = join(home, '.ssh/config')
  const shared = [SYSTEM, ...droppedIn().map(name => `${SYSTEM}.d/${name}`)]
  return [...(existsSync(own) ? [own] : []), ...shared.filter(file => linesOf(file).some(line => !SHIPPED.test(line)))]
}

/** The user's own settings of ssh: the files that count where none is named, and whoever reads them, loaded when asked. */
export type SshConfig = { files: string[]; ask: AskSshConfig }

export const createSshConfig = (): SshConfig => {
  let asking: Promise<AskSshConfig> | undefined
  return {
    files: sshConfigFiles(),
    ask: async (address, said, file) => {
      asking ??= import('./ssh-config.ts').then(({ createAskSshConfig }) => createAskSshConfig())
      return (await asking)(address, said, file)
    },
  }
}
