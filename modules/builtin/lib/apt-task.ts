import type { AptArguments } from './apt-arguments.ts'
import { aptClean, aptGet, aptOptionWords, aptUpdate } from './apt-steps.ts'
import { namelessWord, packageNamesIn, packageWord } from './package-names.ts'
import type { PackageTask } from './package-task.ts'
import type { Obstacle } from './paths.ts'

/** Whether all packages are to be upgraded, and by which words. */
const upgradeOf = ({ upgrade, state, name }: AptArguments): 'upgrade' | 'dist-upgrade' | undefined => {
  if (upgrade === 'full' || upgrade === 'dist') return 'dist-upgrade'
  const isAll = state === 'latest' && packageNamesIn(name).includes('*')
  return upgrade === 'yes' || upgrade === 'safe' || upgrade === true || isAll ? 'upgrade' : undefined
}

const wordsOf = ({ name }: AptArguments): string[] => packageNamesIn(name).filter(word => word !== '*')

/** Arguments that do not go together. */
export const aptObstacle = (args: AptArguments): Obstacle | undefined => {
  const words = wordsOf(args)
  const isUpgrade = upgradeOf(args) !== undefined
  const ways = [args.deb !== undefined && 'deb', words.length > 0 && 'name', isUpgrade && 'upgrade'].filter(Boolean)
  if (ways.length > 1) return { why: `${ways.join(' and ')} do not go together`, fix: 'make two tasks of them' }
  if (args.deb !== undefined && args.state !== 'present')
    return { why: `deb installs a package, and state says ${args.state}`, fix: 'leave out state' }
  const acts =
    args.autoremove || args.autoclean || args.clean || args.update_cache === true || args.cache_valid_time > 0
  if (ways.length === 0 && !acts && args.name === undefined)
    return { why: 'it does not say what is to be done', fix: 'give name, deb, upgrade, update_cache or autoremove' }
  if (args.deb !== undefined && !args.deb.startsWith('/'))
    return {
      why: `${args.deb} is no path on the host`,
      fix: 'bring it there first, with get_url or copy, and name its path',
    }
  if (words.length === 0 && args.autoremove && args.autoclean)
    return { why: 'autoremove and autoclean in one task: Ansible does only the second', fix: 'make two tasks of them' }
  return namelessWord(words)
}

const verbOf = (args: AptArguments, hasWords: boolean): PackageTask['verb'] => {
  const upgrade = upgradeOf(args)
  if (upgrade) return upgrade
  if (!hasWords && args.autoclean) return 'autoclean'
  if (!hasWords && args.autoremove) return 'autoremove'
  if (args.state === 'build-dep') return hasWords ? 'build-dep' : 'install'
  if (args.state === 'absent') return args.purge ? 'purge' : 'remove'
  return args.state === 'latest' ? 'latest' : 'install'
}

const words: Record<PackageTask['verb'], string[]> = {
  install: ['install'],
  latest: ['install'],
  remove: ['remove'],
  purge: ['remove'],
  autoremove: ['autoremove'],
  autoclean: ['autoclean'],
  upgrade: ['upgrade', '--with-new-pkgs'],
  'dist-upgrade': ['dist-upgrade'],
  'build-dep': ['build-dep'],
}

/** What a task asks of apt-get. */
export const aptTask = (args: AptArguments): PackageTask => {
  const names = wordsOf(args)
  const verb = verbOf(args, names.length > 0)
  const updates = args.update_cache === true || args.cache_valid_time > 0
  // To clean alone always counts; beside something else it does not.
  const isCleaning = args.clean
  return {
    manager: 'apt',
    verb,
    words: names.map(packageWord),
    options: [...aptOptionWords(args), ...(verb === 'upgrade' ? ['--with-new-pkgs'] : [])],
    ...(updates ? { validFor: args.cache_valid_time } : {}),
    update: [aptUpdate(args)],
    first: isCleaning ? [aptClean] : [],
    change: named => [aptGet(args, [...words[verb], ...named])],
  }
}
