import { numeric } from './equality.ts'
import { formatFloat, grouped } from './number-format.ts'
import { repr, str } from './repr.ts'
import { typeName, usable, type Value, ValueFault } from './value.ts'

const SPEC =
  /^(?:(?<fill>.)?(?<align>[<>=^]))?(?<sign>[-+ ])?(?<alternate>#)?(?<zero>0)?(?<width>\d+)?(?<group>[,_])?(?:\.(?<precision>\d+))?(?<kind>[bcdeEfFgGnosxX%])?$/su

type Spec = Record<string, string | undefined>

const aligned = (sign: string, digits: string, spec: Spec, usual: string): string => {
  const align = spec.align ?? (spec.zero ? '=' : usual)
  const fill = spec.fill ?? (spec.zero && !spec.align ? '0' : ' ')
  const missing = Math.max(0, Number(spec.width ?? 0) - [...sign, ...digits].length)
  if (align === '=') return sign + fill.repeat(missing) + digits
  if (align === '<') return sign + digits + fill.repeat(missing)
  if (align === '>') return fill.repeat(missing) + sign + digits
  const left = Math.floor(missing / 2)
  return fill.repeat(left) + sign + digits + fill.repeat(missing - left)
}

const BASES: Record<string, number> = { b: 2, o: 8, x: 16, X: 16 }

const integerDigits = (value: bigint, { kind = 'd', group, alternate }: Spec): [before: string, digits: string] => {
  if (kind === 'c') return ['', String.fromCodePoint(Number(value))]
  const base = BASES[kind] ?? 10
  const digits = value.toString(base)
  const text = group ? grouped(digits, group, base === 10 ? 3 : 4) : digits
  return [alternate && base !== 10 ? `0${kind}` : '', kind === 'X' ? text.toUpperCase() : text]
}

const floatDigits = (value: number, { kind, precision, group }: Spec): string => {
  if (kind === undefined && precision === undefined) return str(value)
  const size = precision === undefined ? 6 : Number(precision)
  const text =
    kind === '%'
      ? `${formatFloat(value * 100, 'f', size)}%`
      : formatFloat(value, kind === 'n' || !kind ? 'g' : kind, size)
  const [whole = '', ...rest] = text.split('.')
  return [group ? grouped(whole, group) : whole, ...rest].join('.')
}

const numberText = (value: bigint | number, spec: Spec): string => {
  const isInteger = typeof value === 'bigint' && (spec.kind === undefined || 'bcdonxX'.includes(spec.kind))
  const isNegative = value < 0 || Object.is(value, -0)
  const sign = isNegative ? '-' : spec.sign === '+' || spec.sign === ' ' ? spec.sign : ''
  const size = isNegative ? -value : value
  const [before, digits] = isInteger
    ? integerDigits(size as bigint, spec)
    : ['', floatDigits(Number(size), { ...spec, kind: spec.kind })]
  return aligned(sign + before, digits, spec, '>')
}

/** One value by a format as `str.format` and `format()` have it: `>10`, `05.2f`, `,`. Throws a ValueFault for one that does not fit. */
export const formatted = (value: Value, format: string): string => {
  const there = usable(value)
  if (format === '') return str(there)
  const spec = SPEC.exec(format)?.groups
  if (!spec) throw new ValueFault(`Invalid format specifier '${format}'`)
  const number = typeof there === 'boolean' && spec.kind === undefined ? undefined : numeric(there)
  if (number !== undefined && spec.kind !== 's') return numberText(number, spec)
  if (typeof there !== 'string' && typeof there !== 'boolean')
    throw new ValueFault(`unsupported format string passed to ${typeName(there)}.__format__`)
  if (spec.kind !== undefined && spec.kind !== 's')
    throw new ValueFault(`Unknown format code '${spec.kind}' for object of type '${typeName(there)}'`)
  const shown = str(there)
  return aligned('', spec.precision ? [...shown].slice(0, Number(spec.precision)).join('') : shown, spec, '<')
}

const FIELD = /\{\{|\}\}|\{(?<name>[^{}!:]*)(?:!(?<shown>[rsa]))?(?::(?<format>(?:[^{}]|\{[^{}]*\})*))?\}|[{}]/gu

/**
 * Python's `'{} {name.member} {0[key]:>10}'.format(...)`. `find` gives what a field begins with: a position, or a name;
 * `member` what follows, as it is written: `.name` or `[key]`.
 */
export const braceFormat = (
  text: string,
  find: (first: string | number) => Value,
  member: (owner: Value, name: string) => Value,
): string => {
  let next = 0
  const fieldValue = (name: string): Value => {
    const [first = '', ...rest] = name.match(/^[^.[]*|\.[^.[]+|\[[^\]]+\]/g) ?? []
    const start = first === '' ? next++ : /^\d+$/.test(first) ? Number(first) : first
    return rest.reduce((owner, step) => member(owner, step), find(start))
  }
  return text.replace(FIELD, (...found) => {
    const whole = found[0] as string
    if (whole === '{{' || whole === '}}') return whole[0]!
    const { name, shown, format = '' } = found.at(-1) as Record<string, string | undefined>
    if (name === undefined) throw new ValueFault(`Single '${whole}' encountered in format string`)
    const value = fieldValue(name)
    const spec = format.replace(/\{([^{}]*)\}/g, (_, inner: string) => str(fieldValue(inner)))
    return formatted(shown === 'r' ? repr(value) : shown ? str(value) : value, spec)
  })
}
