import { isUnknown, Later, strict } from '../core/unknown.ts'
import { type Node, nodeId } from '../graph/graph.ts'
import type { LoopItem } from '../load/scope.ts'
import type { Module } from '../module/define.ts'
import { type Facts, facts } from '../module/probes/facts.ts'
import type { AnyQuery } from '../module/query.ts'
import { recordAnswer } from '../world/answers.ts'
import { argumentsOf, condition, itemsOf } from './arguments.ts'
import { catchUnknown } from './decide.ts'
import type { Known } from './known.ts'
import { scopeOf } from './scope.ts'
import { beginWalk, type Walk } from './walk-state.ts'

// biome-ignore lint/suspicious/noExplicitAny: a module's own types end at the registry
type Any = any

/** The archives a playbook may need, and the lines of which only a look at hosts would tell. */
type RequiredArchives = { queries: AnyQuery[]; open: string[] }

/** What is known of a host that was never seen, only what it is built like. */
const assumed = (host: string, like: Partial<Facts>): Facts =>
  new Proxy({} as Facts, { get: (_, name) => like[name as keyof Facts] ?? new Later(host) })

const ofItem = (walk: Walk, node: Node, host: string, seen: Facts, item?: LoopItem): AnyQuery[] | undefined => {
  const module = walk.known.modules[node.task.module] as Module<Any, Any, Any, Any>
  const scope = scopeOf(walk, node, host, item)
  if (condition(node, scope) === false) return []
  const args = argumentsOf(walk, node, host, scope, item)
  const queries = isUnknown(args) ? args : catchUnknown(() => module.archives!(strict(args.values), seen))
  return isUnknown(queries) ? undefined : queries
}

const ofNode = (walk: Walk, node: Node, host: string, seen: Facts): AnyQuery[] | undefined => {
  if (!node.compiled.loop) return ofItem(walk, node, host, seen)
  const items = itemsOf(node, scopeOf(walk, node, host))
  if (isUnknown(items)) return undefined
  const found = items.map(item => ofItem(walk, node, host, seen, item))
  return found.includes(undefined) ? undefined : found.flatMap(queries => queries ?? [])
}

/**
 * What hosts that are built like `like` may ask the controller for, without contacting one. A task whose condition
 * only a host can decide counts. Throws Refusals, as arguments do.
 */
export const requiredArchives = (known: Known, like: Partial<Facts>): RequiredArchives => {
  for (const [machine, answers] of known.answers) recordAnswer(answers, facts, assumed(machine, like), [])
  const walk = beginWalk(known)
  const queries = new Map<string, AnyQuery>()
  const open: string[] = []
  for (const node of known.graph.nodes) {
    const module = known.modules[node.task.module]!
    if (module.collective || !module.archives) continue
    for (const host of node.hosts.filter(h => node.included.has(h))) {
      const found = ofNode(walk, node, host, assumed(host, like))
      if (found === undefined) open.push(nodeId(host, node.task))
      for (const query of found ?? []) queries.set(query.key, query)
    }
  }
  return { queries: [...queries.values()], open }
}
