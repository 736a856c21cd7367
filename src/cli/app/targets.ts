import { closeSync, openSync } from 'node:fs'
import type { Emit } from '../../core/event.ts'
import { type Failure, type Origin, Refusal, refuse } from '../../core/failure.ts'
import { expandOnMachines } from '../../graph/expand.ts'
import { type Graph, machineOf, type Node } from '../../graph/graph.ts'
import { createPool, type Pool } from '../../host/pool.ts'
import { noVariable } from '../../load/inventory.ts'
import type { Located } from '../../load/located.ts'
import type { PlayReach } from '../../load/play-reach.ts'
import { bringsTasks } from '../../load/task.ts'
import { layersFor } from '../../load/variables.ts'
import { createKnown, type Known } from '../../plan/known.ts'
import { scopeOf } from '../../plan/scope.ts'
import { beginWalk } from '../../plan/walk-state.ts'
import { numberOf } from '../../settings/fault.ts'
import { settingOf } from '../../settings/precedence.ts'
import { targetOf } from '../../settings/reach.ts'
import { createSshConfig } from '../../settings/ssh-config-files.ts'
import type { Target } from '../../settings/target.ts'
import type { Listener } from './ask-passwords.ts'
import { giveSecrets } from './asked-secrets.ts'
import { sessionOf } from './identities.ts'
import { machinesAmong, targetsOfMachines } from './one-machine.ts'
import type { Prepared } from './prepare.ts'

/** The connection variables of a host, evaluated: they may hold expressions like any other; and where they are written. */
const connectionVars = (
  known: Known,
  host: string,
): { vars: Record<string, unknown>; originOf: (name: string) => Origin | undefined } => {
  const { graph, loaded } = known
  const node = graph.nodes.find(n => n.hosts.includes(host)) ?? graph.nodes[0]!
  const scope = scopeOf(beginWalk(known), node, host)
  const { play, task } = node
  const layers = layersFor({ play, task, inventory: loaded.inventory, host, extra: loaded.extra })
  const written = (name: string): Located | undefined => layers.findLast(layer => Object.hasOwn(layer, name))?.[name]
  const names = Object.keys(scope).filter(name => name.startsWith('ansible_') && written(name)?.origin !== noVariable)
  return {
    vars: Object.fromEntries(names.map(name => [name, scope[name]])),
    originOf: name => written(name)?.origin,
  }
}

/** Which variables say the same as a keyword of plays, and win over it. */
const OVER_KEYWORD: Record<string, string[]> = {
  connection: ['ansible_connection'],
  remote_user: ['ansible_user', 'ansible_ssh_user'],
  port: ['ansible_port', 'ansible_ssh_port'],
}

/**
 * What the plays of a host's nodes say of how it is reached: below its variables, over what options say. There is one connection to a host;
 * plays that say it differently are refused, unless a variable of the host says it anyway.
 */
const reachByPlay = ({ nodes }: Pick<Graph, 'nodes'>, host: string, vars: Record<string, unknown>): PlayReach => {
  const plays = [...new Set(nodes.map(({ play }) => play))]
  const [first, ...others] = plays
  for (const [word, variables] of Object.entries(OVER_KEYWORD)) {
    if (variables.some(name => vars[name] != null)) continue
    const other = others.find(play => play.reach[word]?.value !== first?.reach[word]?.value)
    if (other === undefined) continue
    refuse('playbook-shape', `Plays reach ${host} in two ways.`, {
      why: [first!, other]
        .map(({ name, reach }) => `"${name}": ${word} ${reach[word]?.value ?? 'as options say'}`)
        .join('\n'),
      fix: 'Say the same in both, or make what is done on this machine a play of its own with `hosts: localhost`.',
      origin: (other.reach[word] ?? first!.reach[word])!.origin,
    })
  }
  return first?.reach ?? {}
}

/** What has to be known of hosts to reach them. */
export type Reachable = Pick<Prepared, 'asked' | 'configured' | 'known' | 'targets' | 'warnings'>
/** Hosts that can be reached. */
export type ReachableHosts = Reachable & { pool: Pool }
/** A prepared playbook whose hosts can be reached. */
export type WithTargets = Prepared & { pool: Pool }

/** Whether somebody can be asked, wherever the streams of this process lead. */
const hasTerminal = (): boolean => {
  try {
    closeSync(openSync('/dev/tty', 'r+'))
    return true
  } catch {
    return false
  }
}

/** Failures of many hosts, each once: what several of them share is written in one place. */
const eachOnce = (failures: Failure[]): Failure[] => [
  ...new Map(failures.map(failure => [JSON.stringify(failure), failure])).values(),
]

