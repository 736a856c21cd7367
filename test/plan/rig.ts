import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createController } from '../../src/cli/app/controller.ts'
import { createReadInclude } from '../../src/cli/app/read-include.ts'
import { noAnswers, templateAnswers } from '../../src/cli/app/template-answers.ts'
import type { Emit, Event, EventBody } from '../../src/core/event.ts'
import { Refusal } from '../../src/core/failure.ts'
import type { SecretKeeper } from '../../src/core/secret-keeper.ts'
import { expand, expandOnMachines } from '../../src/graph/expand.ts'
import { type Graph, machineOf, nodeId } from '../../src/graph/graph.ts'
import { notifiedHandlers } from '../../src/graph/handlers.ts'
import { check } from '../../src/load/check.ts'
import { createComposing } from '../../src/load/composing.ts'
import { type Loaded, load } from '../../src/load/load.ts'
import type { Asks } from '../../src/load/scope.ts'
import { applySchemas } from '../../src/load/task-schemas.ts'
import type { AnyModule } from '../../src/module/define.ts'
import { createKnown, type Known } from '../../src/plan/known.ts'
import type { Line } from '../../src/plan/line.ts'
import { announce, byHost, plan, warningOnce } from '../../src/plan/plan.ts'
import type { Walk } from '../../src/plan/walk-state.ts'
import { type ExpectedPlan, matchSavedPlan, replanMatched } from '../../src/planfile/match-saved-plan.ts'
import { createRedactor } from '../../src/report/redact.ts'
import { createSummary, type Outcome } from '../../src/report/summary.ts'
import { createLeases } from '../../src/run/lease.ts'
import { run } from '../../src/run/run.ts'
import { loadModule } from '../modules/modules.ts'
import { createHosts, type Hosts, temporary } from '../run/local.ts'
import { supplyFor } from './supply.ts'

export type Options = {
  /** Names of hosts (each gets `root`, a folder of its own), or the text of an inventory. */
  hosts?: string[] | string
  /** Modules of the test itself, over those of the project. */
  modules?: Record<string, AnyModule>
  /** Files beside the playbook: path -> text. */
  files?: Record<string, string | Buffer>
  limit?: string
  tags?: string[]
  /** By host the one whose name its machine has; its `root` is the folder of that one. */
  machines?: Record<string, string>
  /** Handlers that an earlier run has left due. */
  pendingHandlers?: string[]
  /** What fingerprints of what was asked are made with. */
  key?: Buffer
  /** Seconds to wait for hosts that another run has. */
  patience?: number
  /** Where events go, also those of an apply that is refused. */
  told?: EventBody[]
  /** Interrupts an apply. */
  signal?: AbortSignal
  /** Who a task is, where that is not who reads. */
  identity?: Known['identity']
  /** Told of each value that must never be shown. */
  secrets?: SecretKeeper
}

