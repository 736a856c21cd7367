import { isUnknown, later, type ServiceAnswer, T } from '../../../src/module/module.ts'

// What a task about a unit registers, under the names that Ansible has for it.

export const unitOutputs = {
  name: T.Optional(T.String({ description: 'The unit, as the task names it.' })),
  state: T.Optional(T.String({ description: 'started or stopped, where a state is asked for.' })),
  enabled: T.Optional(T.Boolean({ description: 'Whether it starts with the machine, where that is asked for.' })),
  status: T.Optional(
    T.Record(T.String(), T.String(), {
      description:
        'What systemd says of it, as texts: ActiveState, SubState, LoadState, UnitFileState, Id, Names, FragmentPath, SourcePath, NeedDaemonReload, NRestarts, Result.',
    }),
  ),
}

/** In the words of `systemctl show`. */
const shown = (unit: ServiceAnswer): Record<string, string> => ({
  Id: unit.id,
  Names: unit.names.join(' '),
  LoadState: unit.load,
  ActiveState: unit.active,
  SubState: unit.sub,
  UnitFileState: unit.enabled,
  FragmentPath: unit.files[0] ?? '',
  SourcePath: unit.source,
  NeedDaemonReload: unit.reload ? 'yes' : 'no',
  NRestarts: String(unit.restarts),
  Result: unit.result,
})

type Asked = { name: string; state?: string; enabled?: boolean }

/** What is registered when all is as it is asked for. */
export const unitResult = ({ name, state, enabled }: Asked, unit: ServiceAnswer) => {
  const status = later(() => shown(unit))
  return {
    name,
    ...(state === undefined ? {} : { state: state === 'stopped' ? state : 'started' }),
    ...(enabled === undefined ? {} : { enabled }),
    ...(isUnknown(status) ? {} : { status }),
  }
}
