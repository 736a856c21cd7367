/**
 * Checked by tsc, never run: what an author of a module gets wrong has to be an error on its own line. An
 * `@ts-expect-error` without an error below it is an error itself.
 */
import {
  accountGroup,
  defineCollective,
  defineModule,
  exec,
  file,
  later,
  service,
  T,
  user,
  uses,
} from '../../src/module/module.ts'

const common = { about: 'x', examples: [] }

defineModule({
  ...common,
  name: 'x',
  args: T.Object({ path: T.String(), n: T.Optional(T.Number()) }),
  outputs: T.Object({ v: T.Number() }),
  reads: args => ({
    f: file(args.path),
    only: uses(user('x')),
    maybe: args.n ? accountGroup('g') : undefined,
    many: [file('/a')],
    unit: service('x'),
  }),
  more: (_, seen) => ({ second: file(seen.f.exists && seen.f.kind === 'link' ? seen.f.target : '/') }),
  touches: args => [`tree:${args.path}`],
  plan: (args, seen, { ok, change, fail }) => {
    const path: string = args.path
    const there: boolean | undefined = seen.maybe?.exists
    const second: boolean = seen.second.exists
    void [path, there, second]
    // @ts-expect-error: not an argument
    args.nope
    // @ts-expect-error: not read
    seen.nope
    // @ts-expect-error: not narrowed, an absent file has no mode
    seen.f.mode
    // @ts-expect-error: a folder has no content
    if (seen.f.exists && seen.f.kind === 'directory') seen.f.content
    if (seen.f.exists && seen.f.kind === 'file') void seen.f.content.digest
    if (args.n === 1) return ok({ v: 1 })
    if (args.n === 2) return ok({ v: later(() => 1) })
    // @ts-expect-error: an output is missing
    if (args.n === 3) return ok({})
    // @ts-expect-error: an output has another type
    if (args.n === 4) return ok({ v: 'one' })
    const steps = [exec(['true'])]
    const reason = 'x'
    // @ts-expect-error: not in reads
    if (args.n === 5) return change({ will: { ff: { exists: true } }, steps, reason })
    // @ts-expect-error: wrong type of a member
    if (args.n === 6) return change({ will: { f: { exists: 'yes' } }, steps, reason })
    // @ts-expect-error: only used, not owned
    if (args.n === 7) return change({ will: { only: { exists: true } }, steps, reason })
    // @ts-expect-error: no such member
    if (args.n === 8) return change({ will: { f: { exists: true, colour: 'red' } }, steps, reason })
    // @ts-expect-error: no such state of a unit
    if (args.n === 9) return change({ will: { unit: { active: 'started' } }, steps, reason })
    // @ts-expect-error: a change says why
    if (args.n === 10) return change({ will: {}, steps })
    // @ts-expect-error: no such step
    if (args.n === 11) return change({ will: {}, steps: [{ do: 'delete', path: '/x' }], reason })
    // @ts-expect-error: a failure says why
    if (args.n === 12) return fail()
    return change({ will: { second: { exists: true, kind: 'directory' }, many: [undefined] }, steps, reason })
  },
})

defineCollective({
  ...common,
  name: 'g',
  args: T.Object({ path: T.String() }),
  outputs: T.Object({ v: T.String() }),
  reads: (args, host) => ({ key: file(args.path), only: uses(user(host)) }),
  plan: (args, seen, { each, up, from, ok, change, fail }) => {
    // @ts-expect-error: a host may not have answered
    seen.node0.key
    const path: string | undefined = args.node0?.path
    void path
    if (up.length === 0) return {}
    return each((host, { key }, index) => {
      if (index > 0) return fail(host)
      // @ts-expect-error: not narrowed
      key.mode
      if (key.exists) return ok({ v: 'x' })
      // @ts-expect-error: an output is missing
      if (index === 1) return ok({})
      // @ts-expect-error: only used
      if (index === 2) return change({ will: { only: { exists: true } }, phases: [], reason: 'x' })
      // @ts-expect-error: a group has phases
      if (index === 3) return change({ will: {}, steps: [], reason: 'x' })
      return change({ will: { key: { exists: true, content: from(up[0]!) } }, phases: [[]], reason: 'x' })
    })
  },
})
