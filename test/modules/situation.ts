import { posix } from 'node:path'
import { isUnknown } from '../../src/core/unknown.ts'
import { isRecord } from '../../src/core/value.ts'
import { expand } from '../../src/graph/expand.ts'
import type { Graph } from '../../src/graph/graph.ts'
import type { Expression } from '../../src/load/expression.ts'
import type { Loaded } from '../../src/load/load.ts'
import type { AnyModule } from '../../src/module/define.ts'
import type { AnyQuery, Reads } from '../../src/module/query.ts'
import { createKnown, type Known } from '../../src/plan/known.ts'
import type { Line } from '../../src/plan/line.ts'
import { walk } from '../../src/plan/walk.ts'
import { ask, controllerSide, type MissingReads, type Walk } from '../../src/plan/walk-state.ts'
import { createRedactor } from '../../src/report/redact.ts'
import { recordAnswer } from '../../src/world/answers.ts'
import { inventoryOf, loadText } from '../plan/rig.ts'

/** One task on some hosts: its arguments as values, and what each read answers. */
export type Situation = {
  module: AnyModule
  args: Record<string, unknown>
  hosts: string[]
  /** Hosts that did not answer, and those where no step may run. */
  silent: string[]
  bystanders: string[]
  /** What a host answers to a query, by the name that the module reads it by; `index` in a list of reads. */
  answer(host: string, name: string, query: AnyQuery, index?: number): unknown
}

/** A query that is answered by a case. A template is no question to the host, so it is asked like a controller's file. */
const told = (query: AnyQuery, parse: () => unknown): AnyQuery =>
  query.probe.kind === 'template'
    ? { ...query, parse, probe: { ...query.probe, kind: 'told', side: 'controller' } }
    : { ...query, parse }

const toldModule = ({ module, answer }: Situation): AnyModule => {
  const tell = (reads: Reads, host: string): Reads =>
    Object.fromEntries(
      Object.entries(reads).map(([name, query]) => [
        name,
        Array.isArray(query)
          ? query.map((one, i) => told(one, () => answer(host, name, one, i)))
          : query && told(query, () => answer(host, name, query)),
      ]),
    )
  const { reads, more } = module as { reads(...all: unknown[]): Reads; more?(...all: unknown[]): Reads }
  return {
    ...module,
    reads: (args: unknown, host = 'node0') => tell(reads(args, host), host),
    ...(more && { more: (args: unknown, seen: unknown, host = 'node0') => tell(more(args, seen, host), host) }),
  } as AnyModule
}

const texts = new Map<string, Loaded>()
const loadedFor = (name: string, hosts: string[]): Loaded => {
  const key = `${name} ${hosts}`
  const loaded = texts.get(key) ?? loadText(`- hosts: all\n  tasks: [{ ${name}: {} }]\n`, inventoryOf(hosts))
  texts.set(key, loaded)
  return loaded
}

const constant = (value: unknown): Expression => ({ evaluate: () => value, references: [] }) as unknown as Expression

const knownOf = (situation: Situation): Known => {
  const { module, args, hosts, silent, bystanders } = situation
  const loaded = loadedFor(module.name, hosts)
  const graph: Graph = expand(
    loaded,
    { tags: [] },
    () => module.collective === true,
    () => [],
  )
  for (const node of graph.nodes) {
    node.compiled.args = Object.fromEntries(Object.entries(args).map(([name, value]) => [name, constant(value)]))
    for (const host of bystanders) node.included.delete(host)
  }
  const known = createKnown({
    graph,
    loaded,
    modules: { [module.name]: toldModule(situation) },
    render: () => undefined,
    identity: () => undefined,
    secrets: createRedactor(),
  })
  for (const host of silent) known.lost.add(host)
  return known
}

/** What a probe would have read: of a file where it really is, of anything else nothing, for the case is asked for it. */
const rawOf = ({ probe, item, parse }: AnyQuery): unknown => {
  if (probe.kind === 'program') return { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0), status: 0 }
  if (probe.kind !== 'file') return undefined
  const answer = parse(undefined)
  const folder = posix.dirname(item)
  return { answer: isRecord(answer) && !isUnknown(answer) ? answer : { exists: true }, folder, real: folder }
}

const readMissing = (known: Known, missing: MissingReads): void => {
  for (const [side, queries] of missing)
    for (const query of queries) {
      const answers = side === controllerSide ? known.controller : known.answers.get(side)!
      recordAnswer(answers, query, rawOf(query), ['digest', 'bytes', ...query.facets])
    }
}

/** Plans the task as a run does: pass after pass, reading what the last one lacked. */
export const planned = (situation: Situation): { walk: Walk; lines: Line[] } => {
  const known = knownOf(situation)
  for (let turn = 0; turn < 6; turn++) {
    const pass = walk(known)
    if (pass.missing.size === 0) return { walk: pass, lines: pass.planned.flatMap(({ lines }) => lines) }
    readMissing(known, pass.missing)
  }
  throw new Error('it reads in vain')
}

/** The same situation once what the lines promise holds; all else is as it was. */
export const afterSteps = (situation: Situation, pass: Walk, lines: Line[]): Situation => {
  const promised = new Map(
    lines.flatMap(({ host, will }) =>
      will.map(([query]) => [[host, query.key].join(' '), ask(pass, host)(query)] as const),
    ),
  )
  // What follows from what is promised: a process is another one behind a restart.
  for (const { host, reads } of lines)
    for (const query of Object.values(reads).flatMap(q => q ?? [])) {
      const answer = query.key.startsWith('surroundings:') ? ask(pass, host)(query) : undefined
      if (answer !== undefined && !isUnknown(answer)) promised.set([host, query.key].join(' '), answer)
    }
  // What was brought to the controller is there, though no promise about the host says so.
  const brought = lines.flatMap(line => line.steps).find(step => step.do === 'download')
  return {
    ...situation,
    answer: (host, name, query, index) => {
      const key = [host, query.key].join(' ')
      const found = promised.has(key) ? promised.get(key) : situation.answer(host, name, query, index)
      return brought && query.probe.kind === 'local-file' && isRecord(found)
        ? { ...found, exists: true, size: brought.size, sha256: brought.digest }
        : found
    },
  }
}
