import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readText } from '../../src/core/controller-file.ts'
import { Refusal } from '../../src/core/failure.ts'
import { SealedText, setVaultOpener } from '../../src/core/vault-file.ts'
import { fromPlain } from '../../src/jinja/plain.ts'
import { floatText, momentText } from '../../src/jinja/repr.ts'
import { Dict, Moment, type Value } from '../../src/jinja/value.ts'
import { keyText, type Located, locatedMember } from '../../src/load/located.ts'
import { readYaml } from '../../src/load/yaml.ts'

// What Ansible's loader made of each document is in test/golden/yaml.jsonl; `npm run golden` asks it again.

type Golden = { yaml?: string; bytes?: string; value?: unknown; refused?: string; twice?: number }

/** Where another answer is meant, and why: looked for in the document, ` = ` and the answer of Ansible. */
const DIFFERENCES: [RegExp, string][] = [
  [/^"a: (!!binary .*)?\/w==/, 'bytes that are no text are refused: there is no value for them'],
  [/^"\{.*"a\\": 1, \\"a\\": 2\}"/, 'a key that is written twice is told in JSON, too'],
]

/** A value with its type, as the golden file has it. A text is told as one whose braces mean nothing by `unsafe`. */
const written = (value: Value, located: Located): unknown => {
  const exact = located.exact?.('')
  if ((value as unknown) instanceof SealedText) return (value as unknown as SealedText).open()
  if (typeof value === 'string') return exact?.isTemplate === false ? { unsafe: value } : value
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : { int: String(value) }
  if (typeof value === 'number') return { float: floatText(value) }
  if (value instanceof Moment) return { date: momentText(value) }
  if (value instanceof Dict)
    return {
      map: value.entries().map(([key, one]) => {
        const keyAt = { ...located, exact: () => undefined }
        return [written(key, keyAt), written(one, locatedMember(located, keyText(key)))]
      }),
    }
  return Array.isArray(value) ? value.map((one, index) => written(one, locatedMember(located, index))) : value
}

const folder = mkdtempSync(join(tmpdir(), 'yaml-'))
setVaultOpener(text => Buffer.from(`opened ${text}`))
test.after(() => rmSync(folder, { recursive: true }))

const textOf = ({ yaml, bytes }: Golden): string => {
  if (yaml !== undefined) return yaml
  const file = join(folder, 'bytes')
  writeFileSync(file, Buffer.from(bytes!, 'base64'))
  return readText(file, 'file', 'usage-file')
}

/** In Ansible a key and what a vault keeps are told apart from other texts; sets and bytes have no value of their own. */
const asHere = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(asHere)
  if (value === null || typeof value !== 'object') return value
  const [[name, inside]] = Object.entries(value) as [[string, unknown]]
  if (name === 'map') return { map: (inside as [unknown, unknown][]).map(([key, one]) => [keyHere(key), asHere(one)]) }
  if (name === 'set') return asHere(inside)
  if (name === 'bytes') return Buffer.from(inside as string, 'hex').toString()
  return name === 'vault' ? `opened ${inside}` : value
}

const keyHere = (key: unknown): unknown =>
  key !== null && typeof key === 'object' && 'unsafe' in key ? key.unsafe : asHere(key)

const answer = (golden: Golden): string => {
  try {
    const located = readYaml(textOf(golden), 'f')
    const value = located.exact?.('')?.value ?? fromPlain(located.value)
    const twice = (located.doubts?.('') ?? []).filter(({ text }) => text.includes('twice')).length
    return JSON.stringify({ value: written(value, located), ...(twice > 0 && !hasMerge(golden) && { twice }) })
  } catch (error) {
    if (error instanceof Refusal) return 'refused'
    throw error
  }
}

/** What a merge key brings may be written again, that is what it is for; Ansible warns of it. */
const hasMerge = ({ yaml }: Golden): boolean => yaml?.includes('<<') === true

const expected = (golden: Golden): string => {
  const { value, refused, twice } = golden
  if (refused !== undefined) return 'refused'
  return JSON.stringify({ value: asHere(value), ...(twice && !hasMerge(golden) && { twice }) })
}

const lines = readFileSync(new URL('../golden/yaml.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
const met = new Set<RegExp>()

test('every document is read as Ansible reads it', () => {
  const differences = lines.flatMap(line => {
    const golden = JSON.parse(line) as Golden
    const [here, there] = [answer(golden), expected(golden)]
    if (here === there) return []
    const told = `${JSON.stringify(golden.yaml ?? golden.bytes)} = ${JSON.stringify({ value: golden.value, refused: golden.refused })}`
    const meant = DIFFERENCES.find(([pattern]) => pattern.test(told))
    if (meant) met.add(meant[0])
    return meant ? [] : [`${told}\n  here ${here}\n  there ${there}`]
  })
  assert.is(differences.join('\n'), '')
  assert.ok(lines.length >= 300)
})

test('every difference that is meant is there', () =>
  assert.equal(
    DIFFERENCES.filter(([pattern]) => !met.has(pattern)).map(([, why]) => why),
    [],
  ))

test.run()
