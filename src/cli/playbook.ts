import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { exit } from '../core/exit.ts'
import { type Failure, Refusal, refuse } from '../core/failure.ts'
import { expand } from '../graph/expand.ts'
import type { Graph } from '../graph/graph.ts'
import { createPool, type Pool } from '../host/pool.ts'
import { type Target, targetOf } from '../host/target.ts'
import { check, checkReferences } from '../load/check.ts'
import { load } from '../load/load.ts'
import { failureOf } from '../plan/line.ts'
import { announce, byHost, type Outside, plan } from '../plan/plan.ts'
import { createSession, type Session, scopeOf } from '../plan/session.ts'
import type { Planned } from '../plan/walk.ts'
import { createRedactor } from '../report/redact.ts'
import { createReport, type Report, wantsColour } from '../report/report.ts'
import { run } from '../run/run.ts'
import { createRunner } from '../run/runner.ts'
import { type Controller, createController } from './controller.ts'
import { loadModules } from './modules.ts'

/** What `plan` and `apply` are asked for on the command line. */
export type PlaybookOptions = {
  inventory: string[]
  limit?: string
  tags: string[]
  extraVars: string[]
  diff: boolean
  verbose: boolean
  artifacts?: string
  format: 'text' | 'json'
  detailedExitcode: boolean
  color: boolean
}

/** `-i`, else RUNBOOK_INVENTORY, else the inventory that bears the playbook's name. */
const inventoriesFor = (playbook: string, given: string[]): string[] => {
  if (given.length > 0) return given
  const fromEnv = process.env.RUNBOOK_INVENTORY
  if (fromEnv) return fromEnv.split(':').filter(path => path !== '')
  const name = basename(playbook).replace(/\.[^.]*$/, '')
  const tried = ['inventory', join(dirname(playbook), '..', 'inventory')].flatMap(folder =>
    ['yml', 'ini', 'json'].map(ending => join(folder, `${name}.${ending}`)),
  )
  const found = tried.find(path => existsSync(path))
  return found
    ? [found]
    : refuse('inventory-missing', 'No inventory was given.', {
        why: `Looked for ${tried.slice(0, 3).join(', ')}.`,
        fix: 'Give one with -i PATH, or set RUNBOOK_INVENTORY.',
      })
}

type Prepared = {
  session: Session
  controller: Controller
  pool: Pool
}

/** Everything that can be done, and refused, before anything connects. */
const prepare = async (
  playbook: string,
  options: PlaybookOptions,
  keepSecret: (value: string) => void,
): Promise<Prepared> => {
  const inventories = existsSync(playbook) ? inventoriesFor(playbook, options.inventory) : options.inventory
  const result = load({ playbook, inventories, extra: options.extraVars })
  if (result.failures) throw new Refusal(...result.failures)
  const loaded = result.value
  const modules = await loadModules(loaded.playbook)
  const failures = check(loaded, modules)
  if (failures.length > 0) throw new Refusal(...failures)
  const controller = createController(loaded.playbook.folder, options.artifacts ?? process.env.RUNBOOK_ARTIFACTS)
  const inFiles = loaded.playbook.plays.flatMap(play =>
    [...play.tasks, ...play.handlers].flatMap(task =>
      checkReferences(controller.references(task), task, play, loaded, modules),
    ),
  )
  if (inFiles.length > 0) throw new Refusal(...inFiles)
  const selection = { ...(options.limit === undefined ? {} : { limit: options.limit }), tags: options.tags }
  const graph = expand(loaded, selection, name => modules[name]!.group === true, controller.references)
  const targets: Record<string, Target> = {}
  const identity = (host: string, become: boolean): string | undefined =>
    become || !targets[host]?.become || targets[host].user === 'root' ? undefined : targets[host].user
  const session = createSession({ graph, loaded, modules, render: controller.render, identity, keepSecret })
  for (const host of graph.hosts)
    targets[host] = targetOf(host, connectionVars(session, host), { become: becomes(graph, host) })
  return { session, controller, pool: createPool({ targets }) }
}

const becomes = (graph: Graph, host: string): boolean => graph.nodes.some(n => n.become.has(host))

/** The connection variables of a host, evaluated: they may hold expressions like any other. */
const connectionVars = (session: Session, host: string): Record<string, unknown> => {
  const { nodes } = session.graph
  const node = nodes.find(n => n.hosts.includes(host)) ?? nodes[0]!
  const scope = scopeOf(session, node, host, new Map(), session.loaded.inventory.groups)
  return Object.fromEntries(
    Object.keys(scope)
      .filter(name => name.startsWith('ansible_'))
      .map(name => [name, scope[name]]),
  )
}

