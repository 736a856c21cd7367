import { isUnknown, Later, strict } from '../core/unknown.ts'
import { type Node, nodeId } from '../graph/graph.ts'
import type { Module } from '../module/define.ts'
import { type Facts, facts } from '../module/probes/facts.ts'
import type { AnyQuery } from '../module/query.ts'
import { recordAnswer } from '../world/world.ts'
import { argumentsOf, condition, itemsOf } from './arguments.ts'
import { catchUnknown } from './decide.ts'
import { type MissingReads, type Session, scopeOf } from './session.ts'

// biome-ignore lint/suspicious/noExplicitAny: a module's own types end at the registry
type Any = any

/** The archives a playbook may need, and the lines of which only a look at hosts would tell. */
export type RequiredArchives = { queries: AnyQuery[]; open: string[] }

/** What is known of a host that was never seen, only what it is built like. */
const assumed = (host: string, known: Partial<Facts>): Facts =>
  new Proxy({} as Facts, { get: (_, name) => known[name as keyof Facts] ?? new Later(host) })

const ofNode = (session: Session, node: Node, host: string, seen: Facts): AnyQuery[] | undefined => {
  const module = session.modules[node.task.module] as Module<Any, Any, Any, Any>
  const wanted: MissingReads = new Map()
  const { groups } = session.loaded.inventory
  const ofItem = (item?: { value: unknown }): AnyQuery[] | undefined => {
    const scope = scopeOf(session, node, host, wanted, groups, item)
    if (condition(node, scope) === false) return []
    const args = argumentsOf(session, node, host, wanted, scope, item)
    const queries = isUnknown(args) ? args : catchUnknown(() => module.archives!(strict(args.values), seen))
    return isUnknown(queries) ? undefined : queries
  }
  if (!node.compiled.loop) return ofItem()
  const items = itemsOf(node, scopeOf(session, node, host, wanted, groups))
  if (isUnknown(items)) return undefined
  const found = items.map(value => ofItem({ value }))
  return found.includes(undefined) ? undefined : found.flatMap(queries => queries ?? [])
}

/**
 * What hosts that are built like `known` may ask the controller for, without contacting one. A task whose condition
 * only a host can decide counts. Throws Refusals, as arguments do.
 */
export const requiredArchives = (session: Session, known: Partial<Facts>): RequiredArchives => {
  for (const [host, world] of session.worlds) recordAnswer(world, facts, assumed(host, known), [])
  const queries = new Map<string, AnyQuery>()
  const open: string[] = []
  for (const node of session.graph.nodes) {
    const module = session.modules[node.task.module]!
    if (module.collective || !module.archives) continue
    for (const host of node.hosts.filter(h => node.included.has(h))) {
      const found = ofNode(session, node, host, assumed(host, known))
      if (found === undefined) open.push(nodeId(host, node.task))
      for (const query of found ?? []) queries.set(query.key, query)
    }
  }
  return { queries: [...queries.values()], open }
}
