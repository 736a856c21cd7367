import { readdirSync, readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { isUnknown, unknownsIn } from '../../src/core/unknown.ts'
import { isRecord } from '../../src/core/value.ts'
import { withDefaults } from '../../src/load/schema.ts'
import { parseYaml } from '../../src/load/yaml.ts'
import type { AnyModule } from '../../src/module/define.ts'
import { isBelow, type Label, overlaps } from '../../src/module/label.ts'
import { touchedBy } from '../../src/module/query.ts'
import { describe, replacedBy, type Step } from '../../src/module/step.ts'
import { footprint } from '../../src/plan/decide.ts'
import type { Line } from '../../src/plan/line.ts'
import { travels } from '../../src/run/bundle.ts'
import { promiseTest } from '../../src/run/promise-test.ts'
import { answerOf, argsOf, plain } from './answers.ts'
import { casesFolder } from './modules.ts'
import { afterSteps, planned, type Situation } from './situation.ts'

type Found = Record<string, unknown>
type ByHost = string | Record<string, string>

/** What a case file says: a situation, and what the module makes of it. See README.md beside this file. */
export type Case = {
  about: string
  args?: Found
  /** What is there, on the one host of a task that is no collective. */
  seen?: Found
  /** Of a collective: what is there by host, and where no step may run. */
  hosts?: Record<string, Found | 'silent'>
  bystanders?: string[]
  verdict: ByHost
  why?: ByHost
  fix?: string
  steps?: string[]
  phases?: Record<string, string[][]>
  will?: Found
  outputs?: Found
  touches?: string[]
  reach?: Found | null
  warning?: string
  details?: string
  always?: boolean
}

export const casesOf = ({ name }: AnyModule): Case[] => {
  const folder = casesFolder(name)
  const files = readdirSync(folder).filter(file => file.endsWith('.yml'))
  return files.sort().flatMap(file => {
    const cases = parseYaml(readFileSync(new URL(file, folder), 'utf8'), `${name}/${file}`).value as Case[]
    return cases.map(one => ({ ...one, about: `${file.replace('.yml', '')}: ${one.about}` }))
  })
}

const situationOf = (module: AnyModule, one: Case, args: Found): Situation => {
  const told: Record<string, Found | 'silent'> = one.hosts ?? { node0: one.seen ?? {} }
  const hosts = Object.keys(told)
  return {
    module,
    args,
    hosts,
    silent: hosts.filter(host => told[host] === 'silent'),
    bystanders: one.bystanders ?? [],
    answer: (host, name, query, index) => {
      const said = (told[host] as Found)[name]
      return answerOf(name, query, index !== undefined && Array.isArray(said) ? said[index] : said)
    },
  }
}

const covers = (outer: Label, inner: Label): boolean => {
  const [kind, path] = [outer.slice(0, outer.indexOf(':')), outer.slice(outer.indexOf(':') + 1)]
  const below = inner.slice(inner.indexOf(':') + 1).split('#')[0]!
  const isPath = /^(path|children|tree|member|attributes|owners):/.test(inner)
  if (outer === 'any' || outer === inner) return true
  if (path === '*') return inner.startsWith(`${kind}:`)
  if (kind === 'tree') return isPath && isBelow(below, path)
  if (kind === 'live') return overlaps(outer, inner) && inner.startsWith(outer)
  if (kind === 'owners')
    return (
      (inner.startsWith('owners:') &&
        overlaps(outer, inner) &&
        inner.includes(path.slice(path.indexOf('#')).replace('*', ''))) ||
      (inner.startsWith('attributes:') && path.endsWith('#*') && overlaps(outer, inner))
    )
  return kind === 'path' && /^(member|attributes):/.test(inner) && below === path
}

/**
 * What a change touches that an undecided line of the module would not have hidden: the second look makes it known
 * late.
 */
const beyond = (module: AnyModule, args: Found, { host, will, labels }: Line): Label[] => {
  const bound = footprint(module, args, host)
  const touched = will.flatMap(([query, patch]) => touchedBy(query, isRecord(patch) ? patch : {}))
  return [...touched, ...labels].filter(label => !bound.some(outer => covers(outer, label)))
}

/** Names beside the final ones, or in a folder that is, are a line's own: nobody else writes there. */
const isOwnName = (path: string): boolean => /\/\.[^/]*(\.new|\.adopting|\.?runbook-[^/]*)(\/|$)/.test(path)

/** Paths at which steps put something else without a look at what is there by then. */
const unguarded = ({ over, steps }: Line): string[] =>
  steps.flatMap(replacedBy).filter(path => !isOwnName(path) && !over.some(guard => guard.path === path))

const includes = (found: unknown, wanted: unknown, at: string): void => {
  if (isRecord(wanted))
    for (const key of Object.keys(wanted)) includes((found as Found | null)?.[key], wanted[key], `${at}.${key}`)
  else if (Array.isArray(wanted) && Array.isArray(found)) {
    assert.is(found.length, wanted.length, `length of ${at}`)
    for (const [i, one] of wanted.entries()) includes(found[i], one, `${at}[${i}]`)
  } else assert.equal(found ?? null, wanted ?? null, at)
}

/** The promises of a line under the names of its reads. */
const willOf = ({ reads, will }: Line): Found =>
  Object.fromEntries(
    Object.entries(reads).map(([name, query]) => {
      const patchOf = (one: unknown): unknown => will.find(([promised]) => promised === one)?.[1]
      return [name, Array.isArray(query) ? query.map(patchOf) : patchOf(query)]
    }),
  )

/**
 * The verdict of the module: where no step may run, its change is left out; what only hands out what it holds changes
 * nothing.
 */
const verdictOf = ({ verdict, text, phases, why }: Line): string => {
  if (text !== undefined) return 'say'
  const isLeftOut = verdict === 'skipped' && why === 'left out by --limit or --tags'
  return isLeftOut || (verdict === 'ok' && phases.flat().length > 0) ? 'change' : verdict
}
const of = (said: ByHost | undefined, host: string): string | undefined =>
  typeof said === 'string' ? said : said?.[host]
const begins = (steps: Step[], wanted: string[]): string[] =>
  steps.map((step, i) => describe(step).slice(0, wanted[i]?.length))

/** Steps run behind a line in its frame only where a test of what it promises has passed. */
const needTested = (line: Line): void => {
  const isOpen = line.always || line.details !== undefined || unknownsIn(line.will).some(isUnknown)
  if (travels(line) && !isOpen)
    assert.is.not(promiseTest(line), '', 'nothing of what it promises is tested, and it does not end its frame')
}

/** What a case says of one line. */
const checkLine = (module: AnyModule, one: Case, args: Found, line: Line): void => {
  const { host } = line
  const why = line.text ?? line.why ?? ''
  assert.is(verdictOf(line), of(one.verdict, host), `the verdict on ${host}; it says: ${why}`)
  assert.ok(why.includes(of(one.why, host) ?? ''), `${host}: "${why}" does not say "${of(one.why, host)}"`)
  assert.ok((line.fix ?? '').includes(one.fix ?? ''), `${host}: "${line.fix}" does not say "${one.fix}"`)
  // Whatever a fix speaks of, there may be one of it alone.
  assert.not.match(line.fix ?? '', /\bmove .* away|\bremove (it|these)\b|\bdelete\b/)
  if (one.outputs) includes(plain(line.outputs), one.outputs, 'outputs')
  const warned = (line.warnings ?? []).join('\n')
  if (one.warning === '') assert.is(warned, '')
  else if (one.warning !== undefined) assert.match(warned, one.warning)
  if (one.reach !== undefined) assert.equal(line.reach ?? null, one.reach, 'reach')
  if (one.touches) assert.equal(line.labels, one.touches, 'touches')
  assert.is(line.always, one.always ?? false, 'always')
  assert.is(line.details?.node, one.details, 'details')
  const will = one.hosts ? (one.will?.[host] as Found | undefined) : one.will
  if (will) includes(plain(willOf(line)), will, `will of ${host}`)
  if (one.steps) assert.equal(begins(line.steps, one.steps), one.steps, 'steps')
  const phases = one.phases?.[host]
  if (phases)
    assert.equal(
      line.phases.map((phase, i) => begins(phase, phases[i] ?? [])),
      phases,
      `phases of ${host}`,
    )
  if (line.verdict !== 'change' || module.collective) return
  assert.ok(line.steps.length > 0 || module.settle, 'a change without steps waits for something')
  assert.equal(beyond(module, args, line), [], 'it touches more than it says while it is undecided')
  needTested(line)
}

const shown = (lines: Line[]): unknown =>
  plain(
    lines.map(({ node: _, reads, inputs, settle, will, ...line }) => ({
      ...line,
      will: will.map(([{ key }, patch]) => [key, patch]),
    })),
  )

/** Runs one case: what it says, and the laws that hold for every module. */
export const check = (module: AnyModule, one: Case): void => {
  const args = argsOf(one.args ?? {})
  const situation = situationOf(module, one, args)
  const before = plain([args, one])
  const { walk, lines } = planned(situation)
  assert.equal(shown(planned(situation).lines), shown(lines), 'planning twice gives the same')
  assert.equal(plain([args, one]), before, 'a module leaves what it is given as it is')
  const told = lines.filter(({ host }) => !situation.silent.includes(host))
  for (const line of told) checkLine(module, one, withDefaults(module.args, args) as Found, line)
  for (const line of told) assert.equal(unguarded(line), [], 'what its steps replace is guarded')

  const changes = told.filter(({ verdict }) => verdict === 'change')
  const isOpen = ({ always, details, will }: Line): boolean =>
    always || details !== undefined || unknownsIn(will.map(([, patch]) => patch)).some(isUnknown)
  if (changes.length === 0 || changes.some(isOpen) || one.bystanders || told.some(l => l.verdict === 'fail')) return
  for (const line of planned(afterSteps(situation, walk, changes)).lines.filter(l => told.some(t => t.id === l.id)))
    assert.is(line.verdict, 'ok', `after its steps there is nothing left to do on ${line.host}, but: ${line.why}`)
}
