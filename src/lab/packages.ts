import { existsSync, readdirSync } from 'node:fs'
import { Refusal, refuse } from '../core/failure.ts'
import { runProgram, searchPath, tail } from './command.ts'

const PACKAGES: Record<string, string> = {
  debootstrap: 'debootstrap',
  'systemd-nspawn': 'systemd-container',
  'ssh-keygen': 'openssh-client',
  ip: 'iproute2',
}

const onPath = (program: string): boolean =>
  searchPath()
    .split(':')
    .some(folder => folder !== '' && existsSync(`${folder}/${program}`))

/** The Debian packages whose programs are missing here. */
export const missingPackages = (present: (program: string) => boolean = onPath): string[] =>
  Object.entries(PACKAGES).flatMap(([program, name]) => (present(program) ? [] : [name]))

/** @throws Refusal `usage-needs-root` unless this process may make namespaces and mounts. */
export const needRoot = (): void => {
  if (process.getuid?.() !== 0)
    refuse('usage-needs-root', 'a lab makes mounts, network namespaces and containers, which only root may', {
      fix: 'run it again with sudo',
    })
}

const listsEmpty = (): boolean => {
  try {
    return !readdirSync('/var/lib/apt/lists').some(name => name.includes('Packages'))
  } catch {
    return true
  }
}

/**
 * Installs by apt-get what a lab needs and this machine lacks, and says so.
 * @throws Refusal `lab-host` where apt-get is missing or fails.
 */
export const installMissing = async (say: (line: string) => void): Promise<void> => {
  const names = missingPackages()
  if (names.length === 0) return
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  const install = () => runProgram(['apt-get', 'install', '-y', '-q', '--no-install-recommends', ...names], { env })
  const update = async () => {
    say('apt-get update')
    await runProgram(['apt-get', 'update', '-q'], { env })
  }
  const fresh = listsEmpty()
  if (fresh) await update()
  say(`apt-get install ${names.join(' ')}`)
  let done = await install()
  // Lists that are there may be too old to name files that the mirror still has.
  if (done.code !== 0 && !fresh) {
    await update()
    done = await install()
  }
  if (done.code === 0 && missingPackages().length === 0) return
  throw new Refusal({
    reason: 'lab-host',
    what: `a lab needs ${names.join(', ')}, and apt-get could not install them`,
    why: tail(done.err || done.out, 10),
    fix: 'install these Debian packages by hand, then try again',
  })
}
