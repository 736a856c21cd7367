import { readdirSync, readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { born, Later, strict, unknownsIn } from '../../src/core/unknown.ts'
import { isRecord } from '../../src/core/value.ts'
import { withDefaults } from '../../src/load/schema.ts'
import { parseYaml } from '../../src/load/yaml.ts'
import type { AnyModule, CollectiveModule } from '../../src/module/define.ts'
import type { AnyQuery, Reads } from '../../src/module/query.ts'
import { describe, type Step } from '../../src/module/step.ts'
import { answerOf, argsOf, plain } from './answers.ts'
import { casesFolder } from './cases.ts'

/** A situation on several hosts, and what a collective module makes of it. `silent`: the host did not answer. */
type Case = {
  about: string
  args?: Record<string, unknown>
  hosts: Record<string, Record<string, unknown> | 'silent'>
  /** Hosts where no step may run. */
  bystanders?: string[]
  /** One for all, or by host. */
  verdict: string | Record<string, string>
  why?: string | Record<string, string>
  fix?: string
  details?: string
  /** By host, phase by phase. */
  phases?: Record<string, string[][]>
  will?: Record<string, Record<string, unknown>>
}
type Found = Record<string, unknown>
type Verdict = { is: string; phases?: Step[][]; will?: Found } & Found

export const groupCasesOf = (module: AnyModule): Case[] =>
  readdirSync(casesFolder(module.name))
    .filter(file => file.endsWith('.yml'))
    .sort()
    .flatMap(file => {
      const cases = parseYaml(readFileSync(new URL(file, casesFolder(module.name)), 'utf8'), file).value as Case[]
      return cases.map(one => ({ ...one, about: `${file.replace('.yml', '')}: ${one.about}` }))
    })

const answers = (reads: Reads, said: Found): Found =>
  Object.fromEntries(Object.entries(reads).map(([name, q]) => [name, q && answerOf(name, q as AnyQuery, said[name])]))

const decide = (
  module: CollectiveModule,
  args: Found,
  one: Case,
  seen: Record<string, Found | null>,
): Record<string, Verdict> => {
  const hosts = Object.keys(one.hosts)
  const bystanders = one.bystanders ?? []
  const up = hosts.filter(host => seen[host] && !bystanders.includes(host)).concat(bystanders)
  const together = {
    each: (decide: (host: string, seen: unknown, index: number) => Verdict) =>
      Object.fromEntries(up.map((host, i) => [host, decide(host, strict(seen[host]), i)])),
    up,
    bystanders,
    missing: hosts.filter(host => !seen[host]),
    ok: () => ({ is: 'ok' }),
    change: (change: Found) => ({ is: 'change', ...change }),
    fail: (why: string, fix?: string) => ({ is: 'fail', why, fix }),
    from: (host: string) => new Later(`${host}/${module.name}`),
  }
  const all = Object.fromEntries(up.map(host => [host, args]))
  try {
    return module.plan(strict(all) as never, strict(seen) as never, together as never) as Record<string, Verdict>
  } catch (error) {
    if (!(error instanceof Later)) throw error
    return Object.fromEntries(up.map(host => [host, { is: 'undecided', why: error.node }]))
  }
}

const patched = (seen: Found, will: Found, host: string): Found => {
  const merged = (old: unknown, patch: unknown): unknown => {
    if (!isRecord(patch) || !isRecord(old)) return patch
    return patch.exists === true && old.exists !== true ? { ...patch, [born]: new Later(host) } : { ...old, ...patch }
  }
  return { ...seen, ...Object.fromEntries(Object.entries(will).map(([k, patch]) => [k, merged(seen[k], patch)])) }
}

const includes = (found: unknown, wanted: unknown, at: string): void => {
  if (isRecord(wanted))
    for (const key of Object.keys(wanted)) includes((found as Found)?.[key], wanted[key], `${at}.${key}`)
  else assert.equal(found ?? null, wanted, at)
}

const of = (said: string | Record<string, string> | undefined, host: string): string | undefined =>
  typeof said === 'string' ? said : said?.[host]

/** Runs one case: the verdicts it names, twice the same, and nothing left to do once what was promised holds. */
export const checkGroup = (module: CollectiveModule, one: Case): void => {
  const args = withDefaults(module.args, argsOf(one.args ?? {}))
  const hosts = Object.keys(one.hosts)
  const seen = Object.fromEntries(
    hosts.map(host => {
      const said = one.hosts[host]!
      return [host, said === 'silent' ? null : answers(module.reads(strict(args) as never, host), said)]
    }),
  )
  const before = plain([args, seen])
  const verdicts = decide(module, args, one, seen)
  assert.equal(plain(decide(module, args, one, seen)), plain(verdicts), 'planning twice gives the same')
  assert.equal(plain([args, seen]), before, 'a module leaves what it is given as it is')
  for (const [host, verdict] of Object.entries(verdicts)) {
    const why = String(verdict.why ?? verdict.reason ?? '')
    assert.is(verdict.is, of(one.verdict, host), `${host}; it says: ${why}`)
    assert.ok(why.includes(of(one.why, host) ?? ''), `${host}: "${why}" does not say "${of(one.why, host)}"`)
    assert.ok(String(verdict.fix ?? '').includes(one.fix ?? ''), `${host}: "${verdict.fix}"`)
    if (one.phases?.[host])
      assert.equal(
        verdict.phases?.map((phase, p) =>
          phase.map((s, i) => describe(s).slice(0, one.phases![host]![p]?.[i]?.length)),
        ),
        one.phases[host],
        `phases of ${host}`,
      )
    assert.is((verdict.details as Later | undefined)?.node, one.details, `details of ${host}`)
    if (one.will?.[host]) includes(plain(verdict.will), one.will[host], `will of ${host}`)
  }
  const changes = Object.entries(verdicts).filter(([, v]) => v.is === 'change')
  const isLeft = Object.values(verdicts).some(v => v.is === 'fail') || one.bystanders !== undefined
  if (isLeft || changes.length === 0 || changes.some(([, v]) => unknownsIn(v.will).length > 0)) return
  const next = Object.fromEntries(
    hosts.map(host => [host, seen[host] ? patched(seen[host], verdicts[host]?.will ?? {}, host) : null]),
  )
  for (const [host, verdict] of Object.entries(decide(module, args, one, next)))
    assert.is(
      verdict.is,
      'ok',
      `after its steps there is nothing left to do on ${host}, but: ${verdict.reason ?? verdict.why}`,
    )
}