export const loadText = (playbook: string, inventory: string, files: Record<string, string | Buffer> = {}): Loaded => {
  const folder = temporary()
  for (const [path, text] of Object.entries({ 'playbook.yml': playbook, 'inventory.yml': inventory, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const loaded = load({
    composing: createComposing({ extra: {}, roles: [], collections: [] }),
    playbook: join(folder, 'playbook.yml'),
    inventories: [join(folder, 'inventory.yml')],
    extra: [],
  })
  if (loaded.failures) throw new Refusal(...loaded.failures)
  return loaded.value
}

const modulesFor = async (loaded: Loaded, own: Record<string, AnyModule>): Promise<Record<string, AnyModule>> => {
  const names = new Set(loaded.playbook.plays.flatMap(p => [...p.tasks, ...p.handlers]).map(t => t.module))
  const found: Record<string, AnyModule> = {}
  for (const name of names) found[name] = own[name] ?? (await loadModule(name))
  return found
}

export const inventoryOf = (hosts: string[], rootOf: (host: string) => string = host => `/${host}`): string =>
  JSON.stringify({ all: { hosts: Object.fromEntries(hosts.map(host => [host, { root: rootOf(host) }])) } })

/** What a plan or an apply came to. */
export type Ran = {
  walk: Walk
  lines: Line[]
  events: EventBody[]
  outcome: Outcome
  known: Known
  graph: Graph
  /** Something can only fail: no host was contacted. */
  untouched: boolean
  /** Frames per host. */
  trips: Record<string, number>
}

/** Runs a playbook against local hosts as the command line does, with nothing known each time. */
export type Rig = {
  hosts: Hosts
  plan(): Promise<Ran>
  /** Applies it; as far as it is what a saved plan shows, where one is given. */
  apply(expected?: ExpectedPlan): Promise<Ran>
  /** What is known with nothing read yet. */
  known(): Promise<Known>
  close(): Promise<void>
}

const unlessInterrupted = (signal: AbortSignal, ran: Promise<void>): Promise<void> =>
  ran.catch(error => {
    if (!signal.aborted) throw error
  })

const announceAll = (walk: Walk, graph: Graph, emit: Emit): void => {
  const notified = notifiedHandlers(graph)
  const tell = warningOnce(emit)
  for (const line of byHost(walk))
    if (line.node.included.has(line.host)) announce(graph, line, tell, notified.get(nodeId(line.host, line.node.task)))
}

/** Who answers templates: this machine. */
const asksIn = (folder: string): Asks => {
  const answers = noAnswers()
  return (host, item, folders) =>
    templateAnswers({
      ...{ answers, asker: JSON.stringify([host, item?.value]), folders: [...folders, folder] },
      ...{ programs: 'allowed', keepSecret: () => undefined },
    })
}

type Prepared = { known: Known; controller: ReturnType<typeof createController>; graph: Graph }

/** Loads and expands a playbook, anew each time. */
const preparing = (playbook: string, options: Options, hosts: Hosts) => {
  const names = options.hosts ?? ['node0']
  const machines = new Map(Object.entries(options.machines ?? {}))
  const rootOf = (host: string): string => hosts.root(machineOf({ machines }, host))
  const inventory = typeof names === 'string' ? names : inventoryOf(names, rootOf)
  return async (): Promise<Prepared> => {
    const written = loadText(playbook, inventory, options.files)
    const modules = await modulesFor(written, options.modules ?? {})
    const { folder } = written.playbook
    const loaded = { ...applySchemas(written, modules), asks: asksIn(folder) }
    const failures = check(loaded, modules)
    if (failures.length > 0) throw new Refusal(...failures)
    const controller = createController(loaded.playbook.folder, supplyFor(loaded.playbook.folder))
    await controller.ready(loaded.playbook.plays.flatMap(play => [...play.tasks, ...play.handlers]))
    const selection = { ...(options.limit === undefined ? {} : { limit: options.limit }), tags: options.tags ?? [] }
    const oneEach = expand(loaded, selection, name => modules[name]!.collective === true, controller.references)
    const graph = machines.size === 0 ? oneEach : expandOnMachines(oneEach, loaded, machines)
    const known = createKnown(
      {
        graph,
        loaded,
        modules,
        render: controller.render,
        place: controller.place,
        identity: options.identity ?? (() => undefined),
        secrets: options.secrets ?? createRedactor(),
      },
      new Map((options.pendingHandlers ?? []).map(node => [node, 'a-run'])),
    )
    return { known, controller, graph }
  }
}

export const rig = (playbook: string, options: Options = {}, hosts = createHosts()): Rig => {
  const prepare = preparing(playbook, options, hosts)
  const go = async (command: 'plan' | 'apply', expected?: ExpectedPlan): Promise<Ran> => {
    const { known, controller, graph } = await prepare()
    const events = options.told ?? []
    const summary = createSummary()
    const emit = (event: EventBody): void => {
      events.push(event)
      summary.add({ ...event, seq: events.length, time: 0 } as Event)
    }
    const before = Object.fromEntries(graph.hosts.map(h => [h, hosts.trips(h)]))
    const outside = {
      connect: hosts.connect,
      local: controller.local,
      emit,
      readInclude: createReadInclude(createComposing({ extra: {}, roles: [], collections: [] }), known, controller),
      ...(options.key ? { key: options.key } : {}),
    }
    emit({ type: 'started', command, playbook: 'playbook.yml', hosts: graph.hosts })
    const { walk: first, untouched, conflicts } = await plan(known, outside)
    const walk = expected ? await matchSavedPlan(first, outside, expected) : first
    if (!untouched) announceAll(walk, known.graph, emit)
    const signal = options.signal ?? new AbortController().signal
    for (const { line, why } of conflicts) emit({ type: 'warning', node: line, text: why })
    const again = () => replanMatched(known, outside, expected)
    const request = { run: 'a-run', who: 'ada@laptop' }
    const leases = createLeases(known, outside, request, options.patience ?? 0, signal)
    if (command === 'apply' && !untouched)
      await unlessInterrupted(signal, run({ known, leases, again, ...outside, signal }, walk))
    return {
      walk,
      untouched,
      lines: walk.planned.flatMap(p => p.lines),
      events,
      outcome: summary.result({ command, detailedExitcode: true }),
      known,
      graph: known.graph,
      trips: Object.fromEntries(graph.hosts.map(h => [h, hosts.trips(h) - before[h]!])),
    }
  }
  return {
    hosts,
    plan: () => go('plan'),
    apply: expected => go('apply', expected),
    known: async () => (await prepare()).known,
    close: hosts.close,
  }
}

/** Runs a test body with a rig that is closed whatever happens. */
export const withRig = async (playbook: string, options: Options, use: (rig: Rig) => Promise<void>): Promise<void> => {
  const made = rig(playbook, options)
  try {
    await use(made)
  } finally {
    await made.close()
  }
}

/** The verdicts by node, with the reason where it is not a plain one. */
export const verdicts = ({ lines }: Pick<Ran, 'lines'>): Record<string, string> =>
  Object.fromEntries(
    lines.map(l => [
      l.id,
      ['ok', 'change'].includes(l.verdict) ? l.verdict : `${l.verdict}${l.why ? `: ${l.why}` : ''}`,
    ]),
  )

/** What became of each node. */
export const results = ({ events }: Pick<Ran, 'events'>): Record<string, string> =>
  Object.fromEntries(
    events.flatMap(e => (e.type === 'result' ? [[e.node, e.needs ? `${e.status} (needs ${e.needs})` : e.status]] : [])),
  )

export const failuresOf = (ran: Pick<Ran, 'events'>): Record<string, string> =>
  Object.fromEntries(
    ran.events.flatMap(e => (e.type === 'result' && e.failure ? [[e.node, `${e.failure.reason}`]] : [])),
  )

/** What a task has said: in an apply when its turn came, else in the plan. */
export const said = (
  { lines, events }: Pick<Ran, 'lines' | 'events'>,
  task: string,
  host = 'node0',
): string | undefined =>
  events.flatMap(event => (event.type === 'message' && event.node === `${host}/${task}` ? [event.text] : []))[0] ??
  lines.find(line => line.id === `${host}/${task}`)?.text

/** A play of these tasks, and handlers, on one host; `at` is where a file of its folder is. */
export const withTasks = (
  tasks: string[],
  use: (rig: Rig, at: (name: string) => string) => Promise<void>,
  handlers: string[] = [],
) =>
  withRig(
    `- hosts: all\n  tasks:\n${tasks.map(task => `    - ${task}\n`).join('')}` +
      (handlers.length > 0 ? `  handlers:\n${handlers.map(task => `    - ${task}\n`).join('')}` : ''),
    {},
    async rig => use(rig, name => join(rig.hosts.root('node0'), name)),
  )
