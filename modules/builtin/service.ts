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
  socketHolders,
} from './lib/listen-check.ts'
import { pathArgument, plainPath } from './lib/paths.ts'
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

const isOff = (unit: ServiceAnswer): boolean => unit.active === 'inactive' || unit.active === 'failed'
/** It has died and systemd is about to try again: it will never be active by waiting. */
const isLooping = (unit: ServiceAnswer): boolean => unit.sub === 'auto-restart'

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

type Doing = { verbs: string[][]; why: string[]; active?: 'active' | 'inactive'; interrupts?: true }

/** A restart counts for the start limit like a death: a sixth within its time would be a stop that no start follows. */
const anew = [['reset-failed'], ['--no-block', 'restart']]

/** What it takes to be active. A start never blocks; whether it came true is asked until the time is over. */
const starting = (unit: ServiceAnswer, newer: string | undefined): Doing => {
  if (unit.active === 'active' || unit.active === 'reloading') {
    if (newer !== undefined)
      return { verbs: anew, why: [`${newer} has changed since it was started`], active: 'active', interrupts: true }
    return unit.active === 'active' ? { verbs: [], why: [] } : { verbs: [], why: ['it is reloading'], active: 'active' }
  }
  if (isLooping(unit))
    return {
      // Its failures so far count for the start limit: without the first, the start may be refused.
      verbs: [['reset-failed'], ['stop'], ['--no-block', 'start']],
      why: [`it keeps failing (${unit.result})`],
      active: 'active',
    }
  if (unit.active === 'failed')
    return {
      verbs: [['reset-failed'], ['--no-block', 'start']],
      why: [`it has failed (${unit.result})`],
      active: 'active',
    }
  if (unit.active === 'activating') {
    const verbs = newer === undefined ? [] : anew
    return { verbs, why: [newer === undefined ? 'it is starting' : `${newer} has changed since`], active: 'active' }
  }
  return { verbs: [['--no-block', 'start']], why: [`it is ${unit.active}`], active: 'active' }
}

/** The first file that has changed since the unit was started. */
const changedIn = (files: FileAnswer[], unit: ServiceAnswer): number =>
  files.findIndex(file => file.exists && file.changed > unit.since)

const isOn = (enabled: ServiceAnswer['enabled']): boolean => ['enabled', 'indirect', 'generated'].includes(enabled)

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
      args.state === 'started' ? doubtfulSockets(unit, changedIn(newer, unit) >= 0, sockets) : [],
    )
    return { holders: Array.isArray(odd) && odd.length > 0 ? uses(socketHolders(odd)) : undefined }
  },
  touches: () => ['live:sockets'],
  plan: (args, seen, { ok, change, fail }) => {
    const { unit, portable, newer } = seen
    const name = unitName(args.name)
    const useless = unusable(unit, name)
    const { state, enabled } = args
    const isKeptOff = unit.load === 'masked' && isOff(unit) && enabled !== true && (state ?? 'stopped') === 'stopped'
    if (useless && !isKeptOff) return fail(...useless)
    // A unit that systemd has let go has no failures to forget.
    const told = (words: string[]): Step =>
      systemctl(unit, args.name, words, words[0] === 'reset-failed' ? { success: [0, 1, 5] } : {})

    if (enabled === true && unit.enabled === 'static')
      return fail(`${name} cannot be enabled: its unit file has no [Install] section`, 'leave out enabled, or add one')
    const enables = enabled === true && !isOn(unit.enabled)
    if (enables && unit.boot === '')
      return fail(
        `nothing on this host would start ${name} at boot`,
        'install cron, or as root make an executable /etc/rc.local; or leave out enabled, and start it by hand',
      )
    const disables = enabled === false && isOn(unit.enabled)
    const reloads = args.daemon_reload && unit.reload

    const blocked =
      state === 'started'
        ? (malformedAddress(args.listens.flat()) ??
          later(() => listenObstacle(unit, name, listenPlaces(args.listens.flat()), seen)))
        : undefined
    if (blocked && !isUnknown(blocked)) return fail(blocked.why, blocked.fix)

    const index = state === 'started' ? changedIn(newer, unit) : -1
    const doing: Doing =
      state === 'started'
        ? starting(unit, args.newer_than[index])
        : state === 'stopped' && !isOff(unit)
          ? // A service that ends badly when stopped would stay `failed`.
            { verbs: [['stop']], why: [`it is ${unit.active}`], active: 'inactive' }
          : state === 'restarted'
            ? { verbs: anew, why: ['restarted every time'], active: 'active', interrupts: true }
            : state === 'reloaded'
              ? { verbs: [['--no-block', 'reload-or-restart']], why: ['reloaded every time'], active: 'active' }
              : { verbs: [], why: [] }

    const acts = reloads || enables || disables || doing.verbs.length > 0
    const installs = installing(unit, args.name, portable, acts)
    const why = [
      ...(installs ? [installs.why] : []),
      ...(reloads ? ['its unit file has changed'] : []),
      ...(enables ? ['it is not enabled'] : []),
      ...(disables ? ['it is enabled'] : []),
      ...doing.why,
    ]
    if (why.length === 0) return ok({ name, active: later(() => unit.active), enabled: later(() => unit.enabled) })
    return change({
      will: {
        unit: {
          ...(reloads ? { reload: false, ...(unit.load === 'loaded' ? {} : { load: 'loaded' as const }) } : {}),
          ...(enables ? { enabled: 'enabled' } : disables ? { enabled: 'disabled' } : {}),
          ...(doing.active ? { active: doing.active } : {}),
        },
        ...(installs ? { portable: installs.will } : {}),
      },
      steps: [
        ...(installs?.steps ?? []),
        ...(reloads ? [exec(['systemctl', 'daemon-reload'])] : []),
        ...(enables ? enableUnit(unit, args.name) : disables ? [told(['disable'])] : []),
        ...doing.verbs.map(told),
        ...(doing.active === 'inactive' ? [told(['reset-failed'])] : []),
      ],
      reason: why.join(', '),
      // A start takes ports that were free; only who stops may free one for another.
      touches: doing.verbs.some(([first, verb]) => first === 'stop' || verb === 'restart') ? ['live:sockets'] : [],
      ...(doing.interrupts ? { interrupts: true as const } : {}),
      // A restart is not looked at again by this task: what it promises is all that later tasks get to know of it.
      outputs: {
        name,
        active: doing.active ?? later(() => unit.active),
        enabled: enables ? 'enabled' : disables ? 'disabled' : later(() => unit.enabled),
      },
      ...(state === 'restarted' || state === 'reloaded' ? { always: true as const } : {}),
    })
  },
  settle: args => ({
    seconds: args.settle,
    hopeless: ({ unit }) => {
      if (args.state === 'stopped' || args.state === undefined) return undefined
      if (unit.active === 'failed') return `${unitName(args.name)} has failed: ${unit.result}`
      return isLooping(unit)
        ? `${unitName(args.name)} has ended and is started over and over: ${unit.result}`
        : undefined
    },
    log: lastAttemptLog(args.name),
  }),
  diagnose,
})
