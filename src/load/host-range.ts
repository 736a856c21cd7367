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
  if (parts.length > 3 || !/^[1-9]\d*$/.test(stride)) fail('it is written [from:to] or [from:to:step]')
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
    const close = rest.indexOf(']', open)
    if (open < 0 || close < 0 || !rest.slice(open, close).includes(':')) break
    const inside = rest.slice(open + 1, close)
    const fail = (why: string): never =>
      refuse('inventory-shape', `The range [${shortened(inside)}] of "${shortened(name)}" is not valid: ${why}.`, {
        origin,
      })
    if (parts.length === MOST_RANGES) fail(`a name has at most ${MOST_RANGES} ranges`)
    const before = rest.slice(0, open)
    parts.push(rangeValues(inside, fail).map(value => before + value))
    if (parts.reduce((product, one) => product * one.length, 1) > MOST_HOSTS)
      fail(`the name stands for more than ${MOST_HOSTS} hosts`)
    rest = rest.slice(close + 1)
  }
  return parts.reduceRight((tails, heads) => heads.flatMap(head => tails.map(tail => head + tail)), [rest])
}

/**
 * The hosts that a name in an inventory stands for: `node[0:2]`, `db-[a:c]`, both with an optional `:port` behind.
 * Both ends count, a leading zero pads, an empty beginning is 0. Source: ansible lib/ansible/plugins/inventory/__init__.py,
 * `expand_hostname_range`.
 *
 * Throws a Refusal `inventory-shape` for a range that is not valid.
 */
export const expandHosts = (written: string, origin: Origin): { names: string[]; port?: number } => {
  const bracketed = /^\[([0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)\](?::(\d+))?$/.exec(written)
  if (bracketed) {
    return bracketed[2] ? { names: [bracketed[1]!], port: Number(bracketed[2]) } : { names: [bracketed[1]!] }
  }
  const withPort = /^([^:[\]]*(?:\[[^\]]*\][^:[\]]*)*):(\d+)$/.exec(written)
  if (withPort) return { names: expand(withPort[1]!, origin), port: Number(withPort[2]) }
  return { names: expand(written, origin) }
}
