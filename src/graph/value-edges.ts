import { compileTemplate, type Reference } from '../load/expression.ts'
import { isFactVariable } from '../load/fact-names.ts'
import type { Located } from '../load/located.ts'
import type { Play, Task } from '../load/playbook.ts'
import { givenNames, layersOfPlay, layersOfTask } from '../load/variables.ts'
import type { CompiledTask } from './compile.ts'
import type { Edge, GraphSource } from './graph.ts'
import type { DraftedTask, NodeDraft } from './nodes.ts'
import { type RegisterReference, registerReferences } from './register-references.ts'

/** Whether a name stands for facts of a host, which no task makes. */
export const isOfFacts = (name: string): boolean => name === 'facts' || isFactVariable(name)

type Reader = { task: Task; play: Play; compiled: CompiledTask }

/** What a task reads of other tasks, and of facts: the name `facts`, or one of Ansible's for them. */
export type ReadsOf = (reader: Reader) => RegisterReference[]

/**
 * What tasks read by name, through every value that a variable has on the hosts that read it, or anywhere. Found once per
 * task, and what is in a value once per value, which hosts of a group share.
 */
export const readsIn = ({ inventory, extra, limited, isNarrow }: GraphSource, registers: Iterable<string>): ReadsOf => {
  const registered = new Set(registers)
  const names = { has: (name: string): boolean => registered.has(name) || isOfFacts(name) }
  const known = new Map<Task, RegisterReference[]>()
  const inValues = new Map<Located, Reference[]>()
  const inValue = (located: Located): Reference[] => {
    const found = inValues.get(located) ?? compileTemplate(located.value, located).references
    inValues.set(located, found)
    return found
  }
  const on = (hosts: string[]): ((name: string) => Reference[]) => {
    const inNames = new Map<string, Reference[]>()
    return name => {
      const found = inNames.get(name)
      if (found) return found
      const values = extra[name] ? [extra[name]] : new Set(hosts.flatMap(host => inventory.vars[host]?.[name] ?? []))
      const made = [...values].flatMap(inValue)
      inNames.set(name, made)
      return made
    }
  }
  const anywhere = on(inventory.hosts)
  const onReaders = isNarrow ? on([...limited]) : anywhere
  return ({ task, play, compiled }) => {
    const layers = [...layersOfPlay(play), ...layersOfTask(task)]
    const found =
      known.get(task) ??
      registerReferences(compiled.references, names, (name, own) => [
        ...(own ? onReaders : anywhere)(name),
        ...layers.flatMap(layer => (layer[name] ? inValue(layer[name]) : [])),
      ])
    known.set(task, found)
    return found
  }
}

/** The nodes that give a name to a value on a host, in written order: those of the host, and those that stand for every host. */
type RegisteredOn = (name: string, host: string) => NodeDraft[]

export const registeredOn = (registered: Map<string, NodeDraft[]>, hosts: string[]): RegisteredOn => {
  const byName = new Map<string, Map<string, NodeDraft[]>>()
  for (const [name, nodes] of registered) {
    const byHost = new Map<string, NodeDraft[]>(hosts.map(host => [host, []]))
    for (const node of nodes) for (const host of node.once ? hosts : node.hosts) byHost.get(host)!.push(node)
    byName.set(name, byHost)
  }
  return (name, host) => byName.get(name)?.get(host) ?? []
}

/** What value edges are found in: who registers what, on which hosts, and the written position of every node by its id. */
export type Values = { on: RegisteredOn; hosts: string[]; written: ReadonlyMap<string, number> }

/**
 * The nodes that a name may stand for. It may be given again: what counts is what was written before, as one reads a
 * playbook, back to what is registered in any case; else the first that is registered later. A variable that is only made
 * later is what it was until then.
 */
const sourcesFor = (
  name: string,
  all: NodeDraft[],
  node: NodeDraft,
  own: boolean,
  written: Values['written'],
): NodeDraft[] => {
  const registers = ({ task }: NodeDraft): boolean => task.register === name
  const at = written.get(node.id)!
  const before = all.filter(one => written.get(one.id)! < at && (registers(one) || one.task !== node.task))
  if (before.length > 0) return before.slice(Math.max(0, before.findLastIndex(registers)))
  const registering = all.filter(registers)
  const other = registering.find(one => one !== node) ?? (own ? registering[0] : undefined)
  return other ? [other] : []
}

/** The edges of each node of a task to the nodes whose values it reads. The nodes stand side by side as written. */
export const valueEdges = (
  { task, nodes }: Pick<DraftedTask, 'task' | 'nodes'>,
  reads: RegisterReference[],
  { on, hosts, written }: Values,
): ((node: NodeDraft) => Edge[]) => {
  const edgesTo = (node: NodeDraft, { register, own }: RegisterReference, sources: string[]): Edge[] =>
    sources.flatMap(host =>
      sourcesFor(register, on(register, host), node, own, written).map(({ id }) => ({
        on: id,
        kind: 'value' as const,
      })),
    )
  // What is read of other hosts is the same for all nodes of the task, unless the task itself registers it.
  const shared = new Map<RegisterReference, Edge[]>()
  const elsewhere = (node: NodeDraft, read: RegisterReference): Edge[] => {
    const sources = read.host === null ? hosts : [read.host]
    if (givenNames(task).includes(read.register)) return edgesTo(node, read, sources)
    const found = shared.get(read) ?? edgesTo(nodes[0]!, read, sources)
    shared.set(read, found)
    return found
  }
  const registers = reads.filter(({ register }) => register !== 'facts')
  return node => registers.flatMap(read => (read.own ? edgesTo(node, read, node.hosts) : elsewhere(node, read)))
}
