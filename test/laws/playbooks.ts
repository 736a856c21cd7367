import { fc } from '../chance.ts'
import { at, bound, kinds, looks, ofRoot, one, rootsOpening, type Task } from './tasks.ts'
import { calm, type Places, wild } from './tree.ts'

/** A generated playbook: its text, and the names of its hosts. */
export type Playbook = { text: string; hosts: string[] }
/** What tasks before a task have registered, by what it tells: whether it changed, what a look or a command said. */
type Told = { any: string[]; stats: string[]; words: string[] }
/** Where a task stands; `pick` takes one of what there is. */
type Spot = Told & { i: number; hosts: string[]; pick<T>(list: T[]): T }
/** Makes something else of a task; undefined where nothing stands before it that this needs. */
type Twist = (task: Task, spot: Spot) => Task | undefined

const when =
  (of: keyof Told, condition: (name: string) => string): Twist =>
  (task, { pick, ...told }) =>
    told[of].length > 0 ? { ...task, when: condition(pick(told[of])) } : undefined

/** A value of a task before goes into a file. */
const into =
  (of: keyof Told, value: (name: string, spot: Spot) => string): Twist =>
  (_, spot) =>
    spot[of].length === 0
      ? undefined
      : { copy: { dest: at(spot.pick(['a', 'b', 'd/f'])), content: `{{ ${value(spot.pick(spot[of]), spot)} }}\n` } }

const plain: Twist = task => task
/** How a task hangs on those before it, with how often. */
const twists: [number, Twist][] = [
  [30, plain],
  [3, when('any', name => `${name}.changed`)],
  [1, when('any', name => `not ${name}.changed`)],
  [3, when('stats', name => `${name}.stat.exists`)],
  [1, when('stats', name => `not ${name}.stat.exists or ${name}.stat.isreg and ${name}.stat.size > 0`)],
  [2, when('words', name => `${name}.stdout != "none"`)],
  [2, into('words', name => `${name}.stdout`)],
  [
    1,
    into(
      'stats',
      name => `${name}.stat.mode ~ ${name}.stat.pw_name ~ ${name}.stat.gr_name if ${name}.stat.exists else "none"`,
    ),
  ],
  [1, into('words', (name, { pick, hosts }) => `hostvars.${pick(hosts)}.${name}.stdout`)],
  [1, into('words', name => `groups.all | map("extract", hostvars, ["${name}", "stdout"]) | join(",")`)],
  [
    1,
    (task, { any, hosts, pick }) => (any.length > 0 ? { ...task, after: [`${pick(hosts)}/${pick(any)}`] } : undefined),
  ],
  [
    2,
    (task, { any, hosts, pick }) =>
      any.length > 0 && hosts.length === 1 ? { ...task, needs: [pick(any)] } : undefined,
  ],
  [4, (task, { pick }) => ({ ...task, notify: [pick(['h0', 'h1'])] })],
  [1, (_, { i }) => ({ copy: { dest: at('{{ item }}'), content: `${i % 3}\n` }, loop: ['p', 'q'] })],
  [
    1,
    (_, { words, pick }) =>
      words.length > 0
        ? { lineinfile: { path: at('b'), line: '{{ item }}', create: true }, loop: `${pick(words)}.stdout_lines` }
        : undefined,
  ],
  [
    1,
    (_, { any, pick }) =>
      any.length > 0
        ? { template: { src: 't.hbs', dest: at('a') }, vars: { v: `{{ ${pick(any)}.changed }}` } }
        : undefined,
  ],
  [1, (_, { words, pick }) => (words.length > 0 ? { debug: { msg: `{{ ${pick(words)}.stdout }}` } } : undefined)],
  [
    1,
    (_, { stats, pick }) => (stats.length > 0 ? { assert: { that: `${pick(stats)}.stat.exists or true` } } : undefined),
  ],
  [1, (_, { i, hosts }) => (hosts.length > 1 ? { shared: { path: at(`k${i % 3}`) } } : undefined)],
]
/** What makes all behind it open, or stops the host. */
const rare: [number, Twist][] = [
  [1, () => ({ command: { argv: ['touch', at('ran')] } })],
  [1, (_, { stats, pick }) => (stats.length > 0 ? { assert: { that: `${pick(stats)}.stat.exists` } } : undefined)],
  [
    1,
    (_, { any, pick }) =>
      any.length > 0 ? { copy: { dest: at('a'), content: 'x' }, when: `${pick(any)}.skipped` } : undefined,
  ],
]

