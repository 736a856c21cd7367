import {
  defineModule,
  type FileAnswer,
  file,
  installable,
  isUnknown,
  later,
  type ManagerEnvironment,
  managerEnvironment,
  portableProgram,
  type ServiceAnswer,
  type StartAnswer,
  type Static,
  service,
  stat,
  T,
  type UnitSurroundings,
  unitFile,
  unitName,
  unitStart,
  unitSurroundings,
  uses,
} from '../../src/module/module.ts'
import diagnose from './lib/diagnoses.ts'
import {
  doubtfulSockets,
  listeningSockets,
  listenObstacle,
  listenPlaces,
  malformedAddress,
  ownAddress,
  type SocketHolder,
  socketHolders,
} from './lib/listen-check.ts'
import { type Obstacle, pathArgument, plainPath } from './lib/paths.ts'
import { portableInstall } from './lib/portable-install.ts'
import { changedSinceStart, hopelessUnit, type ServiceAction, serviceAction } from './lib/service-action.ts'
import { missingRequisite, unusableUnit } from './lib/service-obstacle.ts'
import { anything } from './lib/service-reach.ts'
import { reachReads, startReach } from './lib/start-reach.ts'
import {
  mayTouch,
  mountLabels,
  touchedBeside,
  type UnitChange,
  unitPromise,
  unitReasons,
  unitSteps,
} from './lib/unit-change.ts'
import { enablingObstacle, enablingOf } from './lib/unit-enablement.ts'
import { lastAttemptLog } from './lib/unit-log.ts'
import { changedDropIn, outsideObstacle, processDue, untouchedDropIns } from './lib/unit-outside.ts'
import { unitOutputs, unitResult } from './lib/unit-result.ts'

/** What only managers know that are not here. */
const ofOtherManagers = ['arguments', 'pattern', 'runlevel', 'sleep'] as const
const unneeded = (words: object = {}) =>
  T.Optional(
    T.Unsafe<string | number>({
      type: ['string', 'number'],
      ...words,
      description:
        'Accepted, and told to have no meaning: neither systemd nor the portable service manager has any for it.',
    }),
  )