/** `runbook plan` and `runbook apply`: one path, of which a plan goes half the way. Returns the exit code. */
export const runPlaybook = async (
  command: 'plan' | 'apply',
  playbook: string,
  options: PlaybookOptions,
): Promise<number> => {
  const redact = createRedactor()
  const tty = process.stdout.isTTY === true
  const colour = wantsColour(tty, { noColor: !options.color }, process.env)
  const report = createReport({
    format: options.format,
    command,
    diff: options.diff ? 'show' : 'hide',
    verbosity: options.verbose ? 'all' : 'changes',
    detailedExitcode: options.detailedExitcode,
    out: process.stdout,
    err: process.stderr,
    tty,
    colour,
    redact,
  })
  const interrupt = new AbortController()
  const underWay = new Set<string>()
  let prepared: Prepared | undefined
  let asked = Number.POSITIVE_INFINITY
  const stop = (): void => {
    // One Ctrl-C may come twice, from the terminal and passed on by the bin: only a later one is a second.
    if (performance.now() - asked > 300) process.exit(exit.interrupted)
    if (interrupt.signal.aborted) return
    asked = performance.now()
    interrupt.abort()
    void prepared?.pool.closeAll()
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  const end = (more: { exit?: number; failures?: Failure[] }): number =>
    report.finish({ ...more, roundTrips: tripsOf(prepared) })
  try {
    prepared = await prepare(playbook, options, value => redact.add(value))
    const ending = await go(command, prepared, report, interrupt.signal, underWay)
    return interrupt.signal.aborted ? end(interrupted(command, underWay)) : end(ending)
  } catch (error) {
    if (interrupt.signal.aborted) return end(interrupted(command, underWay))
    if (error instanceof Refusal) return end({ exit: exit.badInput, failures: error.failures })
    const { message, stack } = error as Error
    return end({
      exit: exit.bug,
      failures: [
        {
          reason: 'bug-engine',
          what: `runbook has a bug: ${message}`,
          why: stack ?? '',
          fix: 'Please report it with this text.',
        },
      ],
    })
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
    await prepared?.pool.closeAll()
  }
}

const interrupted = (command: string, underWay: Set<string>): { exit: number; failures: Failure[] } => ({
  exit: exit.interrupted,
  failures: [
    {
      reason: 'run-interrupted',
      what: `The ${command} was interrupted.`,
      ...(underWay.size > 0
        ? { why: `Under way: ${[...underWay].join(', ')}. What ran there has been told to end.` }
        : {}),
      ...(command === 'apply' ? { fix: 'Every file is whole; run it again to go on.' } : {}),
    },
  ],
})

const tripsOf = (prepared: Prepared | undefined): Record<string, number> =>
  prepared ? Object.fromEntries(prepared.session.graph.hosts.map(host => [host, prepared.pool.roundTrips(host)])) : {}

const go = async (
  command: 'plan' | 'apply',
  { session, controller, pool }: Prepared,
  report: Report,
  signal: AbortSignal,
  underWay: Set<string>,
): Promise<{ exit?: number; failures?: Failure[] }> => {
  const { loaded } = session
  const emit: Outside['emit'] = event => {
    if (signal.aborted) return
    if (event.type === 'running') underWay.add(event.node)
    if (event.type === 'result') underWay.delete(event.node)
    report.emit(event)
  }
  const outside: Outside = { connect: pool.connect, local: controller.local, emit }
  const hosts = session.graph.hosts.filter(host => session.graph.nodes.some(n => n.included.has(host)))
  emit({ type: 'started', command, playbook: loaded.playbook.file, hosts })
  for (const text of loaded.inventory.warnings ?? []) emit({ type: 'warning', text })
  const { planned, untouched, fighting } = await plan(session, outside)
  if (untouched) return { exit: exit.badInput, failures: failuresOf(planned) }
  if (signal.aborted) return {}
  for (const line of byHost(session, planned)) if (line.node.included.has(line.host)) announce(line, emit)
  for (const { line, other, subject } of fighting)
    emit({
      type: 'warning',
      node: line,
      text: `it and ${other} both set ${subject}, each undoing the other: every run will change it again.`,
    })
  if (command === 'apply') await run(createRunner({ session, ...outside, signal }), planned)
  return {}
}

/** What several hosts would meet alike is told once. */
const failuresOf = (planned: Planned[]): Failure[] => {
  const failures = planned.flatMap(p => p.lines.filter(l => l.verdict === 'fail').map(failureOf))
  return [...new Map(failures.map(failure => [JSON.stringify(failure), failure])).values()]
}
