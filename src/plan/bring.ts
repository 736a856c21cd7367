import type { Failure } from '../core/failure.ts'
import { extend } from '../graph/extend.ts'
import { type Graph, machineOf, type Node } from '../graph/graph.ts'
import type { Addition } from '../graph/nodes.ts'
import { createSecretReader } from '../graph/secrets.ts'
import type { Play, Task } from '../load/playbook.ts'
import { secretSources } from '../load/secrets.ts'
import type { AskedInclude, Include, Included } from '../load/surroundings.ts'
import { createAnswers } from '../world/answers.ts'
import { keyOf, type WantedInclude } from './included.ts'
import type { Known } from './known.ts'

/** Reads what an include asks for, on the controller: with its modules loaded and checked, or why not. */
export type ReadInclude = (include: Include, asked: AskedInclude, node: Node) => Promise<Included | Failure[]>

/** All of one include that several hosts ask for alike. */
type Bringing = { key: string; node: Node; asked: AskedInclude; hosts: string[] }

const together = (wanted: WantedInclude[]): Bringing[] => {
  const found = new Map<string, Bringing>()
  for (const { node, host, asked } of wanted) {
    const key = keyOf(asked.by)
    const one = found.get(key) ?? { key, node, asked, hosts: [] }
    if (!one.hosts.includes(host)) one.hosts.push(host)
    found.set(key, one)
  }
  return [...found.values()]
}

/** By host the last node of those that meet a condition, in written order. */
const lastOnEach = (nodes: Node[], isMeant: (node: Node) => boolean): Map<string, string> =>
  new Map(nodes.filter(isMeant).flatMap(({ hosts, id }) => hosts.map(host => [host, id] as const)))

/** By host what the tasks of a line come behind: the include, or what its earlier lines have brought. */
const behindOn = (written: Node[], { node, asked: { by }, hosts }: Bringing): Record<string, string> => {
  const under = `${by.slug}.`
  const last = lastOnEach(written, ({ task }) => {
    if (task === node.task) return true
    if (!task.slug.startsWith(under)) return false
    const line = Number.parseInt(task.slug.slice(under.length), 10)
    return line >= 1 && line <= by.line
  })
  return Object.fromEntries(hosts.map(host => [host, last.get(host)!]))
}

/** The parts of a play in which what a role has brought may be notified: that of the include, and those behind it. */
const handlerAdditions = (written: Node[], { node, hosts }: Bringing, handlers: Task[]): Addition[] => {
  const { play, task } = node
  const parts = [...new Set(written.filter(one => one.play === play).map(one => one.task.part))].sort((a, b) => a - b)
  return parts
    .filter(part => part >= task.part)
    .flatMap((part): Addition[] => {
      const last = lastOnEach(written, one => one.play === play && one.task.part === part)
      const ends = hosts.flatMap(host => (last.has(host) ? [[host, last.get(host)!] as const] : []))
      const own = handlers.map(one => ({ ...one, part, slug: part === task.part ? one.slug : `${one.slug}.${part}` }))
      return ends.length === 0
        ? []
        : [{ play, tasks: own, hosts: ends.map(([host]) => host), behind: Object.fromEntries(ends) }]
    })
}

/** A task that is done once has been done on the first hosts that came to it. */
const isOnceThere = (graph: Graph, task: Task): boolean =>
  task.runOnce && graph.written.some(node => node.task === task)

const grown = (graph: Graph, bringing: Bringing, { tasks, handlers }: Included): Graph => {
  const { node, hosts } = bringing
  const at = tasks.filter(task => !isOnceThere(graph, task))
  const behind = behindOn(graph.written, bringing)
  const withTasks = at.length === 0 ? graph : extend(graph, [{ play: node.play, tasks: at, hosts, behind }])
  return handlers.length === 0
    ? withTasks
    : handlerAdditions(withTasks.written, bringing, handlers).reduce((all, one) => extend(all, [one]), withTasks)
}

/** Tasks stand in the part of the play in which their include does: its handlers run for them. */
const inPartOf = ({ task: { part } }: Node, found: Included | Failure[]): Included | Failure[] =>
  Array.isArray(found) ? found : { ...found, tasks: found.tasks.map(task => ({ ...task, part })) }

/**
 * Hosts that nothing has contacted so far, and that tasks are delegated to now: this machine itself is there as long as a plan is
 * made, any other one is too late.
 */
const unreached = (known: Known, { hosts, source }: Graph): Failure | undefined => {
  const { inventory, playbook } = known.loaded
  for (const host of hosts) {
    const machine = machineOf(source, host)
    if (known.answers.has(machine)) continue
    if (host !== inventory.implicit || known.finished.size > 0)
      return {
        reason: 'playbook-reference',
        what: `What is included delegates to ${host}, which nothing else in ${playbook.file} has to do with.`,
        fix: 'Let a play, or a task that is not included, have to do with it.',
      }
    known.answers.set(machine, createAnswers())
  }
  return undefined
}

const inInventoryOrder = ({ loaded: { inventory } }: Known, hosts: string[]): string[] =>
  hosts.length < 2 ? hosts : inventory.hosts.filter(host => hosts.includes(host))

/** What tasks have come besides those of the playbook, and whether they make secrets of what they register. */
const withSecrets = (known: Known, play: Play, { tasks, handlers }: Included): void => {
  const { loaded } = known
  const more = { ...play, tasks: [...tasks, ...handlers], handlers: [] }
  const all = { ...loaded, playbook: { ...loaded.playbook, plays: [...loaded.playbook.plays, more] } }
  const { paths, files } = secretSources(all)
  known.secretReads = createSecretReader(all, paths, known.graph.source.files)
  known.secretFiles = files
}

/**
 * Reads what lines of includes ask for and lets it join: tasks are nodes of the graph from then on, right behind their
 * include, variables are what the next pass sees. Nothing of it is a secret of the engine's: a file that cannot be read is
 * a failure of the lines that name it.
 */
export const bring = async (known: Known, wanted: WantedInclude[], read: ReadInclude): Promise<void> => {
  for (const bringing of together(wanted)) {
    const { key, node, asked } = bringing
    const found = known.included.get(key) ?? inPartOf(node, await read(node.task.include!, asked, node))
    const isNew = !known.included.has(key)
    known.included.set(key, found)
    for (const host of bringing.hosts) known.joined.add(`${host} ${key}`)
    if (Array.isArray(found) || found.tasks.length + found.handlers.length === 0) continue
    // Another node may have joined meanwhile: the newest graph says what it is.
    const now = known.graph.byId.get(node.id)!
    const graph = grown(known.graph, { ...bringing, node: now, hosts: inInventoryOrder(known, bringing.hosts) }, found)
    const strange = unreached(known, graph)
    if (strange) {
      known.included.set(key, [strange])
      continue
    }
    known.graph = graph
    if (isNew) withSecrets(known, node.play, found)
  }
}