const args = T.Object(
  {
    name: T.String({
      pattern: '^(/[^\\s]*/)?[A-Za-z0-9@:_.\\\\-]+$',
      description: 'The unit, or the path of its file; `.service` may be left out.',
    }),
    state: T.Optional(
      T.Enum(['started', 'stopped', 'restarted', 'reloaded'], {
        description:
          'started and stopped are states: nothing is done where they hold. restarted and reloaded happen in every ' +
          'apply: prefer started with `newer_than`. A oneshot unit is active only with RemainAfterExit=yes.',
      }),
    ),
    enabled: T.Optional(T.Boolean({ description: 'Whether it starts with the machine.' })),
    newer_than: T.Array(pathArgument('A file, a folder or a link (its own time, not that of what it points to).'), {
      default: [],
      description:
        'With started: it has to have been started after each of these last changed, else it is restarted. ' +
        'Never list what the service itself writes.',
    }),
    listens: T.Array(
      T.Unsafe<string | string[]>({ anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] }),
      {
        default: [],
        description:
          'With started: where it is to listen, as `/ip4/127.0.0.1/tcp/5001` or `127.0.0.1:5001`. The address has to be ' +
          'one of the host, and nobody else may listen there: that is found in `plan`, before the service dies of it.',
      },
    ),
    unit_alone_sets: T.Optional(
      T.Array(T.String({ pattern: '^!?[A-Za-z_][A-Za-z0-9_]*\\*?$' }), {
        description:
          'With started: variables, as `NAME` or `NAME_*`, and `!NAME` for one of them that anybody may set, that count only as the unit file says; those that it sets itself ' +
          'are among them. Refused in `plan`: a drop-in, a file that one names, or systemd itself that sets one of them, and a drop-in that changes ' +
          'what runs, as whom or where. Other drop-ins are kept, and told. A process that runs with others, as another ' +
          'user or by another command line than the unit says, or is older than a drop-in, is restarted.',
      }),
    ),
    daemon_reload: T.Boolean({
      default: true,
      description: 'Let systemd read the unit file again where it has changed since it was loaded.',
    }),
    touches: T.Optional(
      T.Array(pathArgument('A file or folder.'), {
        description:
          'What else a start, a restart or a stop changes. Default: for a oneshot unit, or one with commands before or ' +
          'after its start or stop, anything that its sandbox lets it write; for a daemon the home of its user, its ' +
          'folders, and what its command line names. What this playbook has written before is never counted.',
      }),
    ),
    settle: T.Integer({ default: 60, minimum: 1, description: 'How many seconds it may take until it is active.' }),
    arguments: unneeded({ aliases: ['args'] }),
    pattern: unneeded(),
    runlevel: unneeded(),
    sleep: unneeded(),
    use: T.Enum(['auto', 'service', 'systemd'], {
      default: 'auto',
      description: 'Who is to run it. `auto` and `service`: systemd, or where it does not run the portable manager.',
    }),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>
const touchedTrees = ({ touches = [] }: Args): string[] => touches.map(path => `tree:${plainPath(path)}`)

type Seen = {
  unit: ServiceAnswer
  portable: FileAnswer
  newer: FileAnswer[]
  starts: StartAnswer
  own: { isOwn: boolean }[]
  sockets: { inodes: string[] }[]
  holders: { all: SocketHolder[] } | undefined
  /** Where the unit alone is to say what counts: its file, and what else there is. */
  written: FileAnswer | undefined
  around: UnitSurroundings | undefined
  manager: ManagerEnvironment | undefined
  /** Those that it names in Also, and those that have to be active before it. */
  also: ServiceAnswer[]
  requisites: ServiceAnswer[]
}

const textOf = (found: FileAnswer | undefined): string =>
  found?.exists && found.kind === 'file' ? found.content.bytes.toString() : ''

/** What counts more than the unit file, where that is refused. */
const foreignObstacle = (args: Args, { written, around, manager }: Seen): Obstacle | undefined =>
  args.unit_alone_sets && around && manager
    ? outsideObstacle(unitName(args.name), textOf(written), args.unit_alone_sets, around, manager)
    : undefined

/** What keeps the task from being done: the unit itself, the boot, or where it is to listen. */
const hindranceOf = (args: Args, seen: Seen): [string, string] | undefined => {
  const { unit } = seen
  const { state } = args
  const name = unitName(args.name)
  const useless = unusableUnit(unit, name, args)
  if (useless) return useless
  const to = enablingOf(args.name, args.enabled, seen)
  const boots = to === undefined ? undefined : enablingObstacle(args.name, to, seen)
  if (boots || state !== 'started') return boots
  const alone = missingRequisite(unit, name, seen.requisites)
  if (alone) return alone
  const listens = args.listens.flat()
  const foreign = later(() => foreignObstacle(args, seen))
  if (foreign && !isUnknown(foreign)) return [foreign.why, foreign.fix]
  const blocked = malformedAddress(listens) ?? later(() => listenObstacle(unit, name, listenPlaces(listens), seen))
  return blocked && !isUnknown(blocked) ? [blocked.why, blocked.fix] : undefined
}

type Running = Pick<Seen, 'unit' | 'newer' | 'written' | 'around'>

/** Why what runs is not what it would be if it were started now; undefined: it is. */
const restartDue = (args: Args, { unit, newer, written, around }: Running): string | undefined => {
  if (args.state !== 'started') return undefined
  const changed = args.newer_than[changedSinceStart(newer, unit)] ?? (around && changedDropIn(around, unit.since))
  if (changed !== undefined) return `${changed} has changed since it was started`
  return around && args.unit_alone_sets && processDue(textOf(written), args.unit_alone_sets, around)
}

/** What is told to the service manager about whether it runs. */
const actionOf = (args: Args, seen: Running): ServiceAction =>
  serviceAction(args.state, seen.unit, restartDue(args, seen))

/** What else counts for the unit, asked only where the unit alone is to say it. */
const aroundReads = ({ name, unit_alone_sets }: Args) => {
  const asks = unit_alone_sets !== undefined
  return {
    written: asks ? uses(file(unitFile(name))) : undefined,
    around: asks ? uses(unitSurroundings(name)) : undefined,
    manager: asks ? uses(managerEnvironment) : undefined,
  }
}

type Planned = UnitChange & { installs: ReturnType<typeof portableInstall> }

const plannedOf = (args: Args, seen: Seen): Planned => {
  const { unit, portable } = seen
  const enabling = enablingOf(args.name, args.enabled, seen)
  const reloads = args.daemon_reload && unit.reload
  const action = actionOf(args, seen)
  const acts = reloads || enabling !== undefined || action.verbs.length > 0
  return { action, reloads, enabling, installs: portableInstall(unit, args.name, portable, acts) }
}

export default defineModule({
  name: 'service',
  about:
    'A service runs or does not run, now and after a boot, and is newer than its configuration. Run by systemd, or where it does not run by the portable service manager.',
  args,
  outputs: T.Object(unitOutputs),
  examples: [
    '- name: The web server runs with its current configuration\n  service:\n    name: nginx\n    state: started\n    enabled: true\n    newer_than: [/etc/nginx/nginx.conf, /etc/nginx/conf.d/site.conf]',
    '- name: No mail server\n  service:\n    name: exim4\n    state: stopped\n    enabled: false',
  ],
  reads: args => ({
    unit: args.enabled === undefined ? service(args.name) : installable(args.name),
    portable: file(portableProgram(args.name)),
    starts: uses(unitStart(args.name)),
    newer: args.newer_than.map(file => uses(stat(plainPath(file)))),
    own: listenPlaces(args.listens.flat()).map(place => uses(ownAddress(place))),
    sockets: listenPlaces(args.listens.flat()).map(place => uses(listeningSockets(place))),
    ...aroundReads(args),
  }),
  more: (args, seen) => {
    const { unit, sockets } = seen
    const odd = later(() =>
      args.state === 'started' ? doubtfulSockets(unit, restartDue(args, seen) !== undefined, sockets) : [],
    )
    return {
      holders: Array.isArray(odd) && odd.length > 0 ? uses(socketHolders(odd)) : undefined,
      ...(args.touches ? {} : reachReads(args.name, seen, () => actionOf(args, seen))),
      also: args.enabled === undefined ? [] : (unit.install?.also ?? []).map(name => uses(service(name))),
      requisites: args.state === 'started' ? unit.needs.requisites.map(name => uses(service(name))) : [],
    }
  },
  touches: args => [...mayTouch(unitName(args.name)), ...touchedTrees(args), ...mountLabels(args.name)],
  reach: args => (args.touches === undefined && args.state !== undefined ? anything : undefined),
  warns: (args, { around }) => {
    const kept = around ? untouchedDropIns(around) : []
    const idle = ofOtherManagers.filter(word => args[word] !== undefined)
    return [
      ...(kept.length === 0 ? [] : [`${unitName(args.name)} also has what is kept as it is: ${kept.join('; ')}`]),
      ...(idle.length === 0 ? [] : [`${idle.join(', ')} of service ${args.name} has no meaning here: leave it out`]),
    ]
  },
  plan: (args, seen, { ok, change, fail }) => {
    const { unit } = seen
    const hindrance = hindranceOf(args, seen)
    if (hindrance) return fail(...hindrance)
    const planned = plannedOf(args, seen)
    const { action, installs } = planned
    const reach = args.touches ? undefined : startReach(args.name, seen, action)
    const reasons = [...(installs ? [installs.why] : []), ...unitReasons(planned)]
    if (reasons.length === 0) return ok(unitResult(args, unit))
    return change({
      will: {
        unit: unitPromise(unitName(args.name), unit, planned),
        ...(installs ? { portable: installs.will } : {}),
      },
      steps: [...(installs?.steps ?? []), ...unitSteps(args.name, unit, planned)],
      reason: reasons.join(', '),
      touches: [
        ...touchedBeside(unitName(args.name), unit, planned),
        ...(action.verbs.length > 0 ? [...touchedTrees(args), ...mountLabels(args.name)] : []),
      ],
      ...(reach ? { reach } : {}),
      ...(action.interrupts ? { interrupts: true as const } : {}),
      outputs: unitResult(args, unit),
      ...(args.state === 'restarted' || args.state === 'reloaded' ? { always: true as const } : {}),
    })
  },
  settle: args => ({
    seconds: args.settle,
    hopeless: ({ unit }) => hopelessUnit(args, unit),
    log: lastAttemptLog(args.name),
  }),
  diagnose,
})
