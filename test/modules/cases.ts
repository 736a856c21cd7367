import { existsSync, readdirSync, readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { born, isUnknown, Later, strict, unknownsIn } from '../../src/core/unknown.ts'
import { isRecord } from '../../src/core/value.ts'
import { locatedMember } from '../../src/load/located.ts'
import { validate, withDefaults } from '../../src/load/schema.ts'
import { parseYaml } from '../../src/load/yaml.ts'
import type { Module } from '../../src/module/define.ts'
import { isBelow, type Label, overlaps } from '../../src/module/label.ts'
import { type AnyQuery, type Reads, touchedBy } from '../../src/module/query.ts'
import { describe, type Step } from '../../src/module/step.ts'
import { footprint, patchesOf } from '../../src/plan/decide.ts'
import { answerOf, argsOf, plain, written } from './answers.ts'

/** What a case file says: a situation on a host, and what the module makes of it. See README.md beside this file. */
export type Case = {
  about: string
  args: Record<string, unknown>
  seen?: Record<string, unknown>
  verdict: 'ok' | 'change' | 'fail' | 'undecided' | 'say'
  why?: string
  fix?: string
  steps?: string[]
  will?: Record<string, unknown>
  outputs?: Record<string, unknown>
  touches?: string[]
  details?: string
  always?: boolean
}
type Found = Record<string, unknown>
type Verdict = { is: string } & Found

const here = new URL('.', import.meta.url)
export const modulesWithCases = (): string[] =>
  collections
    .flatMap(collection => readdirSync(new URL(`${collection}/`, here), { withFileTypes: true }))
    .filter(entry => entry.isDirectory() && entry.name !== 'lib')
    .map(entry => entry.name)
    .sort()

const collections = ['builtin', 'ipfs']
const collectionOf = (name: string): string =>
  collections.find(collection => existsSync(new URL(`${collection}/${name}/`, here)))!

/** The folder with the cases of a module. */
export const casesFolder = (name: string): URL => new URL(`${collectionOf(name)}/${name}/`, here)

export const loadModule = async (name: string): Promise<Module> =>
  (await import(new URL(`../../modules/${collectionOf(name)}/${name}.ts`, here).href)).default

/** The cases of one module, each checked against the module's own schema of arguments. */
export const casesOf = (module: Module): Case[] =>
  readdirSync(casesFolder(module.name))
    .filter(file => file.endsWith('.yml'))
    .sort()
    .flatMap(file => {
      const found = parseYaml(readFileSync(new URL(file, casesFolder(module.name)), 'utf8'), `${module.name}/${file}`)
      return (found.value as Case[]).map((one, index) => {
        const wrong = validate(module.args, written(one.args), locatedMember(locatedMember(found, index), 'args'), {
          subject: module.name,
          reason: 'playbook-argument',
          expressions: 'skip',
        })
        if (wrong[0]) throw new Error(`${file}: ${wrong[0].what}`)
        return { ...one, about: `${file.replace('.yml', '')}: ${one.about}` }
      })
    })

const answers = (reads: Reads, said: Found): Found =>
  Object.fromEntries(
    Object.entries(reads).map(([name, query]) => [
      name,
      Array.isArray(query)
        ? query.map((one, i) => answerOf(name, one, Array.isArray(said[name]) ? said[name][i] : said[name]))
        : query && answerOf(name, query, said[name]),
    ]),
  )

/** Asks a module for its verdict as the engine does: everything it is given throws where it is not known. */
const decide = (
  module: Module,
  args: Found,
  seen: Found,
  said: Found,
): { verdict: Verdict; reads: Reads; all: Found } => {
  const reads = module.reads(strict(args))
  const first = { ...answers(reads, said), ...seen }
  const more = module.more?.(strict(args), strict(first)) ?? {}
  const all = { ...first, ...answers(more, said), ...seen }
  const kinds = {
    ok: (outputs?: unknown) => ({ is: 'ok', outputs }),
    change: (change: Found) => ({ is: 'change', ...change }),
    fail: (why: string, fix?: string) => ({ is: 'fail', why, fix }),
    say: (text: string) => ({ is: 'say', why: text }),
  }
  const verdict = module.plan(strict(args), strict(all), kinds as never) as Verdict
  return { verdict, reads: { ...reads, ...more }, all }
}

const decided = (module: Module, args: Found, seen: Found, said: Found): ReturnType<typeof decide> => {
  try {
    return decide(module, args, seen, said)
  } catch (error) {
    if (!(error instanceof Later)) throw error
    return { verdict: { is: 'undecided', why: error.node }, reads: {}, all: {} }
  }
}

/** What a query answers after the change: the patch over what was seen. What is new is unknown but for what is said. */
const after = (query: AnyQuery, seen: unknown, patch: unknown): unknown => {
  assert.is(query.only, false, `will names ${query.subject}, which is only looked at`)
  if (!isRecord(patch)) return patch
  const old = isRecord(seen) ? seen : {}
  const isNew = (patch.exists === true && old.exists !== true) || (patch.kind !== undefined && patch.kind !== old.kind)
  const next = isNew ? { ...patch, [born]: new Later('itself') } : { ...old, ...patch }
  return patch.exists === false ? { exists: false } : (query.stamp?.(next, 4e15, patch) ?? next)
}

const applied = (reads: Reads, seen: Found, will: Found): Found =>
  Object.fromEntries(
    Object.entries(will).map(([name, patch]) => {
      const query = reads[name]
      assert.ok(query, `will names ${name}, which is not read`)
      if (!Array.isArray(query)) return [name, after(query!, seen[name], patch)]
      const old = seen[name] as unknown[]
      const patches = patch as unknown[]
      return [name, old.map((one, i) => (patches[i] === undefined ? one : after(query[i]!, one, patches[i])))]
    }),
  )

const covers = (outer: Label, inner: Label): boolean => {
  const [kind, path] = [outer.slice(0, outer.indexOf(':')), outer.slice(outer.indexOf(':') + 1)]
  const below = inner.slice(inner.indexOf(':') + 1).split('#')[0]!
  const isPath = /^(path|children|tree|member):/.test(inner)
  if (outer === 'any' || outer === inner) return true
  if (kind === 'tree') return isPath && isBelow(below, path)
  if (kind === 'live') return overlaps(outer, inner) && inner.startsWith(outer)
  return kind === 'path' && inner.startsWith('member:') && below === path
}

/** What a change touches that an undecided line of the module would not have hidden: the second look makes it known late. */
const beyond = (module: Module, args: Found, reads: Reads, verdict: Verdict): Label[] => {
  const bound = footprint(module, args, 'node0')
  const patches = patchesOf(verdict.will as Found, reads)
  const touched = patches.flatMap(([query, patch]) => touchedBy(query, isRecord(patch) ? patch : {}))
  return [...touched, ...((verdict.touches as Label[] | undefined) ?? [])].filter(
    label => !bound.some(outer => covers(outer, label)),
  )
}

const includes = (found: unknown, wanted: unknown, at: string): void => {
  if (isRecord(wanted))
    for (const key of Object.keys(wanted)) includes((found as Found | null)?.[key], wanted[key], `${at}.${key}`)
  else if (Array.isArray(wanted) && Array.isArray(found)) {
    assert.is(found.length, wanted.length, `length of ${at}`)
    for (const [i, one] of wanted.entries()) includes(found[i], one, `${at}[${i}]`)
  } else assert.equal(found ?? null, wanted ?? null, at)
}

/** Runs one case: the verdict it names, and the laws that hold for every module. */
export const check = (module: Module, one: Case): void => {
  const args = withDefaults(module.args, argsOf(one.args))
  const said = one.seen ?? {}
  const before = plain([args, said])
  const { verdict, reads, all } = decided(module, args, {}, said)
  assert.equal(plain(decided(module, args, {}, said).verdict), plain(verdict), 'planning twice gives the same')
  assert.equal(plain([args, said]), before, 'a module leaves what it is given as it is')

  assert.is(verdict.is, one.verdict, `the verdict; it says: ${verdict.why ?? verdict.reason ?? ''}`)
  const why = String(verdict.why ?? verdict.reason ?? '')
  assert.ok(why.includes(one.why ?? ''), `"${why}" does not say "${one.why}"`)
  assert.ok(String(verdict.fix ?? '').includes(one.fix ?? ''), `"${verdict.fix}" does not say "${one.fix}"`)
  if (one.outputs) includes(plain(verdict.outputs), one.outputs, 'outputs')
  if (one.touches) assert.equal(verdict.touches, one.touches, 'touches')
  assert.is(verdict.always ?? false, one.always ?? false, 'always')
  assert.is((verdict.details as Later | undefined)?.node, one.details, 'details')
  if (verdict.is !== 'change') return

  const steps = (verdict.steps as Step[]).map(describe)
  if (one.steps)
    assert.equal(
      steps.map((step, i) => step.slice(0, one.steps![i]?.length)),
      one.steps,
      'steps',
    )
  assert.ok(steps.length > 0 || module.settle, 'a change without steps waits for something')
  assert.equal(beyond(module, args, reads, verdict), [], 'it touches more than it says while it is undecided')
  if (one.will) includes(plain(verdict.will), one.will, 'will')
  const next = applied(reads, all, verdict.will as Found)
  if (verdict.always || verdict.details || unknownsIn(verdict.will).some(u => isUnknown(u))) return
  const again = decided(module, args, next, said)
  assert.is(
    again.verdict.is,
    'ok',
    `after its steps there is nothing left to do, but: ${JSON.stringify(plain(again.verdict))}`,
  )
}
