import type { EventBody } from '../core/event.ts'
import { exit } from '../core/exit.ts'
import { type Failure, Refusal } from '../core/failure.ts'
import type { Graph } from '../graph/graph.ts'
import { createPool, type Pool } from '../host/pool.ts'
import { targetOf } from '../host/target.ts'
import { didYouMean } from '../load/suggest.ts'
import { misspelt } from '../load/variables.ts'
import { explain, namesOf } from '../plan/explain.ts'
import { failureOf } from '../plan/line.ts'
import { announce, byHost, type Outside, plan } from '../plan/plan.ts'
import { type Session, scopeOf } from '../plan/session.ts'
import type { Planned } from '../plan/walk.ts'
import { createRedactor } from '../report/redact.ts'
import { createReport, type Report, wantsColour } from '../report/report.ts'
import type { Journal } from '../run/journal.ts'
import { owedHandlers } from '../run/owed.ts'
import { run } from '../run/run.ts'
import { createRunner } from '../run/runner.ts'
import { saveLock } from './lock.ts'
import { type Asked, type Prepared, prepare } from './prepare.ts'
import { askedFor, type Resumed, remember } from './remember.ts'

/** What `plan` and `apply` are asked for on the command line. */
export type PlaybookOptions = Asked & {
  diff: boolean
  verbose: boolean
  format: 'text' | 'json'
  detailedExitcode: boolean
  color: boolean
}

type Started = EventBody & { type: 'started' }

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

type Connected = Prepared & { pool: Pool }

const connect = (prepared: Prepared): Connected => {
  const { session, targets } = prepared
  const { graph } = session
  for (const host of graph.hosts)
    targets[host] = targetOf(host, connectionVars(session, host), { become: becomes(graph, host) })
  return { ...prepared, pool: createPool({ targets }) }
}

/** What is done with a plan: shown, run (going on with an earlier run or not), or a part of it explained. */
export type Doing = { command: 'plan' } | { command: 'apply'; resumes?: Resumed } | { command: 'explain'; node: string }

/** `runbook plan`, `apply` and `explain`: one path, gone to different ends. Returns the exit code. */
export const runPlaybook = async (doing: Doing, playbook: string, options: PlaybookOptions): Promise<number> => {
  const redact = createRedactor()
  let journal: Journal | undefined
  const tty = process.stdout.isTTY === true
  const colour = wantsColour(tty, { noColor: !options.color }, process.env)
  const report = createReport({
    format: options.format,
    command: doing.command,
    diff: options.diff ? 'show' : 'hide',
    verbosity: options.verbose ? 'all' : 'changes',
    detailedExitcode: options.detailedExitcode,
    out: process.stdout,
    err: process.stderr,
    tty,
    colour,
    redact,
    journal: line => journal?.write(line),
  })
  const interrupt = new AbortController()
  const underWay = new Set<string>()
  let prepared: Connected | undefined
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
    prepared = connect(
      await prepare(playbook, options, {
        keepSecret: value => redact.add(value),
        emit: report.emit,
        signal: interrupt.signal,
      }),
    )
    // What is refused before anything begins is no run.
    if (doing.command === 'apply') journal = remember()
    const ending = await go(doing, prepared, report, interrupt.signal, underWay, {
      ...(journal ? { run: journal.id } : {}),
      asked: askedFor(playbook, prepared.asked),
    })
    return interrupt.signal.aborted ? end(interrupted(doing.command, underWay)) : end(ending)
  } catch (error) {
    if (interrupt.signal.aborted) return end(interrupted(doing.command, underWay))
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
    journal?.close()
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

const tripsOf = (prepared: Connected | undefined): Record<string, number> =>
  prepared ? Object.fromEntries(prepared.session.graph.hosts.map(host => [host, prepared.pool.roundTrips(host)])) : {}

const go = async (
  doing: Doing,
  { session, controller, lock, pool }: Connected,
  report: Report,
  signal: AbortSignal,
  underWay: Set<string>,
  about: Pick<Started, 'run' | 'asked'>,
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
  const resumes = doing.command === 'apply' ? doing.resumes : undefined
  emit({
    type: 'started',
    command: doing.command === 'apply' ? 'apply' : 'plan',
    playbook: loaded.playbook.file,
    hosts,
    ...(doing.command === 'apply' ? about : {}),
    ...(resumes ? { resumes: resumes.id } : {}),
  })
  if (resumes) session.owed = owedHandlers(session.graph, resumes.events)
  const slips = misspelt(loaded.extra, loaded.playbook, loaded.inventory)
  for (const text of [...(loaded.inventory.warnings ?? []), ...slips]) emit({ type: 'warning', text })
  const { planned, untouched, fighting } = await plan(session, outside)
  if (untouched) return { exit: exit.badInput, failures: failuresOf(planned) }
  if (signal.aborted) return {}
  if (doing.command === 'explain') return tell(session, planned, doing.node, emit)
  for (const line of byHost(session, planned)) if (line.node.included.has(line.host)) announce(line, emit)
  for (const { line, other, subject } of fighting)
    emit({
      type: 'warning',
      node: line,
      text: `it and ${other} both set ${subject}, each undoing the other: every run will change it again.`,
    })
  if (doing.command === 'apply') {
    try {
      await run(createRunner({ session, ...outside, signal }), planned)
    } finally {
      await saveLock(lock, emit)
    }
  }
  return {}
}

/** Explains the lines that a name stands for. */
const tell = (session: Session, planned: Planned[], name: string, emit: Outside['emit']): { failures?: Failure[] } => {
  const lines = byHost(session, planned)
  const meant = new Set(lines.filter(line => namesOf(line).includes(name)).map(line => line.id))
  if (meant.size === 0)
    return {
      failures: [
        {
          reason: 'usage-option',
          what: `The playbook has no "${name}".`,
          why: 'A node is named by its id, HOST/task, or by its task alone.',
          fix: didYouMean(name, lines.flatMap(namesOf)),
        },
      ],
    }
  for (const one of explain(session, line => meant.has(line.id))) emit({ type: 'explained', ...one })
  return {}
}

/** What several hosts would meet alike is told once. */
const failuresOf = (planned: Planned[]): Failure[] => {
  const failures = planned.flatMap(p => p.lines.filter(l => l.verdict === 'fail').map(failureOf))
  return [...new Map(failures.map(failure => [JSON.stringify(failure), failure])).values()]
}
