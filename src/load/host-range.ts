import { type Origin, refuse } from '../core/failure.ts'

/** So many hosts may one written name stand for, all its ranges together, and an inventory have. */
export const MOST_HOSTS = 100_000
const MOST_RANGES = 16
/** More digits are no number of hosts. */
const MOST_DIGITS = 15

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

const numbers = (from: string, to: string, stride: number, fail: (why: string) => never): string[] => {
  if (from.length > MOST_DIGITS || to.length > MOST_DIGITS) fail(`its ends have at most ${MOST_DIGITS} digits`)
  const padded = from.length > 1 && from.startsWith('0')
  if (padded && from.length !== to.length) fail('both ends need the same number of digits')
  const first = Number(from)
  const last = Number(to)
  if (first > last) fail('it begins behind its end')
  if ((last - first) / stride > MOST_HOSTS) fail(`it is too long, a name stands for at most ${MOST_HOSTS} hosts`)
  const found: string[] = []
  for (let n = first; n <= last; n += stride) found.push(String(n).padStart(padded ? from.length : 1, '0'))
  return found
}

const characters = (from: string, to: string, stride: number, fail: (why: string) => never): string[] => {
  const first = letters.indexOf(from)
  const last = letters.indexOf(to)
  if (first > last) fail('it begins behind its end')
  return [...letters.slice(first, last + 1)].filter((_, index) => index % stride === 0)
}

const rangeValues = (inside: string, fail: (why: string) => never): string[] => {
  const parts = inside.split(':')
  const [from = '', to = '', stride = '1'] = [parts[0] || '0', parts[1], parts[2]]
  if (to === '') fail('it has no end')
  if (parts.length > 3 || !/^0*[1-9]\d*$/.test(stride)) fail('it is written [from:to] or [from:to:step]')
  if (/^\d+$/.test(from) && /^\d+$/.test(to)) return numbers(from, to, Number(stride), fail)
  if (/^[a-zA-Z]$/.test(from) && /^[a-zA-Z]$/.test(to)) return characters(from, to, Number(stride), fail)
  return fail('its ends are neither numbers nor single letters')
}

const shortened = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text)

/** Expands every `[from:to]` of a name; the last one turns fastest. */
const expand = (name: string, origin: Origin): string[] => {
  const parts: string[][] = []
  let rest = name
  for (;;) {
    const open = rest.indexOf('[')
    if (open < 0) break
    const close = rest.indexOf(']', open)
    const inside = close < 0 ? rest.slice(open + 1) : rest.slice(open + 1, close)
    const fail = (why: string): never =>
      refuse('inventory-shape', `The range [${shortened(inside)}] of "${shortened(name)}" is not valid: ${why}.`, {
        origin,
      })
    if (close < 0) fail('it is not closed')
    if (parts.length === MOST_RANGES) fail(`a name has at most ${MOST_RANGES} ranges`)
    const before = rest.slice(0, open)
    parts.push(rangeValues(inside, fail).map(value => before + value))
    if (parts.reduce((product, one) => product * one.length, 1) > MOST_HOSTS)
      fail(`the name stands for more than ${MOST_HOSTS} hosts`)
    rest = rest.slice(close + 1)
  }
  return parts.reduceRight((tails, heads) => heads.flatMap(head => tails.map(tail => head + tail)), [rest])
}

const NUMBERS = '\\[[0-9]+:[0-9]+(?::[0-9]+)?\\]'
const HEXADECIMAL = '\\[[0-9a-f]+:[0-9a-f]+(?::[0-9]+)?\\]'
const LETTERS = '\\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)(?::[0-9]+)?\\]'
const IN_V4 = `(?:[01]?[0-9]{1,2}|2[0-4][0-9]|25[0-5]|${NUMBERS})`
const IN_V6 = `(?:[0-9a-f]{1,4}|${HEXADECIMAL})`
const LABEL = `(?:[\\p{L}\\p{N}_]|${LETTERS})(?:[\\p{L}\\p{N}_-]|${LETTERS})*(?<![_-])`
const V6_IN_V4 = `(?:${IN_V6}\\.){3}${IN_V6}`
const ADDRESSES = [
  `(?:${IN_V4}\\.){3}${IN_V4}`,
  [
    `(?:${IN_V6}:){7}${IN_V6}`,
    `(?:${IN_V6}:){1,6}:`,
    `${IN_V6}:(?::${IN_V6}){1,6}`,
    ...[2, 3, 4, 5].map(before => `(?:${IN_V6}:){${before}}(?::${IN_V6}){1,${7 - before}}`),
    `(?:${IN_V6}:){6}(?::${IN_V6})`,
    `:(?::${IN_V6}){1,6}`,
    `${IN_V6}?::`,
    `(?:0:){6}${V6_IN_V4}`,
    `::(?:ffff:)?${V6_IN_V4}`,
    `(?:0:){5}ffff:${V6_IN_V4}`,
  ].join('|'),
  `${LABEL}(?:\\.${LABEL})*`,
].map(source => new RegExp(`^(?:${source})$`, 'iu'))
const PORTS = [/^\[(.+)\]:([0-9]+)$/, /^((?:[^:[\]]|\[[^\]]*\])*):([0-9]+)$/]

/** Names have at most 253 characters; more room is for ranges and a port. Expressions that step back are tried on no longer text. */
const LONGEST_ADDRESS = 1_000

/** Whether a name is an address of version 4 or 6 and no name of a host. */
export const isNumericAddress = (name: string): boolean =>
  name.length <= LONGEST_ADDRESS && ADDRESSES.slice(0, 2).some(one => one.test(name))

/**
 * A text as address and port: a name or an address of version 4 or 6, `:port` behind it, and around one of version 6 that has a
 * port `[ ]`. All may hold ranges. Undefined for what is none. Source: ansible lib/ansible/parsing/utils/addresses.py.
 */
export const readAddress = (text: string): { host: string; port?: number } | undefined => {
  if (text.length > LONGEST_ADDRESS) return undefined
  let host = text
  let port: number | undefined
  for (const one of PORTS) {
    const found = one.exec(host)
    if (found) [host, port] = [found[1]!, Number(found[2])]
  }
  if (!ADDRESSES.some(one => one.test(host))) return undefined
  return port === undefined ? { host } : { host, port }
}

/**
 * The hosts that a name in an inventory stands for: `node[0:2]`, `db-[a:c]`, both with an optional `:port` behind.
 * Both ends count, a leading zero pads, an empty beginning is 0. Source: ansible lib/ansible/plugins/inventory/__init__.py,
 * `expand_hostname_range`.
 *
 * Throws a Refusal `inventory-shape` for a range that is not valid.
 */
export const expandHosts = (written: string, origin: Origin): { names: string[]; port?: number } => {
  const { host, port } = readAddress(written) ?? { host: written }
  return { names: expand(host, origin), ...(port === undefined ? {} : { port }) }
}
