import type { Random } from './random.ts'

/** Texts that mean something to one of the formats, or to those who read them badly. */
const TOKENS: readonly string[] = [
  ...'[]{}()<>:;,.?!*&|#%@~^$`\'"\\/=+-_ \t\n\r'.split(''),
  '{{',
  '}}',
  '{{ ',
  ' }}',
  '{{#if x}}',
  '{{/if}}',
  '{{#each x}}',
  '{{{',
  '"{{ item }}"',
  '%{',
  '${x}',
  '$(id)',
  '- ',
  ': ',
  '|\n',
  '>-\n',
  '---\n',
  '...\n',
  '&a ',
  '*a',
  '<<: ',
  '!!binary ',
  '!vault |\n',
  '? ',
  '%YAML 1.1\n',
  '\t- ',
  'null',
  'true',
  'false',
  '~',
  '.nan',
  '.inf',
  '0x',
  '1e999',
  '0o777',
  '-0',
  '0.1',
  '99999999999999999999999999',
  '2147483648',
  '-1',
  'NaN',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'prototype',
  'length',
  'inventory_hostname',
  'hostvars',
  'item',
  'all',
  'localhost',
  '[a:children]',
  '[a:vars]',
  '[0:9]',
  '[a:z]',
  '[1:1000000]',
  '[00:99]',
  '!all',
  '&all',
  '~.*',
  '~(a+)+$',
  'web[0]',
  ':&',
  ':!',
  '\0',
  '\x1b[2J',
  '\x7f',
  '\x85',
  '\ufeff',
  '\u200b',
  '\u202e',
  '\u2028',
  '\u061c',
  '\u{e0041}',
  '\ud800',
  '\u0130',
  'ß',
  '漢',
  '👩‍👩‍👧',
  '|1|',
  '@cert-authority ',
  '@revoked ',
  'ssh-ed25519 ',
  'AAAA',
  'Match exec true\n',
  'Include *\n',
  'Host *\n',
  '[defaults]\n',
  '{"',
  '":',
  '"}',
  '\\u0000',
  '\\ud800',
  '../',
  '/dev/zero',
  '/',
  '//',
  './',
  '~root/',
  'file:',
  'https://',
  'name: ',
  'hosts: ',
  'when: ',
  'loop: ',
  'vars: ',
  'register: ',
  'needs: ',
  'include_tasks: x',
]

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8')
const joined = (...parts: Uint8Array[]): Buffer => Buffer.concat(parts)

/** Something is done to an input; `others` are further inputs of its kind. */
type Mutator = (input: Buffer, random: Random, others: readonly Buffer[]) => Buffer

const place = (input: Buffer, random: Random): number => random.below(input.length + 1)
/** A stretch of some length, mostly a short one. */
const stretch = (input: Buffer, random: Random, most = 64): [from: number, to: number] => {
  const from = place(input, random)
  return [from, Math.min(input.length, from + 1 + random.below(random.below(4) === 0 ? most * 8 : most))]
}

/** So much of a token over and over: what is deep, or long, or doubles. */
const REPEATS = [2, 10, 100, 1000, 5000]
const MOST_BYTES = 200_000

const byte: Mutator = (input, random) => {
  if (input.length === 0) return Buffer.from([random.below(256)])
  const copy = Buffer.from(input)
  copy[random.below(copy.length)] = random.below(256)
  return copy
}
const insertToken: Mutator = (input, random) => {
  const at = place(input, random)
  return joined(input.subarray(0, at), bytes(random.pick(TOKENS)), input.subarray(at))
}
const replaceByToken: Mutator = (input, random) => {
  const [from, to] = stretch(input, random)
  return joined(input.subarray(0, from), bytes(random.pick(TOKENS)), input.subarray(to))
}
const remove: Mutator = (input, random) => {
  const [from, to] = stretch(input, random)
  return joined(input.subarray(0, from), input.subarray(to))
}
const double: Mutator = (input, random) => {
  const [from, to] = stretch(input, random)
  return joined(input.subarray(0, to), input.subarray(from, to), input.subarray(to))
}
const truncate: Mutator = (input, random) => input.subarray(0, place(input, random))
const splice: Mutator = (input, random, others) => {
  const other = random.pick(others)
  return joined(input.subarray(0, place(input, random)), other.subarray(place(other, random)))
}
const repeatToken: Mutator = (input, random) => {
  const at = place(input, random)
  const token = bytes(random.pick(TOKENS))
  const count = Math.min(random.pick(REPEATS), Math.floor(MOST_BYTES / Math.max(1, token.length)))
  return joined(input.subarray(0, at), Buffer.concat(Array.from({ length: count }, () => token)), input.subarray(at))
}
const repeatStretch: Mutator = (input, random) => {
  const [from, to] = stretch(input, random)
  const piece = input.subarray(from, to)
  const count = Math.min(random.pick(REPEATS), Math.floor(MOST_BYTES / Math.max(1, piece.length)))
  return joined(input.subarray(0, to), ...Array.from({ length: count }, () => piece), input.subarray(to))
}
const NUMBERS = ['0', '-1', '1e308', '4294967296', '9007199254740993', '1'.repeat(40), '9'.repeat(200), '0644', '1_000']
const number: Mutator = (input, random) => {
  const text = input.toString('latin1')
  const all = [...text.matchAll(/\d+/g)]
  if (all.length === 0) return insertToken(input, random, [])
  const found = random.pick(all)
  const end = found.index + found[0].length
  return joined(input.subarray(0, found.index), bytes(random.pick(NUMBERS)), input.subarray(end))
}
const line: Mutator = (input, random, others) => {
  const lines = input.toString('latin1').split('\n')
  const from = random.pick(others).toString('latin1').split('\n')
  const at = random.below(lines.length)
  const way = random.below(4)
  if (way === 0) lines.splice(at, 1)
  else if (way === 1) lines.splice(at, 0, random.pick(from))
  else if (way === 2) lines[at] = `${' '.repeat(random.below(9))}${lines[at]!.trimStart()}`
  else [lines[at], lines[random.below(lines.length)]] = [lines[random.below(lines.length)]!, lines[at]!]
  return Buffer.from(lines.join('\n'), 'latin1')
}

const mutators: readonly Mutator[] = [
  byte,
  insertToken,
  insertToken,
  replaceByToken,
  remove,
  double,
  truncate,
  splice,
  repeatToken,
  repeatStretch,
  number,
  line,
  line,
]

/** One of the valid inputs with one to six things done to it. */
export const mutated = (corpus: readonly Buffer[], random: Random): Buffer => {
  let input = random.pick(corpus)
  for (let left = 1 + random.below(random.below(3) === 0 ? 6 : 2); left > 0; left -= 1)
    input = random.pick(mutators)(input, random, corpus)
  return input.length > MOST_BYTES * 2 ? input.subarray(0, MOST_BYTES * 2) : input
}