const chosen = <T>(weighted: readonly (readonly [number, T])[]): fc.Arbitrary<T> =>
  one(...weighted.flatMap(([weight, value]) => Array.from({ length: weight }, () => value)))

type Weighted = [number, fc.Arbitrary<Task>][]
type Draft = { task: Task; look?: 's' | 'c' | undefined; twist: Twist; picks: number }
const draft = (places: Places, more: Weighted): fc.Arbitrary<Draft> => {
  const picks = fc.nat(9999)
  const acting = fc.oneof(...[...kinds(places), ...more].map(([weight, arbitrary]) => ({ weight, arbitrary })))
  const looking = fc.oneof(
    ...looks(places).map(([weight, task, look]) => ({ weight, arbitrary: task.map(t => ({ task: t, look })) })),
  )
  return fc.oneof(
    { weight: 5, arbitrary: fc.record({ task: acting, twist: chosen(twists), picks }) },
    { weight: 1, arbitrary: looking.map(found => ({ ...found, twist: plain, picks: 0 })) },
  )
}

/** Takes this and that of what there is, always the same for the same number. */
const picker = (picks: number): Spot['pick'] => {
  let left = picks
  return list => {
    const found = list[left % list.length]!
    left = Math.floor(left / list.length)
    return found
  }
}

const assembled = (drafts: Draft[], hosts: string[]): Task[] => {
  const told: Told = { any: [], stats: [], words: [] }
  return drafts.map(({ task, look, twist, picks }, i) => {
    const made = twist(task, { ...told, i, hosts, pick: picker(picks) }) ?? task
    const name = `${look ?? 't'}${i}`
    told.any.push(name)
    // What may be skipped may have said nothing.
    if (made.when === undefined && made.stat !== undefined) told.stats.push(name)
    if (made.when === undefined && made.command !== undefined) told.words.push(name)
    return { name, register: name, ...made }
  })
}

/** Most playbooks make their folders first: one that would fail comes to nothing. */
const opening: Task[] = [
  { file: { path: at('d/e'), state: 'directory' } },
  { file: { path: at('m/n'), state: 'directory' } },
  { file: { path: at('l'), src: 'd', state: 'link' } },
  { loop: ['a', 'd/f'], file: { path: at('{{ item }}'), state: 'touch' } },
]
const handlers: Task[] = [
  { name: 'h0', copy: { dest: at('h0'), content: 'once\n' } },
  { name: 'h1', file: { path: at('h1'), state: 'touch' } },
]
/** Of 1 to 30 tasks, short ones mostly: they find as much, and a long one takes as long as five of them. */
const tasksOf = (places: Places, more: Weighted = []): fc.Arbitrary<Draft[]> => {
  const some = (minLength: number, maxLength: number): fc.Arbitrary<Draft[]> =>
    fc.array(draft(places, more), { minLength, maxLength, size: 'max' })
  return fc.oneof(
    { weight: 5, arbitrary: some(1, 6) },
    { weight: 2, arbitrary: some(7, 15) },
    { weight: 1, arbitrary: some(16, 30) },
  )
}

/** One host mostly, now and then two that look at each other. */
export const hosts: fc.Arbitrary<string[]> = one(['node0'], ['node0'], ['node0'], ['node0', 'node1'])

/** Now and then some tasks in a row stand in a block, which is the same as if they did not. */
const blocked = (tasks: Task[], picks: number): Task[] => {
  if (picks % 4 !== 1 || tasks.length < 2) return tasks
  const from = picks % tasks.length
  const block = { when: 'inventory_hostname in groups.all', tags: ['t'], block: tasks.slice(from, from + 3) }
  return [...tasks.slice(0, from), block, ...tasks.slice(from + 3)]
}

