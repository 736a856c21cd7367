import type { Failure } from '../core/failure.ts'
import type { SecretKeeper } from '../core/secret-keeper.ts'
import type { Become } from '../core/transport.ts'
import { type Graph, machineOf } from '../graph/graph.ts'
import { createSecretReader, type SecretReader } from '../graph/secrets.ts'
import type { Loaded } from '../load/load.ts'
import type { Task } from '../load/playbook.ts'
import { secretSources } from '../load/secrets.ts'
import type { Included } from '../load/surroundings.ts'
import type { AnyModule } from '../module/define.ts'
import { type Answers, createAnswers } from '../world/answers.ts'
import type { Line } from './line.ts'

/**
 * Another identity than a machine's session has: of a user for whom root's session runs what he does, while reads are
 * root's; or, where nobody is root there, one with a shell of its own, in which all is asked and done.
 */
export type OtherIdentity = { user: string; shell?: Become }

/**
 * Everything that is known during one run, and all that planning reads: what was asked for, what machines have answered,
 * what has been dealt with. Only reading and running add to it; planning never does.
 */
export type Known = {
  graph: Graph
  loaded: Loaded
  modules: Record<string, AnyModule>
  /** What was read, by machine. */
  answers: Map<string, Answers>
  /** Answers of the controller, which never change during a run. */
  controller: Answers
  /** Machines that could not be reached or were lost. */
  lost: Set<string>
  /** Lines that have been dealt with in this run, as they ended. */
  finished: Map<string, Line>
  /** What was read for includes, or why it could not be, and on which hosts it has joined the graph: `host key`. */
  included: Map<string, Included | Failure[]>
  joined: Set<string>
  /** Handlers that earlier runs have left due, as `host/task`, with the run that did. */
  pendingHandlers: ReadonlyMap<string, string>
  /** Renders a template file in a scope: what `template` queries are answered with. */
  render(path: string, scope: Record<string, unknown>): unknown
  /** The file that an argument of a task names. Throws a Refusal where there is none. */
  place(task: Task, argument: string, path: string): string
  /** Who a task is on a machine, by whom it becomes, where that is another than its session. */
  identity(machine: string, become: Become | undefined): OtherIdentity | undefined
  /** What must never be shown, as far as it is known. */
  secrets: SecretKeeper
  /** Which secrets each task reads, and the files of the controller that are secret. */
  secretReads: SecretReader
  secretFiles: ReadonlySet<string>
}

type Given = Pick<Known, 'graph' | 'loaded' | 'modules' | 'render' | 'identity' | 'secrets'> &
  Partial<Pick<Known, 'place'>>

/** What is known before anything is read. */
export const createKnown = (given: Given, pendingHandlers: ReadonlyMap<string, string> = new Map()): Known => {
  const { paths, files } = secretSources(given.loaded)
  return {
    place: (_task, _argument, path) => path,
    ...given,
    answers: new Map(given.graph.hosts.map(host => [machineOf(given.graph.source, host), createAnswers()])),
    controller: createAnswers(),
    lost: new Set(),
    finished: new Map(),
    included: new Map(),
    joined: new Set(),
    pendingHandlers,
    secretReads: createSecretReader(given.loaded, paths, given.graph.source.files),
    secretFiles: files,
  }
}

export const isLost = ({ lost, graph }: Known, host: string): boolean => lost.has(machineOf(graph.source, host))

/** The hosts of the inventory whose machine is lost. */
export const lostHosts = (known: Known): string[] =>
  known.lost.size === 0 ? [] : known.loaded.inventory.hosts.filter(host => isLost(known, host))
