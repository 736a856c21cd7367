import {
  defineModule,
  exec,
  type FileAnswer,
  facts,
  file,
  installable,
  open,
  type ServiceAnswer,
  type Static,
  type Step,
  service,
  T,
  unitName,
  unitStart,
  uses,
} from '../../src/module/module.ts'
import diagnose from './lib/diagnoses.ts'
import { hopelessUnit, serviceAction } from './lib/service-action.ts'
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
import { maskingOf, maskObstacle, maskPath, maskPromise, maskSteps, unmasked } from './lib/unit-mask.ts'
import { unitOutputs, unitResult } from './lib/unit-result.ts'
import { unitsRead } from './lib/units-read.ts'

const args = T.Object(
  {
    name: T.Optional(
      T.String({
        pattern: '^[A-Za-z0-9@:_.\\\\-]+$',
        aliases: ['service', 'unit'],
        description: 'The unit; `.service` may be left out.',
      }),
    ),
    state: T.Optional(
      T.Enum(['started', 'stopped', 'restarted', 'reloaded'], {
        description:
          'started and stopped are states: nothing is done where they hold. restarted and reloaded happen in every apply.',
      }),
    ),
    enabled: T.Optional(T.Boolean({ description: 'Whether it starts with the machine.' })),
    masked: T.Optional(
      T.Boolean({
        description: 'Whether nothing can start it: its file is a link to /dev/null in /etc/systemd/system.',
      }),
    ),
    daemon_reload: T.Boolean({
      default: false,
      aliases: ['daemon-reload'],
      description:
        'Let systemd read all its units again before anything else, each time: told as ok. service does so by itself for a unit whose file has changed.',
    }),
    daemon_reexec: T.Boolean({
      default: false,
      aliases: ['daemon-reexec'],
      description: 'Let systemd start itself anew before anything else, each time: told as ok.',
    }),
    force: T.Optional(
      T.Boolean({ description: 'enabled and masked put their links in place of other files that are there.' }),
    ),
    no_block: T.Boolean({
      default: false,
      description: 'It is told to systemd and not waited for: what becomes of it nobody looks at.',
    }),
    scope: T.Enum(['system', 'user', 'global'], {
      default: 'system',
      description: 'Of whom the unit is. Only `system` is there.',
    }),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>
type Named = Args & { name: string }
type Masking = 'on' | 'off' | undefined

/** What is missing or too much in the arguments. */
const contradiction = ({
  name,
  state,
  enabled,
  masked,
  daemon_reload,
  daemon_reexec,
  scope,
}: Args): [string, string] | undefined => {
  const asked = [state, enabled, masked].some(one => one !== undefined)
  if (!asked && !daemon_reload && !daemon_reexec)
    return ['it asks for nothing', 'give state, enabled, masked or daemon_reload']
  if (asked && name === undefined) return ['it names no unit', 'give it a name']
  if (masked && (enabled || (state !== undefined && state !== 'stopped')))
    return ['a unit that is masked is neither started nor enabled', 'leave out one of the two']
  if (scope !== 'system')
    return [
      `units of scope ${scope} are not known here`,
      'use command: systemctl --user …, with become_user and XDG_RUNTIME_DIR in its environment',
    ]
  return undefined
}

/** What is done besides to a unit, once its mask is as it should be. */
const changeOf = (args: Named, unit: ServiceAnswer, also: ServiceAnswer[], masking: Masking): UnitChange => ({
  action: serviceAction(args.state, unit, undefined),
  reloads: false,
  // As for Ansible what is masked is not enabled.
  enabling: masking === 'on' ? undefined : enablingOf(args.name, args.enabled, { unit, also }),
  ...(args.force ? { words: ['--force'] } : {}),
})

type Seen = {
  also: ServiceAnswer[]
  requisites: ServiceAnswer[]
  mask: FileAnswer | undefined
}

const obstacleOf = (
  args: Named,
  seen: Seen,
  unit: ServiceAnswer,
  masking: Masking,
  { enabling }: UnitChange,
): [string, string] | undefined => {
  const title = unitName(args.name)
  const masked = masking && seen.mask ? maskObstacle(title, masking, seen.mask, args.force) : undefined
  if (masked) return [masked.why, masked.fix]
  // What is not there may be masked before it is installed.
  if (args.state === undefined && args.enabled === undefined) return undefined
  return (
    unusableUnit(unit, title, args) ??
    (enabling && enablingObstacle(args.name, enabling, { unit, also: seen.also })) ??
    (args.state === 'started' ? missingRequisite(unit, title, seen.requisites) : undefined)
  )
}

/** What systemd is told of itself. */
const rereading = ({ daemon_reload, daemon_reexec }: Args): Step[] => [
  ...(daemon_reload ? [exec(['systemctl', 'daemon-reload'])] : []),
  ...(daemon_reexec ? [exec(['systemctl', 'daemon-reexec'])] : []),
]

const ofAllUnits = ['units', 'daemon-reload']

/** Told each time, and no change: what has not been read yet is read then. */
const reread = (args: Args, unit: ServiceAnswer | undefined) => ({
  will: { read: { at: open } },
  steps: rereading(args),
  reason: args.daemon_reload ? 'systemd reads its units every time' : 'systemd starts itself anew every time',
  touches: ofAllUnits,
  always: true as const,
  unchanging: true as const,
  outputs:
    args.name === undefined || unit === undefined
      ? {}
      : unitResult({ ...args, name: args.name }, { ...unit, reload: unit.reload && !args.daemon_reload }),
})

type Planned = UnitChange & { masking: Masking }

/** `found`: the unit as it is; `unit`: once its mask is as it should be. */
const changed = (args: Named, found: ServiceAnswer, unit: ServiceAnswer, planned: Planned) => {
  const title = unitName(args.name)
  const { masking, action } = planned
  const steps = rereading(args)
  const isUnwatched = args.no_block && action.verbs.length > 0
  const unmasking = masking === 'off' ? { load: unit.load, enabled: unit.enabled } : {}
  return {
    will: {
      unit: {
        ...unmasking,
        ...unitPromise(title, unit, planned),
        ...(masking === 'on' ? { enabled: 'masked' as const } : {}),
        ...(isUnwatched ? { active: open } : {}),
      },
      ...(masking ? { mask: maskPromise(masking) } : {}),
      ...(steps.length > 0 ? { read: { at: open } } : {}),
    },
    steps: [
      ...steps,
      ...(masking ? maskSteps(title, masking, args.force) : []),
      ...unitSteps(args.name, unit, planned),
    ],
    reason: [
      ...(masking ? [masking === 'on' ? 'it is not masked' : 'it is masked'] : []),
      ...unitReasons(planned),
    ].join(', '),
    touches: [
      ...touchedBeside(title, unit, planned),
      ...(masking || steps.length > 0 ? ofAllUnits : []),
      ...(action.verbs.length > 0 ? mountLabels(args.name) : []),
    ],
    ...(action.interrupts ? { interrupts: true as const } : {}),
    outputs: unitResult(args, found),
    ...(args.state === 'restarted' || args.state === 'reloaded' || isUnwatched ? { always: true as const } : {}),
  }
}

export default defineModule({
  name: 'systemd',
  about:
    'A unit of systemd runs or does not run, now and after a boot, or is masked; systemd reads its units again. service says more: what a service is to be newer than, where it listens, and what runs without systemd.',
  args,
  outputs: T.Object(unitOutputs),
  examples: [
    '- name: Read the units again\n  systemd:\n    daemon_reload: true',
    '- name: Nothing starts the old time server\n  systemd:\n    name: ntp\n    state: stopped\n    masked: true',
  ],
  reads: ({ name, state, enabled, masked, daemon_reload, daemon_reexec }) => ({
    host: name === undefined ? uses(facts) : undefined,
    read: daemon_reload || daemon_reexec ? unitsRead : undefined,
    unit:
      name === undefined ? undefined : enabled === undefined && masked !== false ? service(name) : installable(name),
    mask: name === undefined || masked === undefined ? undefined : file(maskPath(unitName(name))),
    starts: name === undefined || state === undefined ? undefined : uses(unitStart(name)),
  }),
  more: (args, seen) => ({
    ...(args.name !== undefined && reachReads(args.name, seen, () => serviceAction(args.state, seen.unit!, undefined))),
    also: args.enabled === undefined ? [] : (seen.unit?.install?.also ?? []).map(name => uses(service(name))),
    requisites: args.state === 'started' ? (seen.unit?.needs.requisites ?? []).map(name => uses(service(name))) : [],
  }),
  touches: ({ name, masked }) =>
    name === undefined
      ? ofAllUnits
      : [
          ...mayTouch(unitName(name)),
          ...mountLabels(name),
          ...(masked === undefined ? [] : [`tree:${maskPath(unitName(name))}`]),
        ],
  reach: ({ state }) => (state === undefined ? undefined : anything),
  warns: ({ name, state, daemon_reload }, { unit }) =>
    state === undefined || state === 'stopped' || daemon_reload || !unit?.reload
      ? []
      : [`${unitName(name!)} has changed since systemd read it, and goes on as it was without daemon_reload: true`],
  plan: (args, seen, { ok, change, fail }) => {
    const wrong = contradiction(args)
    if (wrong) return fail(...wrong)
    if ((seen.unit?.manager ?? seen.host?.service_manager) !== 'systemd')
      return fail('systemd does not run on this host', 'use service, which does without')
    const { unit: found } = seen
    const rereads = args.daemon_reload || args.daemon_reexec
    if (args.name === undefined || found === undefined) return change(reread(args, undefined))
    const named = { ...args, name: args.name }
    const masking = maskingOf(args.masked, found)
    const unit = masking === 'off' ? unmasked(found) : found
    const planned = { ...changeOf(named, unit, seen.also, masking), masking }
    const obstacle = obstacleOf(named, seen, unit, masking, planned)
    if (obstacle) return fail(...obstacle)
    if (masking === undefined && unitReasons(planned).length === 0)
      return rereads ? change(reread(args, found)) : ok(unitResult(named, found))
    const reach = startReach(args.name, seen, planned.action)
    return change({ ...changed(named, found, unit, planned), ...(reach ? { reach } : {}) })
  },
  settle: ({ name, state, no_block }) => ({
    seconds: no_block ? 1 : 60,
    hopeless: ({ unit }) =>
      unit && name !== undefined ? hopelessUnit({ name, ...(state && { state }) }, unit) : undefined,
    ...(name === undefined ? {} : { log: lastAttemptLog(name) }),
  }),
  diagnose,
})
