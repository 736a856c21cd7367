import { defineModule, T } from '../../src/module/module.ts'
import { aptArguments } from './lib/apt-arguments.ts'
import { aptGet } from './lib/apt-steps.ts'
import { aptObstacle, aptTask } from './lib/apt-task.ts'
import { debMore, debPlan, debReads } from './lib/deb-file.ts'
import diagnose from './lib/package-diagnoses.ts'
import { packageReach } from './lib/package-reach.ts'
import { packageMore, packageOutputs, packagePlan, packageReads, type SeenPackages } from './lib/package-task.ts'
import { plainPath } from './lib/paths.ts'

export default defineModule({
  name: 'apt',
  about:
    'Packages of Debian and its kin are there, in a version or the newest, or are not there; their lists are fresh. The plan shows what apt-get says that it would do: versions, what comes along, what goes.',
  args: aptArguments,
  outputs: T.Object({
    ...packageOutputs,
    cache_updated: T.Boolean({ description: 'Whether the lists were got.' }),
    cache_update_time: T.Integer({
      description: 'When the lists were last got, in seconds; not told by a task that gets them.',
    }),
  }),
  examples: [
    '- name: The web server\n  apt:\n    name: [nginx, openssl]\n    update_cache: true\n    cache_valid_time: 3600',
    '- name: No mail server\n  apt:\n    name: exim4\n    state: absent\n    purge: true',
    '- name: The lists are not older than a day\n  apt:\n    update_cache: true\n    cache_valid_time: 86400',
  ],
  reads: args =>
    args.deb === undefined || aptObstacle(args) ? packageReads(aptTask(args)) : debReads(plainPath(args.deb)),
  more: (args, seen) => {
    if (aptObstacle(args)) return {}
    return 'deb' in seen ? debMore(seen) : packageMore(aptTask(args), seen as SeenPackages)
  },
  touches: () => ['package:*', 'packages', 'package-lists'],
  reach: () => packageReach,
  plan: (args, seen, decide) => {
    const wrong = aptObstacle(args)
    if (wrong) return decide.fail(wrong.why, wrong.fix)
    const { deb } = args
    if (deb === undefined) return packagePlan(aptTask(args), seen as SeenPackages, decide as never) as never
    const path = plainPath(deb)
    return debPlan(path, [aptGet(args, ['install', path])], seen as never, decide as never) as never
  },
  diagnose,
})
