import type { Reach } from '../../../src/module/module.ts'

/**
 * Where the policy of distributions lets no package write, by its files or by its scripts: what belongs to people and to the
 * administrator (Filesystem Hierarchy Standard 3.0; Debian Policy 9.1.2).
 */
const untouched = ['/home', '/root', '/srv', '/usr/local', '/opt', '/tmp', '/var/tmp', '/mnt', '/media'].map(
  path => `tree:${path}`,
)

/**
 * What packages that come or go may change: all but that, and what this playbook has written before. Of packages themselves, and
 * of what there is to be had, the promises tell; a port that a service of theirs takes was free.
 */
export const packageReach: Reach = {
  over: ['any'],
  except: [...untouched, 'package:*', 'package-run:*', 'package-lists', 'packages', 'mounts', 'live:sockets'],
}
