import { existsSync, readdirSync } from 'node:fs'
import { Refusal, refuse } from '../core/failure.ts'
import { runProgram, searchPath, tail } from './command.ts'

/** Programs with the Debian packages that they are in. */
type Programs = Record<string, string>

const LAB_PROGRAMS: Programs = {
  debootstrap: 'debootstrap',
  'systemd-nspawn': 'systemd-container',
  'ssh-keygen': 'openssh-client',
  ip: 'iproute2',
}
/** What serves packages to hosts. */
export const CACHE_PROGRAMS: Programs = { 'apt-cacher-ng': 'apt-cacher-ng' }

const onPath = (program: string): boolean =>
  searchPath()
    .split(':')
    .some(folder => folder !== '' && existsSync(`${folder}/${program}`))

/** The Debian packages whose programs are missing here. */
export const missingPackages = (
  present: (program: string) => boolean = onPath,
  programs: Programs = LAB_PROGRAMS,
): string[] => Object.entries(programs).flatMap(([program, name]) => (present(program) ? [] : [name]))

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
 * Installs by apt-get what a lab needs and this machine lacks, and says so. `more`: what it needs besides.
 * @throws Refusal `lab-host` where apt-get is missing or fails.
 */
export const installMissing = async (say: (line: string) => void, more: Programs = {}): Promise<void> => {
  const missing = (): string[] => missingPackages(onPath, { ...LAB_PROGRAMS, ...more })
  const names = missing()
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
  if (done.code === 0 && missing().length === 0) return
  throw new Refusal({
    reason: 'lab-host',
    what: `a lab needs ${names.join(', ')}, and apt-get could not install them`,
    why: tail(done.err || done.out, 10),
    fix: 'install these Debian packages by hand, then try again',
  })
}
