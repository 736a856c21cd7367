import type { Failure } from '../core/failure.ts'
import { didYouMean } from '../core/suggest.ts'
import type { Task } from '../load/playbook.ts'
import { bringsTasks } from '../load/task.ts'
import { givenNames } from '../load/variables.ts'
import { compileTask } from './compile.ts'
import type { Edge, GraphSource, Node } from './graph.ts'
import type { Addition } from './nodes.ts'
import { isOfFacts, readsIn } from './value-edges.ts'

/** What part of a playbook is asked for: `--limit`, `--tags`, `--skip-tags`, `--start-at-task`. */
export type Selection = { limit?: string; tags: string[]; skipTags?: string[]; startAt?: string }

/** Words that stand for tasks by whether they have tags, or are tags that say more than their name. */
const SPECIAL = ['all', 'tagged', 'untagged', 'always', 'never']

/** Whether --tags and --skip-tags leave a task in. Source: ansible lib/ansible/playbook/taggable.py, evaluate_tags. */
const isWanted = (own: string[], tags: string[], skipped: string[]): boolean => {
  const isTagged = own.length > 0
  const has = (list: string[], tag: string): boolean => list.includes(tag)
  const meets = (list: string[]): boolean => own.some(tag => has(list, tag)) || (!isTagged && has(list, 'untagged'))
  const isNever = has(own, 'never')
  const asked = tags.length === 0 ? ['all'] : tags
  const runs =
    has(own, 'always') ||
    (has(asked, 'all') && !isNever) ||
    meets(asked) ||
    (has(asked, 'tagged') && isTagged && !isNever)
  if (!runs) return false
  if (has(skipped, 'all')) return has(own, 'always') && !has(skipped, 'always')
  return !meets(skipped) && !(has(skipped, 'tagged') && isTagged)
}

/** Whether a name is meant by what may hold `*`, `?` and `[...]`. */
const isMeant = (name: string, pattern: string): boolean => {
  if (name === pattern) return true
  if (!/[*?[]/.test(pattern)) return false
  const source = pattern.replace(/\[!?[^\]]*\]|[\s\S]/g, one => {
    if (one === '*') return '.*'
    if (one === '?') return '.'
    return one.length > 2
      ? one.replace(/^\[!/, '[^').replaceAll('\\', '\\\\')
      : one.replace(/[.+^${}()|[\]\\]/g, '\\$&')
  })
  return new RegExp(`^${source}$`, 's').test(name)
}

/** A task by its name, which in a role may stand without that of the role. */
const isCalled = (task: Task, pattern: string): boolean =>
  [task.name, ...(task.role ? [task.name.slice(task.role.name.length + 3)] : [])].some(name => isMeant(name, pattern))

/**
 * Which tasks steps run of. Handlers are never left out: they run if notified, whatever tags they have, as in Ansible. Of
 * tasks in front of the one to start at none is left in.
 *
 * @param tasks all tasks of the playbook, in written order
 */
export const selected = (tasks: Task[], { tags, skipTags = [], startAt }: Selection): ((task: Task) => boolean) => {
  const first = startAt === undefined ? 0 : tasks.findIndex(task => !task.handler && isCalled(task, startAt))
  const left = new Set(tasks.slice(0, first < 0 ? undefined : first).filter(task => !task.handler))
  return task => task.handler || (!left.has(task) && isWanted(task.tags, tags, skipTags))
}

/**
 * A failure for each tag that no task has, and for a task that there is not: it would silently do nothing. What will be
 * included may have any tag.
 */
export const strangeSelection = (tasks: Task[], { tags, skipTags = [], startAt }: Selection): Failure[] => {
  const known = new Set(tasks.flatMap(task => task.tags))
  const isOpen = tasks.some(bringsTasks)
  const strange = [...tags, ...skipTags].filter(tag => !isOpen && !known.has(tag) && !SPECIAL.includes(tag))
  const names = tasks.filter(task => !task.handler).map(({ name }) => name)
  const isThere = startAt === undefined || tasks.some(task => !task.handler && isCalled(task, startAt))
  return [
    ...strange.map(
      (tag): Failure => ({
        reason: 'usage-option',
        what: `No task has the tag "${tag}".`,
        fix:
          didYouMean(tag, known) || (known.size > 0 ? `Tags: ${[...known].join(', ')}.` : 'This playbook has no tags.'),
      }),
    ),
    ...(isThere
      ? []
      : [
          {
            reason: 'usage-option' as const,
            what: `No task is called "${startAt}".`,
            fix: didYouMean(startAt, names) || '--list-tasks lists the names of all tasks.',
          },
        ]),
  ]
}

/** The ids of what is included, and of what it reads values of, by way of others too. */
const neededIds = (nodes: Node[], byId: ReadonlyMap<string, Node>): Set<string> => {
  const waiting = nodes.filter(({ included }) => included.size > 0)
  const needed = new Set(waiting.map(({ id }) => id))
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop())
    for (const { on, kind } of node.edges) {
      if (kind !== 'value' || needed.has(on)) continue
      needed.add(on)
      waiting.push(byId.get(on)!)
    }
  return needed
}

