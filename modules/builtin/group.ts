import { accountGroup, accountNumbers, defineModule, later, open, T, uncut } from '../../src/module/module.ts'
import { groupFiles } from './lib/account-files.ts'
import { badName, lastNumber, missingTool, nextGid, primaryUser, usedGid } from './lib/account-rules.ts'

const args = T.Object(
  {
    name: T.String({ minLength: 1, description: 'The name of the group.' }),
    gid: T.Optional(
      T.Integer({
        minimum: 0,
        maximum: lastNumber,
        description: 'Its number. Not given: the next free one, or what it has.',
      }),
    ),
    non_unique: T.Optional(T.Boolean({ description: 'The number may be that of another group too.' })),
    local: T.Optional(T.Boolean({ description: 'Accepted: groups are made in the files of the host in any case.' })),
    force: T.Optional(
      T.Boolean({
        description: 'With state absent: also where it is the primary group of a user, who keeps its number.',
      }),
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
    state: T.String({ description: 'present or absent.' }),
    system: T.Boolean({ description: 'As it was asked for.' }),
    gid: T.Integer({ description: 'The number; -1 where the group does not exist.' }),
  }),
  examples: ['- name: A group for the operators\n  group:\n    name: operators\n    gid: 3000'],
  reads: args => ({
    group: accountGroup(args.name),
    numbers: accountNumbers(args.gid === undefined ? {} : { gid: args.gid }),
  }),
  touches: args => groupFiles(args.name),
  plan: ({ name, gid, system, state, non_unique, force }, seen, { ok, change, fail }) => {
    const { group } = seen
    if (state === 'absent') {
      if (!group.exists) return ok({ name, state, gid: -1, system })
      const user = force ? undefined : primaryUser(seen.numbers, name)
      if (user !== undefined)
        return fail(
          `group ${name} is the primary group of user ${user}`,
          'remove that user first, or give it another primary group',
        )
      const steps = [uncut(['groupdel', ...(force ? ['-f'] : []), name])]
      const lacking = missingTool(seen.numbers, steps)
      if (lacking) return fail(lacking.why, lacking.fix)
      return change({ will: { group: { exists: false } }, steps, reason: 'it exists' })
    }
    if (non_unique && gid === undefined)
      return fail('non_unique is for a number, and gid is not given', 'say which number')
    const bad = group.exists ? undefined : badName('group', name)
    if (bad) return fail(bad.why, bad.fix)
    if (group.exists && (gid === undefined || group.gid === gid))
      return ok({ name, state, gid: later(() => group.gid), system })
    const taken = gid === undefined || non_unique ? undefined : usedGid(seen.numbers, gid, name)
    if (taken) return fail(taken.why, taken.fix)
    if (!group.exists) {
      // The number is chosen here, so that what comes after knows it.
      const number = gid ?? nextGid(() => seen.numbers, system)
      const words = [
        ...(system ? ['-r'] : []),
        ...(number === undefined ? [] : ['-g', String(number)]),
        ...(non_unique ? ['-o'] : []),
      ]
      const steps = [uncut(['groupadd', ...words, name])]
      const lacking = missingTool(seen.numbers, steps)
      if (lacking) return fail(lacking.why, lacking.fix)
      return change({
        will: { group: { exists: true, gid: number ?? open } },
        steps,
        reason: 'it does not exist',
      })
    }
    const steps = [uncut(['groupmod', '-g', String(gid), ...(non_unique ? ['-o'] : []), name])]
    const lacking = missingTool(seen.numbers, steps)
    if (lacking) return fail(lacking.why, lacking.fix)
    return change({
      will: { group: { gid: gid! } },
      steps,
      reason: `its number is ${group.gid}`,
    })
  },
})
