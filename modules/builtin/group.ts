import { accountGroup, defineModule, later, T, uncut } from '../../src/module/module.ts'

const args = T.Object(
  {
    name: T.String({ minLength: 1, description: 'The name of the group.' }),
    gid: T.Optional(
      T.Integer({ minimum: 0, description: 'Its number. Not given: the next free one, or what it has.' }),
    ),
    system: T.Boolean({ default: false, description: 'A new group gets a number of the range for services.' }),
    state: T.Enum(['present', 'absent'], { default: 'present', description: 'Whether the group is to exist.' }),
  },
  { additionalProperties: false },
)

export default defineModule({
  name: 'group',
  about: 'A group of accounts exists, with a number, or does not exist.',
  args,
  outputs: T.Object({
    name: T.String({ description: 'The name.' }),
    gid: T.Integer({ description: 'The number; -1 where the group does not exist.' }),
  }),
  examples: ['- name: A group for the operators\n  group:\n    name: operators\n    gid: 3000'],
  reads: args => ({ group: accountGroup(args.name) }),
  // A command that was told to read one of these files is asked again.
  touches: () => ['tree:/etc/group', 'tree:/etc/gshadow'],
  plan: ({ name, gid, system, state }, { group }, { ok, change }) => {
    if (state === 'absent') {
      if (!group.exists) return ok({ name, gid: -1 })
      return change({ will: { group: { exists: false } }, steps: [uncut(['groupdel', name])], reason: 'it exists' })
    }
    if (!group.exists)
      return change({
        will: { group: { exists: true, ...(gid === undefined ? {} : { gid }) } },
        steps: [
          uncut(['groupadd', ...(system ? ['-r'] : []), ...(gid === undefined ? [] : ['-g', String(gid)]), name]),
        ],
        reason: 'it does not exist',
      })
    if (gid === undefined || group.gid === gid) return ok({ name, gid: later(() => group.gid) })
    return change({
      will: { group: { gid } },
      steps: [uncut(['groupmod', '-g', String(gid), name])],
      reason: `its number is ${group.gid}`,
    })
  },
})
