import {
  defineModule,
  exec,
  type FileAnswer,
  file,
  folder,
  isUnknown,
  later,
  portableFolder,
  portableProgram,
  portableScript,
  type ServiceAnswer,
  type Static,
  type Step,
  service,
  stat,
  T,
  unitName,
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
import { pathArgument, plainPath } from './lib/paths.ts'
import {
  changedSinceStart,
  isServiceLooping,
  isServiceOff,
  type ServiceAction,
  serviceAction,
} from './lib/service-action.ts'
import { enableUnit, systemctl } from './lib/systemctl.ts'
import { lastAttemptLog } from './lib/unit-log.ts'

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
    daemon_reload: T.Boolean({
      default: true,
      description: 'Let systemd read the unit file again where it has changed since it was loaded.',
    }),
    settle: T.Integer({ default: 60, minimum: 1, description: 'How many seconds it may take until it is active.' }),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>

const isOn = (enabled: ServiceAnswer['enabled']): boolean => ['enabled', 'indirect', 'generated'].includes(enabled)

/** Why nothing can be done with this unit, and what to do about it. */
const unusable = (unit: ServiceAnswer, name: string): [string, string] | undefined => {
  if (unit.load === 'masked')
    return [`${name} is masked`, `run systemctl unmask ${name}, or remove the link that masks it`]
  if (unit.load === 'not-found')
    return [`there is no unit ${name} on this host`, 'install it or write it with systemd_unit in an earlier task']
  if ((unit.load === 'error' || unit.load === 'bad-setting') && !unit.reload)
    return [`systemd cannot load ${name}`, `see what systemd-analyze verify ${name} says of its unit file`]
  return undefined
}

/** Why it cannot start at boot. */
const unbootable = (unit: ServiceAnswer, name: string): [string, string] | undefined => {
  if (unit.enabled === 'static')
    return [`${name} cannot be enabled: its unit file has no [Install] section`, 'leave out enabled, or add one']
  if (!isOn(unit.enabled) && unit.boot === '')
    return [
      `nothing on this host would start ${name} at boot`,
      'install cron, or as root make an executable /etc/rc.local; or leave out enabled, and start it by hand',
    ]
  return undefined
}

/** What runbook runs services with where there is no systemd: written when it is needed, and kept current. */
const installing = (unit: ServiceAnswer, name: string, program: FileAnswer, isNeeded: boolean) => {
  const { digest } = portableScript
  const isThere = program.exists && program.kind === 'file'
  if (unit.manager === 'systemd' || (isThere ? program.content.digest === digest : !isNeeded)) return undefined
  return {
    will: { exists: true, kind: 'file', mode: '0755', content: portableScript, size: portableScript.size } as const,
    steps: [
      folder(portableFolder(name), '0755'),
      { do: 'write', path: portableProgram(name), content: portableScript, mode: '0755' } satisfies Step,
    ],
    why: isThere ? 'the portable service manager is of another version' : 'there is no service manager on this host',
  }
}

type Seen = {
  unit: ServiceAnswer
  portable: FileAnswer
  newer: FileAnswer[]
  own: { isOwn: boolean }[]
  sockets: { inodes: string[] }[]
  holders: { all: SocketHolder[] } | undefined
}

/** What keeps the task from being done: the unit itself, the boot, or where it is to listen. */
const hindranceOf = (args: Args, seen: Seen): [string, string] | undefined => {
  const { unit } = seen
  const { state, enabled } = args
  const name = unitName(args.name)
  const useless = unusable(unit, name)
  const isKeptOff = unit.load === 'masked' && isServiceOff(unit) && !enabled && (state ?? 'stopped') === 'stopped'
  if (useless && !isKeptOff) return useless
  const boots = enabled === true ? unbootable(unit, name) : undefined
  if (boots || state !== 'started') return boots
  const listens = args.listens.flat()
  const blocked = malformedAddress(listens) ?? later(() => listenObstacle(unit, name, listenPlaces(listens), seen))
  return blocked && !isUnknown(blocked) ? [blocked.why, blocked.fix] : undefined
}

type Planned = {
  action: ServiceAction
  /** The unit file is read anew. */
  reloads: boolean
  /** What becomes of its start at boot, where that changes. */
  enabling: 'enabled' | 'disabled' | undefined
  installs: ReturnType<typeof installing>
}

const plannedOf = (args: Args, { unit, portable, newer }: Seen): Planned => {
  const enables = args.enabled === true && !isOn(unit.enabled)
  const disables = args.enabled === false && isOn(unit.enabled)
  const reloads = args.daemon_reload && unit.reload
  const index = args.state === 'started' ? changedSinceStart(newer, unit) : -1
  const action = serviceAction(args.state, unit, args.newer_than[index])
  const acts = reloads || enables || disables || action.verbs.length > 0
  return {
    action,
    reloads,
    enabling: enables ? 'enabled' : disables ? 'disabled' : undefined,
    installs: installing(unit, args.name, portable, acts),
  }
}

const reasonsOf = ({ action, reloads, enabling, installs }: Planned): string[] => [
  ...(installs ? [installs.why] : []),
  ...(reloads ? ['its unit file has changed'] : []),
  ...(enabling ? [enabling === 'enabled' ? 'it is not enabled' : 'it is enabled'] : []),
  ...action.why,
]

const stepsOf = (name: string, unit: ServiceAnswer, { action, reloads, enabling, installs }: Planned): Step[] => {
  // Where systemd does not know the unit, reset-failed ends with an error: there was nothing to reset.
  const tell = (words: string[]): Step =>
    systemctl(unit, name, words, words[0] === 'reset-failed' ? { success: [0, 1, 5] } : {})
  return [
    ...(installs?.steps ?? []),
    ...(reloads ? [exec(['systemctl', 'daemon-reload'])] : []),
    ...(enabling === 'enabled' ? enableUnit(unit, name) : []),
    ...(enabling === 'disabled' ? [tell(['disable'])] : []),
    ...action.verbs.map(tell),
    // A service that ends badly when it is stopped would stay `failed`.
    ...(action.active === 'inactive' ? [tell(['reset-failed'])] : []),
  ]
}

export default defineModule({
  name: 'service',
  about:
    'A service runs or does not run, now and after a boot, and is newer than its configuration. Run by systemd, or where it does not run by the portable service manager.',
  args,
  outputs: T.Object({
    name: T.String({ description: 'The unit.' }),
    active: T.String({ description: 'What systemd says of it: active, inactive, failed …' }),
    enabled: T.String({ description: 'enabled, disabled, static …' }),
  }),
  examples: [
    '- name: The web server runs with its current configuration\n  service:\n    name: nginx\n    state: started\n    enabled: true\n    newer_than: [/etc/nginx/nginx.conf, /etc/nginx/conf.d/site.conf]',
    '- name: No mail server\n  service:\n    name: exim4\n    state: stopped\n    enabled: false',
  ],
  reads: args => ({
    unit: service(args.name),
    portable: file(portableProgram(args.name)),
    newer: args.newer_than.map(file => uses(stat(plainPath(file)))),
    own: listenPlaces(args.listens.flat()).map(place => uses(ownAddress(place))),
    sockets: listenPlaces(args.listens.flat()).map(place => uses(listeningSockets(place))),
  }),
  more: (args, { unit, newer, sockets }) => {
    const odd = later(() =>
      args.state === 'started' ? doubtfulSockets(unit, changedSinceStart(newer, unit) >= 0, sockets) : [],
    )
    return { holders: Array.isArray(odd) && odd.length > 0 ? uses(socketHolders(odd)) : undefined }
  },
  touches: () => ['live:sockets'],
  plan: (args, seen, { ok, change, fail }) => {
    const { unit } = seen
    const name = unitName(args.name)
    const hindrance = hindranceOf(args, seen)
    if (hindrance) return fail(...hindrance)
    const planned = plannedOf(args, seen)
    const { action, installs, reloads, enabling } = planned
    const reasons = reasonsOf(planned)
    if (reasons.length === 0) return ok({ name, active: later(() => unit.active), enabled: later(() => unit.enabled) })
    return change({
      will: {
        unit: {
          ...(reloads ? { reload: false, ...(unit.load === 'loaded' ? {} : { load: 'loaded' as const }) } : {}),
          ...(enabling ? { enabled: enabling } : {}),
          ...(action.active ? { active: action.active } : {}),
        },
        ...(installs ? { portable: installs.will } : {}),
      },
      steps: stepsOf(args.name, unit, planned),
      reason: reasons.join(', '),
      // A start takes ports that are free, which changes nothing for others. A stop may free one.
      touches: action.verbs.some(([first, verb]) => first === 'stop' || verb === 'restart') ? ['live:sockets'] : [],
      ...(action.interrupts ? { interrupts: true as const } : {}),
      // A restart is not looked at again by this task: what it promises is all that later tasks get to know of it.
      outputs: {
        name,
        active: action.active ?? later(() => unit.active),
        enabled: enabling ?? later(() => unit.enabled),
      },
      ...(args.state === 'restarted' || args.state === 'reloaded' ? { always: true as const } : {}),
    })
  },
  settle: args => ({
    seconds: args.settle,
    hopeless: ({ unit }) => {
      if (args.state === 'stopped' || args.state === undefined) return undefined
      if (unit.active === 'failed') return `${unitName(args.name)} has failed: ${unit.result}`
      return isServiceLooping(unit)
        ? `${unitName(args.name)} has ended and is started over and over: ${unit.result}`
        : undefined
    },
    log: lastAttemptLog(args.name),
  }),
  diagnose,
})