/**
 * Nodes in plan order without those that are left out. A node that is left out stays where an included one reads its
 * value: it is read, its steps never run. The written order leads past those that go; other edges to them are dropped.
 */
export const keepNeeded = (nodes: Node[], byId: ReadonlyMap<string, Node>): Node[] => {
  if (nodes.every(({ included }) => included.size > 0)) return nodes
  const needed = neededIds(nodes, byId)
  /** By host and node that is left out: the nodes that stay and come right before it in the written order. */
  const closed = new Map<string, string[]>()
  const before = ({ edges }: Node, host: string): string[] =>
    edges
      .filter(({ on, kind }) => kind === 'order' && byId.get(on)!.hosts.includes(host))
      .flatMap(({ on }) => (needed.has(on) ? [on] : (closed.get(`${host} ${on}`) ?? [])))
  return nodes.flatMap(node => {
    if (!needed.has(node.id)) {
      for (const host of node.hosts) closed.set(`${host} ${node.id}`, before(node, host))
      return []
    }
    const order = new Set(node.hosts.flatMap(host => before(node, host)))
    const others = node.edges.filter(({ on, kind }) => kind !== 'order' && needed.has(on))
    return [{ ...node, edges: [...[...order].map((on): Edge => ({ on, kind: 'order' })), ...others] }]
  })
}

/** Whether a task is done on one host for others, or names one by itself. */
const isForOthers = (
  { runOnce, rolling, needs = [], after, module, include }: Task,
  { isCollective }: GraphSource,
): boolean =>
  include !== undefined ||
  runOnce ||
  rolling !== undefined ||
  isCollective(module) ||
  [...needs, ...after].some(({ value }) => /[/{]/.test(value))

/**
 * Where tasks of a run under --limit have nothing to do with what tasks make on other hosts: these tasks on the hosts that it
 * leaves, and a source that says so. Thousands of hosts would have hundreds of thousands of nodes, each to be left out again.
 */
export const narrowed = (
  additions: Addition[],
  source: GraphSource,
): { additions: Addition[]; source: GraphSource } => {
  const { limited, inventory, files } = source
  if (limited.size === inventory.hosts.length) return { additions, source }
  const narrow: GraphSource = { ...source, isNarrow: true }
  const readsOf = readsIn(
    narrow,
    additions.flatMap(({ tasks }) => tasks.flatMap(givenNames)),
  )
  const readsOthers = (play: Addition['play'], task: Task): boolean => {
    const compiled = compileTask(task)
    const references = [...compiled.references, ...files(task)]
    return readsOf({ task, play, compiled: { ...compiled, references } }).some(
      ({ own, register }) => !own && !isOfFacts(register),
    )
  }
  if (additions.some(({ play, tasks }) => tasks.some(task => isForOthers(task, source) || readsOthers(play, task))))
    return { additions, source }
  return { additions: additions.map(one => onLimited(one, narrow)), source: narrow }
}

/** An addition on those of its hosts that have nodes. */
export const onLimited = (addition: Addition, { limited, isNarrow }: GraphSource): Addition =>
  isNarrow ? { ...addition, hosts: addition.hosts.filter(host => limited.has(host)) } : addition
