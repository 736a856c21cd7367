import { defineModule, exec, later, open, type ServiceAnswer, type Static, T } from '../../src/module/module.ts'
import service from './service.ts'

const { name: ofName, state, enabled } = service.args.properties

const args = T.Object(
  {
    name: T.Optional({ ...ofName, aliases: ['service', 'unit'] }),
    state,
    enabled,
    masked: T.Optional(
      T.Boolean({
        description:
          'Whether it is masked: then nothing starts it. false takes a mask away, and needs a name of a unit that has a file.',
      }),
    ),
    daemon_reload: T.Boolean({
      default: false,
      aliases: ['daemon-reload'],
      description:
        'Have systemd read all units again. With a name it does so where its unit file has changed, whatever is said here; alone it is done each time, and is no change.',
    }),
    daemon_reexec: T.Boolean({
      default: false,
      aliases: ['daemon-reexec'],
      description: 'Have systemd start itself anew; done each time, and no change.',
    }),
    scope: T.Enum(['system'], {
      default: 'system',
      description: 'Units of the system. Those of users are not there: a command with `systemctl --user` does it.',
    }),
    no_block: T.Boolean({
      default: false,
      description: 'Accepted: nothing waits for systemd, the state is looked at until it is as asked for.',
    }),
    force: T.Boolean({
      default: false,
      description: 'Accepted: links of others are replaced where a unit is enabled.',
    }),
  },
  { additionalProperties: false },
)
type Args = Static<typeof args>

const ofService = ({ name, state, enabled }: Args): Static<typeof service.args> => ({
  name: name!,
  ...(state === undefined ? {} : { state }),
  ...(enabled === undefined ? {} : { enabled }),
  newer_than: [],
  listens: [],
  daemon_reload: true,
  settle: 60,
})

type Seen = Parameters<typeof service.plan>[1]
const isMasked = ({ load, enabled }: ServiceAnswer): boolean => load === 'masked' || /^masked/.test(enabled)

/** systemd itself, told each time. */
const ofSystemd = ({ daemon_reload, daemon_reexec }: Args) => [
  ...(daemon_reexec ? [exec(['systemctl', 'daemon-reexec'])] : []),
  ...(daemon_reload ? [exec(['systemctl', 'daemon-reload'])] : []),
]

const verbOf = { started: 'start', stopped: 'stop', restarted: 'restart', reloaded: 'reload' } as const

/** A unit that is unmasked shows only then what it is. */
const unmasking = ({ name, state, enabled }: Args) => [
  exec(['systemctl', 'unmask', name!]),
  ...(enabled === undefined ? [] : [exec(['systemctl', enabled ? 'enable' : 'disable', name!])]),
  ...(state === undefined ? [] : [exec(['systemctl', '--no-block', verbOf[state], name!])]),
]

export default defineModule({
  name: 'systemd',
  about:
    'A unit runs or does not run, now and after a boot, or is masked; systemd reads its units again. What `service` says of it counts here too.',
  args,
  outputs: T.Object({
    ...service.outputs!.properties,
    state: T.String({ description: 'Whether it runs: started or stopped.' }),
    status: T.Record(T.String(), T.Unknown(), {
      description: 'What systemd says of it: ActiveState, SubState, LoadState, UnitFileState, Id.',
    }),
  }),
  examples: [
    '- name: systemd knows the new unit\n  systemd:\n    daemon_reload: true',
    '- name: The exporter runs\n  systemd:\n    name: node_exporter\n    state: started\n    enabled: true',
    '- name: Nobody starts it\n  systemd:\n    name: rpcbind\n    state: stopped\n    masked: true',
  ],
  reads: (args, host) =>
    (args.name === undefined ? {} : service.reads(ofService(args), host)) as ReturnType<typeof service.reads>,
  more: (args, seen) =>
    (args.name === undefined ? {} : service.more!(ofService(args), seen)) as ReturnType<
      NonNullable<typeof service.more>
    >,
  touches: (args, seen) => [
    'units',
    'daemon-reload',
    ...(args.name === undefined ? [] : service.touches!(ofService(args), seen)),
  ],
  reach: args => (args.name === undefined ? undefined : service.reach!(ofService(args))),
  plan: (args, seen, decide) => {
    const { ok, change, fail } = decide
    const again = ofSystemd(args)
    if (args.name === undefined) {
      if (args.state !== undefined || args.enabled !== undefined || args.masked !== undefined)
        return fail('it says what is to become of a unit, and not of which', 'add name')
      return again.length === 0
        ? fail('it names nothing to do', 'give a name, or daemon_reload: true')
        : change({
            will: {},
            steps: again,
            reason: 'systemd is told every time',
            touches: ['units', 'daemon-reload'],
            always: true,
            unchanging: true,
          })
    }
    const { unit } = seen as Seen
    const told = {
      state: later(() => (unit.active === 'active' ? 'started' : 'stopped')),
      status: later(() => ({
        Id: unit.id,
        ActiveState: unit.active,
        SubState: unit.sub,
        LoadState: unit.load,
        UnitFileState: unit.enabled,
      })),
    }
    if (args.masked === false && isMasked(unit))
      return change({
        will: { unit: { load: open, enabled: open, active: open, sub: open } } as never,
        steps: unmasking(args),
        reason: 'it is masked',
        touches: ['units', 'daemon-reload'],
      })
    const asked = args.state !== undefined || args.enabled !== undefined
    const verdict = asked ? service.plan(ofService(args), seen as Seen, decide as never) : ok()
    const masks = args.masked === true && !isMasked(unit)
    if (verdict.is === 'ok' && !masks)
      return ok({
        name: args.name,
        active: later(() => unit.active),
        enabled: later(() => unit.enabled),
        ...told,
      } as never)
    if (!masks) return verdict as never
    if (verdict.is === 'fail') return fail(verdict.why, verdict.fix)
    const base = verdict.is === 'change' ? verdict : { will: {}, steps: [], reason: '' }
    const { unit: before = {} } = base.will as { unit?: object }
    return change({
      ...base,
      will: { ...base.will, unit: { ...before, load: 'masked', enabled: 'masked' } } as never,
      steps: [...base.steps, exec(['systemctl', 'mask', args.name])],
      reason: [base.reason, 'it is not masked'].filter(Boolean).join(', '),
      touches: [...(('touches' in base && base.touches) || []), 'units', 'daemon-reload'],
      outputs: { name: args.name } as never,
    } as never)
  },
  ...(service.settle
    ? {
        settle: (args: Args) =>
          ({
            ...service.settle!(args.name === undefined ? ofService({ ...args, name: 'none' }) : ofService(args)),
          }) as never,
      }
    : {}),
  ...(service.diagnose ? { diagnose: service.diagnose } : {}),
})
