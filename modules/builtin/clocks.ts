import { defineCollective, program, T, uses } from '../../src/module/module.ts'

const args = T.Object(
  {
    apart: T.Integer({ default: 5, minimum: 1, description: 'How many seconds two clocks may differ.' }),
  },
  { additionalProperties: false },
)

/** How far a host's clock is from the controller's, in seconds: no less than the one, no more than the other. */
type Offset = { least: number; most: number }

/** One look at the clock. The time of the look is known to within the time that the answer took. */
const clock = program<Offset>({
  key: 'clock',
  sh: 'date +%s.%N',
  looks: [],
  parse: ({ stdout, within }) => {
    const [from, to] = within ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
    const now = Number.parseFloat(stdout.toString())
    return { least: now - to / 1000, most: now - from / 1000 }
  },
  subject: 'clock',
})

/**
 * The middle one of the clocks: a single wrong one cannot move it. Of an even number the controller's clock counts too.
 */
const middle = (offsets: Offset[]): Offset => {
  const all = offsets.length % 2 === 0 ? [...offsets, { least: 0, most: 0 }] : offsets
  return all.toSorted((a, b) => a.least + a.most - (b.least + b.most))[(all.length - 1) / 2]!
}

/** By how much one clock is certainly ahead of (or, negative, behind) another. */
const certainly = (one: Offset, other: Offset): number => {
  if (one.least > other.most) return one.least - other.most
  return one.most < other.least ? one.most - other.least : 0
}

/**
 * Programs that tell each other until when their pings count do so by their own clocks: a peer whose clock is behind is
 * not listed, one whose clock is ahead counts as alive after its death. None of them says so.
 */
export default defineCollective({
  name: 'clocks',
  about: 'The clocks of the hosts agree. Changes nothing; a host whose clock stands apart is refused.',
  args,
  examples: ['- name: Compare the clocks\n  clocks: {}'],
  reads: () => ({ clock: uses(clock) }),
  plan: (args, seen, context) => {
    const { apart } = Object.values(args)[0]!
    const usual = middle(context.up.map(host => seen[host]!.clock))
    return context.each((_, { clock: own }) => {
      const off = certainly(own, usual)
      if (Math.abs(off) <= apart) return context.ok()
      return context.fail(
        `its clock is ${Math.round(Math.abs(off))} s ${off > 0 ? 'ahead of' : 'behind'} the others'`,
        'set it, and let it be kept: timedatectl set-ntp true, or install chrony',
      )
    })
  },
})