/** The same with names that lead to one place as one machine, wherever there are some. */
const onMachines = (known: Known, targets: Record<string, Target>): Known => {
  const { graph, loaded } = known
  const machines = machinesAmong(graph.hosts, targets)
  if (machines.size === 0) return known
  Object.assign(targets, targetsOfMachines(targets, machines))
  return createKnown({ ...known, graph: expandOnMachines(graph, loaded, machines) })
}

/** The nodes of each host, in plan order. */
const nodesByHost = ({ nodes }: Graph): Map<string, Node[]> => {
  const found = new Map<string, Node[]>()
  for (const node of nodes)
    for (const host of node.hosts) {
      const list = found.get(host)
      if (list) list.push(node)
      else found.set(host, [node])
    }
  return found
}

/** More than that is a slip of the finger. */
const MOST_FORKS = 10_000

type PoolOptions = Parameters<typeof createPool>[0]

/** The connections of a run. Where a terminal is there, whoever sits at it is asked at once about host keys that nobody knows. */
const poolOf = async (options: PoolOptions, { graph }: Known, isAtTerminal: boolean, signal: AbortSignal) => {
  if (!isAtTerminal) return createPool(options)
  const { confirmAt, introduce } = await import('./confirm.ts')
  const pool = createPool({ ...options, confirm: confirmAt(signal) })
  await introduce(pool, [...new Set(graph.hosts.map(host => machineOf(graph.source, host)))], signal)
  return pool
}

/** The hosts of a playbook, and this machine where what will be included may be delegated to it. */
const hostsToReach = ({ graph, loaded: { inventory } }: Known): string[] => {
  const { implicit } = inventory
  if (implicit === undefined || graph.hosts.includes(implicit)) return graph.hosts
  return graph.nodes.some(({ task }) => bringsTasks(task)) ? [...graph.hosts, implicit] : graph.hosts
}

/**
 * Says how each host is reached; none is yet, but for those that somebody has to be asked about. What has to be asked for is
 * asked, now that the input is known to be good.
 */
export const withTargets = async <P extends Reachable>(
  prepared: P,
  listener: Listener & { emit: Emit },
): Promise<P & { pool: Pool }> => {
  const { asked, configured, known, targets, warnings } = prepared
  const { graph } = known
  const sshConfig = createSshConfig()
  const forks = numberOf('', settingOf('forks', { vars: {}, options: asked, configured }), MOST_FORKS)
  const isAtTerminal = hasTerminal()
  const warned = new Map<string, string>()
  const nodes = nodesByHost(graph)
  const reached = await Promise.all(
    hostsToReach(known).map(async host => {
      try {
        const { vars, originOf } = connectionVars(known, host)
        const own = { nodes: nodes.get(host) ?? [] }
        return await targetOf(host, vars, {
          ...sessionOf(own, host),
          originOf,
          keywords: reachByPlay(own, host, vars),
          options: asked,
          configured,
          sshConfig,
          ...(isAtTerminal && { newKeys: 'ask' as const }),
          warn: (kind, text) => void (warned.has(kind) || warned.set(kind, text)),
        })
      } catch (error) {
        if (error instanceof Refusal) return error
        throw error
      }
    }),
  )
  const failures = reached.flatMap(one => (one instanceof Refusal ? one.failures : []))
  if (failures.length > 0) throw new Refusal(...eachOnce(failures))
  for (const target of reached as Target[]) targets[target.name] = target
  const identities = new Set(graph.nodes.flatMap(({ become }) => [...become.values()]))
  await giveSecrets({ targets: reached as Target[], identities }, asked, listener)
  const onMachine = onMachines(known, targets)
  const pooled: PoolOptions = {
    targets,
    tell: text => listener.emit({ type: 'warning', text }),
    ...(forks === undefined ? {} : { forks }),
  }
  return {
    ...prepared,
    known: onMachine,
    warnings: [...warnings, ...warned.values()],
    pool: await poolOf(pooled, onMachine, isAtTerminal, listener.signal),
  }
}

/** Tells of host keys that were taken in. Once, when all hosts have been connected to: there may be many. */
export const warnOfKeys = async ({ pool }: ReachableHosts, emit: Emit): Promise<void> => {
  if (pool.acceptedKeys.length === 0) return
  const { acceptedTexts } = await import('../../connection/host-keys.ts')
  for (const text of acceptedTexts(pool.acceptedKeys)) emit({ type: 'warning', text })
}

/** The frames sent to each host so far. */
export const roundTripsOf = (connected: ReachableHosts | undefined): Record<string, number> => {
  if (!connected) return {}
  const { graph } = connected.known
  return Object.fromEntries(graph.hosts.map(host => [host, connected.pool.roundTrips(machineOf(graph.source, host))]))
}
