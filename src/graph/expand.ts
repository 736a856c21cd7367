import { type Origin, Refusal, refuse } from '../core/failure.ts'
import { compileTemplate, type Reference } from '../load/expression.ts'
import type { Loaded } from '../load/load.ts'
import type { Located } from '../load/located.ts'
import { selectHosts } from '../load/pattern.ts'
import type { Play, Task } from '../load/playbook.ts'
import { didYouMean } from '../load/suggest.ts'
import { compileTask } from './compile.ts'
import { type Edges, order } from './dag.ts'
import type { Edge, Graph, Node } from './graph.ts'
import { nodeId } from './graph.ts'
import { type Use, usesOf } from './references.ts'
import { isSelected, type Selection, strangeTags } from './selection.ts'
import { staticBecome, staticScope } from './static-scope.ts'

type Draft = Node

/** Where the pattern of --limit is written, as failures tell it. */
const limitOption: Origin = { file: '--limit', line: 1, column: 1 }

/**
 * Playbook x inventory -> graph: nodes, the edges of the five kinds, and one order that respects them.
 * Throws Refusals: no host matched, a `needs`/`after` that names no task, a cycle explained as a path.
 * @param files references of the template files a task uses, which are edges like any other
 */
export const expand = (
  loaded: Loaded,
  selection: Selection,
  isCollective: (module: string) => boolean,
  files: (task: Task) => Reference[],
): Graph => {
  const { playbook, inventory } = loaded
  const limited = new Set(
    selection.limit === undefined ? inventory.hosts : selectHosts(inventory, selection.limit, limitOption),
  )
  const drafts: Draft[] = []
  const last = new Map<string, string>()
  const failures = strangeTags(
    playbook.plays.flatMap(play => [...play.tasks, ...play.handlers]),
    selection.tags,
  )
  for (const play of playbook.plays) {
    const hosts = selectHosts(inventory, play.hosts.value)
    if (hosts.length === 0)
      failures.push({
        reason: 'inventory-no-host',
        what: `No host matches "${play.hosts.value}".`,
        why: `The inventory has ${inventory.hosts.join(', ') || 'no hosts'}.`,
        origin: play.hosts.origin,
      })
    const first = drafts.length
    for (const task of [...play.tasks, ...play.handlers]) draft(task, play, hosts)
    for (const node of drafts.slice(first))
      if (node.task.handler) node.edges.push(...notifiers(drafts.slice(first), node))
  }
  if (failures.length > 0) throw new Refusal(...failures)

  function draft(task: Task, play: Play, hosts: string[]): void {
    const compiled = compileTask(task)
    compiled.references.push(...files(task))
    const collective = isCollective(task.module)
    const members = task.runOnce ? hosts.slice(0, 1) : hosts
    for (const on of collective ? [members] : members.map(host => [host])) {
      if (on.length === 0) continue
      const id = collective ? `${task.slug}` : nodeId(on[0]!, task)
      const included = new Set(isSelected(task, selection.tags) ? on.filter(host => limited.has(host)) : [])
      const edges: Edge[] = task.needs
        ? []
        : on.flatMap(host => (last.has(host) ? [{ on: last.get(host)!, kind: 'order' as const }] : []))
      drafts.push({
        id,
        hosts: on,
        task,
        compiled,
        play,
        index: drafts.length,
        edges,
        included,
        once: task.runOnce,
        collective,
        become: new Set(),
        ...(task.needs ? { needs: task.needs } : {}),
      })
      if (!task.needs) for (const host of on) last.set(host, id)
    }
  }

  const byLine = new Map<string, Draft>(
    drafts.flatMap(node => node.hosts.map(host => [nodeId(host, node.task), node] as const)),
  )
  const registered = Map.groupBy(
    drafts.filter(n => n.task.register !== undefined),
    n => n.task.register!,
  ) as Map<string, Node[]>
  const uses = usesIn(loaded, [...registered.keys(), 'facts'])
  const scopeOf = staticScope(loaded, [...registered.keys()])
  const becomes = staticBecome(scopeOf)
  const rolling = drafts.filter(n => n.task.rolling !== undefined)
  for (const node of drafts) {
    node.become = new Set(node.hosts.filter(host => becomes(node, host)))
    node.edges.push(
      ...named(node, node.task.needs ?? [], 'needs'),
      ...named(node, node.task.after, 'after'),
      ...values(node),
      ...turnsBefore(rolling, node),
    )
    node.edges = node.edges.filter(
      (edge, i, all) =>
        (edge.on !== node.id || edge.kind === 'value') &&
        all.findIndex(e => e.on === edge.on && e.kind === edge.kind) === i,
    )
  }

  function values(node: Draft): Edge[] {
    return uses(node).flatMap(use => {
      if (use.register === 'facts') return []
      const hosts = use.own ? node.hosts : use.host === null ? inventory.hosts : [use.host]
      return hosts.flatMap(host => {
        // A name may be registered again: what counts is what was written before, as one reads a playbook.
        const all = registered.get(use.register)!.filter(n => n.once || n.hosts.includes(host))
        const others = all.filter(n => n !== node)
        const source = others.findLast(n => n.index < node.index) ?? others[0] ?? (use.own ? all[0] : undefined)
        return source ? [{ on: source.id, kind: 'value' as const }] : []
      })
    })
  }

  function named(node: Draft, list: Located<string>[], kind: 'needs' | 'after'): Edge[] {
    return list.flatMap(located => {
      const text = String(compileTemplate(located.value, located).evaluate(scopeOf(node, node.hosts[0]!, kind)))
      const [where, slug] = text.includes('/') ? (text.split('/', 2) as [string, string]) : [undefined, text]
      const hosts = where === undefined ? node.hosts : (inventory.groups[where] ?? [where])
      const found = hosts.flatMap(host => byLine.get(`${host}/${slug}`) ?? [])
      if (found.length === 0)
        refuse('playbook-reference', `"${text}" names no task of this play.`, {
          why: `${kind} takes the name of a task (${text}), HOST/task or GROUP/task.`,
          fix: didYouMean(
            slug,
            node.play.tasks.map(t => t.slug),
          ),
          origin: located.origin,
        })
      return found.map(n => ({ on: n.id, kind }))
    })
  }

  const edges: Edges = new Map(drafts.map(n => [n.id, new Set(n.edges.map(e => e.on))]))
  const sorted = order(
    drafts.map(n => n.id),
    edges,
  )
  if (sorted.cycle) {
    const at = drafts.find(n => n.id === sorted.cycle[0])!
    refuse('playbook-cycle', 'These tasks wait for each other in a circle.', {
      why: sorted.cycle.join(' -> waits for '),
      fix: 'Take one of the needs, after or references away.',
      origin: at.task.origin,
    })
  }
  const byId = new Map(drafts.map(n => [n.id, n as Node]))
  const nodes = keepNeeded(
    sorted.order!.map(id => byId.get(id)!),
    byId,
  )
  if (selection.limit !== undefined && drafts.length > 0 && nodes.length === 0)
    refuse('inventory-no-host', `No task is left for --limit "${selection.limit}".`, {
      why: `It leaves ${[...limited].join(', ') || 'no host'}; the tasks are for ${[...new Set(drafts.flatMap(n => n.hosts))].join(', ')}.`,
    })
  nodes.forEach((node, index) => {
    node.index = index
  })
  const facts = new Set(nodes.flatMap(node => uses(node).filter(use => use.register === 'facts' && !use.own)))
  const isRead = (host: string): boolean => [...facts].some(use => use.host === null || use.host === host)
  const hosts = inventory.hosts.filter(host => nodes.some(n => n.hosts.includes(host)) || isRead(host))
  return { nodes, hosts, byId, registered }
}

