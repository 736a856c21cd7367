import { defineModule, type Static, T } from '../../src/module/module.ts'
import apt from './apt.ts'

const { state: _, ...ofApt } = apt.args.properties

const args = T.Object(
  {
    ...ofApt,
    state: T.Enum(['present', 'installed', 'latest', 'absent', 'removed'], {
      default: 'present',
      description:
        'Whether they are there; installed is present, and removed is absent. latest: as new as the lists of packages say.',
    }),
    use: T.Enum(['auto', 'apt'], {
      default: 'auto',
      description: 'Whose packages: those of the host. There is apt; a host of another kind is refused by name.',
    }),
  },
  { additionalProperties: false },
)

const STATES = {
  present: 'present',
  installed: 'present',
  latest: 'latest',
  absent: 'absent',
  removed: 'absent',
} as const

const asApt = ({ use: _, state, ...rest }: Static<typeof args>): Static<typeof apt.args> => ({
  ...rest,
  state: STATES[state],
})

export default defineModule({
  name: 'package',
  about: 'Packages are installed, or not, by the package manager of the host: what `apt` says of it counts here.',
  args,
  ...(apt.outputs ? { outputs: apt.outputs } : {}),
  examples: [
    '- name: The tools are there\n  package:\n    name: [git, rsync]',
    '- name: No mail server\n  package:\n    name: exim4\n    state: absent',
  ],
  reads: (args, host) => apt.reads(asApt(args), host),
  more: (args, seen) => apt.more!(asApt(args), seen),
  touches: (args, seen) => apt.touches!(asApt(args), seen),
  reach: args => apt.reach!(asApt(args)),
  plan: (args, seen, decide) => apt.plan(asApt(args), seen, decide),
})
