import type { Event } from '../../src/core/event.ts'

/** What a tool says that a task will do, or has done. `undecided` is for a check alone. */
export type Said = 'ok' | 'changed' | 'failed' | 'skipped' | 'undecided'
/** What was said by task, under the number that its name begins with. */
export type Sayings = Map<string, Said>

/** Tasks by number: what a check got wrong, and what it left open. */
export type Judged = {
  /** Tasks that the tool has words for. */
  said: string[]
  /** What it said for certain did not come about; `failed`: those of them where the check itself failed. */
  wrong: string[]
  failed: string[]
  undecided: string[]
}

export const numberOf = (name: string): string => /^(?:[^/]*\/)?(\d\d)[ _]/.exec(name)?.[1] ?? ''

/** To be left out and to have nothing to do come to the same. */
const kind = (said: Said | undefined): Said | undefined => (said === 'skipped' ? 'ok' : said)

/**
 * A check against the apply that followed it. What a check says nothing of, the tool cannot say; what never ran because
 * of something before it has not come about.
 */
export const judge = (check: Sayings, apply: Sayings): Judged => {
  const said = [...check.keys()]
  const undecided = said.filter(task => check.get(task) === 'undecided')
  const wrong = said.filter(task => !undecided.includes(task) && kind(check.get(task)) !== kind(apply.get(task)))
  return { said, wrong, failed: wrong.filter(task => check.get(task) === 'failed'), undecided }
}

/** Sayings of runbook: a plan's verdicts, or an apply's results. */
export const ofRunbook = (events: Event[], type: 'planned' | 'result'): Sayings =>
  new Map(
    events.flatMap((event): [string, Said][] => {
      if (event.type === 'planned' && type === 'planned') {
        const { verdict } = event
        const said = { ok: 'ok', change: 'changed', fail: 'failed', standby: 'skipped' } as const
        return [[numberOf(event.node), verdict in said ? said[verdict as keyof typeof said] : (verdict as Said)]]
      }
      if (event.type !== 'result' || type !== 'result') return []
      return [
        [
          numberOf(event.node),
          ['refused', 'unverified', 'ignored', 'rescued', 'failed'].includes(event.status)
            ? 'failed'
            : (event.status as Said),
        ],
      ]
    }),
  )

/** Sayings of ansible by the callback that is beside its playbook: a line of JSON for each task. */
export const ofAnsible = (stdout: string): Sayings =>
  new Map(
    stdout
      .split('\n')
      .filter(line => line.startsWith('{'))
      .map((line): { task: string; verdict: Said } => JSON.parse(line))
      .map(({ task, verdict }) => [numberOf(task), verdict]),
  )

type Operation = { name: string }
type Pyinfra = {
  plan: (Operation & { hosts_with_change: string[]; hosts_with_conditional_change: string[] })[]
  results: { operations: (Operation & { success: string[]; error: string[]; no_change: string[] })[] } | null
}
/** A command that only reads: to pyinfra it is a change like any other, and never says that it is none. */
const onlyReads = '13'
const sayings = (all: [string, Said][]): Sayings =>
  new Map(
    all.map(([name, said]): [string, Said] => [numberOf(name), said]).filter(([n]) => n !== '' && n !== onlyReads),
  )

/** Sayings of `pyinfra --json`: of a dry run what it proposes, where it says "may" undecided; else what it did. */
export const ofPyinfra = (stdout: string): Sayings => {
  const { plan, results }: Pyinfra = JSON.parse(stdout)
  if (results === null)
    return sayings(
      plan.map(({ name, hosts_with_change: will, hosts_with_conditional_change: may }) => [
        name,
        may.length > 0 ? 'undecided' : will.length > 0 ? 'changed' : 'ok',
      ]),
    )
  return sayings(
    results.operations
      .filter(({ success, error, no_change: same }) => success.length + error.length + same.length > 0)
      .map(({ name, success, error }) => [name, error.length > 0 ? 'failed' : success.length > 0 ? 'changed' : 'ok']),
  )
}

/** What would change but is shown by nothing: tasks that a plan decides to change, without a difference. */
export const unshown = (events: Event[]): string[] =>
  events.flatMap(event =>
    event.type === 'planned' && event.verdict === 'change' && event.diff.length === 0 ? [numberOf(event.node)] : [],
  )

/** Tasks of an apply that changed something without the plan having said that every run will. */
export const unnamed = (events: Event[]): string[] => {
  const named = new Set(events.flatMap(event => (event.type === 'warning' ? [event.node] : [])))
  return events.flatMap(event =>
    event.type === 'result' && event.steps > 0 && !named.has(event.node) ? [numberOf(event.node)] : [],
  )
}

/** `11 of 20 wrong (05 06 …), 7 of them fail outright, 0 undecided, 0 cannot be said`. */
export const words = ({ said, wrong, failed, undecided }: Judged, tasks = 20): string =>
  [
    `${wrong.length} of ${said.length} wrong${wrong.length > 0 ? ` (${wrong.join(' ')})` : ''}`,
    `${failed.length} fail outright`,
    `${undecided.length} undecided`,
    `${tasks - said.length} cannot be said`,
  ].join(', ')