/** Left-out nodes stay only where an included one reads their value: they are read, their steps never run. */
const keepNeeded = (nodes: Node[], byId: Map<string, Node>): Node[] => {
  const kept = new Set<string>()
  const keep = (node: Node): void => {
    if (kept.has(node.id)) return
    kept.add(node.id)
    for (const edge of node.edges) if (edge.kind === 'value') keep(byId.get(edge.on)!)
  }
  for (const node of nodes) if (node.included.size > 0) keep(node)
  return kept.size === nodes.length ? nodes : chained(nodes.filter(node => kept.has(node.id)))
}

/** The written order on each host, over the nodes that are left. */
const chained = (nodes: Node[]): Node[] => {
  const ids = new Set(nodes.map(n => n.id))
  const last = new Map<string, string>()
  for (const node of nodes) {
    const others = node.edges.filter(e => e.kind !== 'order' && ids.has(e.on))
    const order = node.task.needs
      ? []
      : [...new Set(node.hosts.flatMap(h => last.get(h) ?? []))].map((on): Edge => ({ on, kind: 'order' }))
    node.edges = [...order, ...others]
    if (!node.task.needs) for (const host of node.hosts) last.set(host, node.id)
  }
  return nodes
}

const notifiers = (nodes: Draft[], handler: Draft): Edge[] =>
  nodes
    .filter(
      n =>
        !n.task.handler &&
        n.hosts.some(h => handler.hosts.includes(h)) &&
        (n.task.notify.includes(handler.task.name) || n.task.notify.includes(handler.task.slug)),
    )
    .map(n => ({ on: n.id, kind: 'notify' as const }))

/** What is passed after each turn of a rolling task is only through with itself when all have had theirs. */
const turnsBefore = (nodes: Draft[], gate: Draft): Edge[] =>
  nodes
    .filter(n => n.play === gate.play && n.task.rolling?.some(({ value }) => value === gate.task.slug))
    .map(n => ({ on: n.id, kind: 'after' as const }))

/** What the nodes of a task read by name, through every value that a variable has anywhere: told once per task. */
const usesIn = (loaded: Loaded, registers: string[]): ((node: Node) => Use[]) => {
  const known = new Map<Task, Use[]>()
  const variables = everyValue(loaded)
  return ({ task, play, compiled }) => {
    const found =
      known.get(task) ??
      usesOf(compiled.references, new Set(registers), name => [
        ...variables(name),
        ...[play.defaults, play.vars, task.vars].flatMap(layer => layer[name] ?? []),
      ])
    known.set(task, found)
    return found
  }
}

const everyValue =
  (loaded: Loaded) =>
  (name: string): Located[] =>
    loaded.extra[name]
      ? [loaded.extra[name]]
      : loaded.inventory.hosts.flatMap(host => loaded.inventory.vars[host]?.[name] ?? [])