/** What fails: what a plan knows to, and what no plan does; on all hosts or on one. */
const failures: Task[] = [
  { name: 'bad', assert: { that: 'inventory_hostname == "none"' } },
  { name: 'bad', assert: { that: 'inventory_hostname != "node0"' } },
  { name: 'bad', command: { argv: ['sh', '-c', 'exit 3'], creates: at('never') } },
  {
    name: 'bad',
    command: { argv: ['sh', '-c', 'exit 3'], creates: at('never') },
    when: 'inventory_hostname == "node0"',
  },
]

/** The last tasks stand in a block with a rescue and what is done in any case, and now and then one of it fails. */
const rescued = (tasks: Task[], picks: number): Task[] => {
  const pick = picker(Math.floor(picks / 4))
  const from = pick(tasks.map((_, i) => i))
  const last = tasks.slice(from).map(({ needs: _, ...task }) => task)
  const third = Math.ceil(last.length / 3)
  const block = last.slice(0, third)
  const bad = pick([[], ...failures.map(one => [one])])
  const inner = pick([0, 1]) === 0 ? [{ block: bad, always: block.slice(0, 1) }] : [...bad, ...block.slice(0, 1)]
  const whole = {
    block: [...inner, ...block.slice(1)],
    rescue: [
      { name: 'saved', copy: { dest: at('saved'), content: '{{ ansible_failed_task.name }}\n' } },
      ...last.slice(third, 2 * third),
    ],
    always: last.slice(2 * third),
  }
  return [...tasks.slice(0, from), whole, { name: 'end', copy: { dest: at('end'), content: 'end\n' } }]
}

const written = (first: Task[], drafts: Draft[], names: string[]): Playbook => {
  const picks = drafts[0]?.picks ?? 0
  const made = assembled(drafts, names)
  const tasks = picks % 4 === 2 ? rescued(made, picks) : blocked(made, picks)
  return { hosts: names, text: JSON.stringify([{ hosts: 'all', tasks: [...first, ...tasks], handlers }]) }
}

/** Playbooks of 1 to 30 tasks, and what is to be done first. */
export const playbook: fc.Arbitrary<Playbook> = fc
  .oneof(
    { weight: 3, arbitrary: fc.tuple(fc.constant(opening), tasksOf(calm), hosts) },
    { weight: 1, arbitrary: fc.tuple(one([], opening), tasksOf(wild), hosts) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constant(opening), tasksOf(calm), hosts, chosen(rare), fc.nat(30))
        .map(
          ([first, drafts, names, twist, where]) =>
            [first, drafts.map((d, i) => (i === where % drafts.length ? { ...d, twist } : d)), names] as [
              Task[],
              Draft[],
              string[],
            ],
        ),
    },
  )
  .map(([first, drafts, names]) => written(first as Task[], drafts as Draft[], names))

/** Playbooks for hosts on which root may do what it likes. */
export const rootsPlaybook: fc.Arbitrary<Playbook> = fc
  .tuple(tasksOf(calm, [...ofRoot, ...bound]), hosts)
  .map(([drafts, names]) => written([...opening, ...rootsOpening], drafts, names))

/** Short ones whose tasks hang on each other by their order and their files alone. */
export const plainPlaybook = (names: string[]): fc.Arbitrary<Playbook> =>
  fc.array(draft(calm, []), { minLength: 1, maxLength: 8, size: 'max' }).map(drafts =>
    written(
      opening,
      drafts.map(one => ({ ...one, twist: plain })),
      names,
    ),
  )

/** Several hosts that look at each other, every other task with a tag of its own. */
export const taggedPlaybook = (names: string[]): fc.Arbitrary<Playbook> =>
  fc.array(draft(calm, []), { minLength: 2, maxLength: 10, size: 'max' }).map(drafts => {
    const { text } = written(opening, drafts, names)
    const [play] = JSON.parse(text)
    play.tasks = play.tasks.map((task: Task, i: number) => ({
      ...task,
      tags: i < opening.length ? 'always' : `g${i % 2}`,
    }))
    return { hosts: names, text: JSON.stringify([play]) }
  })
