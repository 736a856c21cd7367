import { Dict, Live, Moment, Omit, Tuple, Undefined, usable, type Value } from './value.ts'

/** A float as Python writes it: the shortest digits that are read as the same, with a point or an exponent. */
export const floatText = (value: number): string => {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e')
  const power = Number(exponent)
  if (value !== 0 && (power < -4 || power >= 16))
    return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
  const sign = Object.is(value, -0) || value < 0 ? '-' : ''
  const digits = mantissa.replace(/[-.]/g, '')
  if (value === 0) return `${sign}0.0`
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${digits}`
  return `${sign}${digits.slice(0, power + 1).padEnd(power + 1, '0')}.${digits.slice(power + 1) || '0'}`
}

const two = (part: number): string => String(part).padStart(2, '0')

/** A date as `str` writes it: `2024-05-01`, `2024-05-01 10:00:00`, with its zone behind. */
export const momentText = (moment: Moment, between = ' '): string => {
  const [year, month, day] = moment.parts
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
  if (!moment.time) return date
  const [hour, minute, second, microsecond] = moment.time
  const fraction = microsecond === 0 ? '' : `.${String(microsecond).padStart(6, '0')}`
  const { offset } = moment
  const far = Math.abs(offset ?? 0)
  const zone = offset === undefined ? '' : `${offset < 0 ? '-' : '+'}${two(Math.floor(far / 60))}:${two(far % 60)}`
  return `${date}${between}${two(hour)}:${two(minute)}:${two(second)}${fraction}${zone}`
}
/** The same with a T between, as JSON has it. */
export const isoText = (moment: Moment): string => momentText(moment, 'T')

const momentRepr = ({ parts, time, offset }: Moment): string => {
  if (!time) return `datetime.date(${parts.join(', ')})`
  const [hour, minute, second, microsecond] = time
  const shown = [hour, minute, ...(second || microsecond ? [second] : []), ...(microsecond ? [microsecond] : [])]
  const zone = offset === undefined ? [] : [`tzinfo=${zoneRepr(offset)}`]
  return `datetime.datetime(${[...parts, ...shown, ...zone].join(', ')})`
}
const zoneRepr = (offset: number): string =>
  offset === 0 ? 'datetime.timezone.utc' : `datetime.timezone(datetime.timedelta(${daysAndSeconds(offset * 60)}))`
const daysAndSeconds = (seconds: number): string => {
  const days = Math.floor(seconds / 86400)
  return [...(days ? [`days=${days}`] : []), `seconds=${seconds - days * 86400}`].join(', ')
}

const ESCAPES: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' }
const UNPRINTABLE = /[\p{C}\p{Z}\\]/gu

const escaped = (found: string): string => {
  if (found === ' ') return found
  const code = found.codePointAt(0)!
  const hex = code.toString(16)
  if (ESCAPES[found]) return ESCAPES[found]
  if (code < 0x100) return `\\x${hex.padStart(2, '0')}`
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

/** A text in quotes, as Python shows it: single ones, but where it has single ones and no double ones. */
const quoted = (text: string): string => {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  return quote + text.replace(UNPRINTABLE, escaped).replaceAll(quote, `\\${quote}`) + quote
}

/** Python's `repr`. Throws what is undefined or unknown in it. */
export const repr = (value: Value): string => {
  const there = usable(value)
  if (typeof there === 'string') return quoted(there)
  if (there instanceof Tuple) return `(${there.map(repr).join(', ')}${there.length === 1 ? ',' : ''})`
  if (Array.isArray(there)) return `[${there.map(repr).join(', ')}]`
  if (there instanceof Dict)
    return `{${there
      .entries()
      .map(([key, one]) => `${repr(key)}: ${repr(one)}`)
      .join(', ')}}`
  return there instanceof Moment ? momentRepr(there) : str(there)
}

/** Python's `str`: a text as it is, everything else as Python shows it. Throws what is undefined or unknown in it. */
export const str = (value: Value): string => {
  if (value instanceof Undefined && value.isBlank) return ''
  const there = usable(value)
  if (typeof there === 'string') return there
  if (there === null) return 'None'
  if (typeof there === 'boolean') return there ? 'True' : 'False'
  if (typeof there === 'bigint') return String(there)
  if (typeof there === 'number') return floatText(there)
  if (there instanceof Moment) return momentText(there)
  if (there instanceof Live) return there.shown
  return there instanceof Omit ? '<<Omit>>' : repr(there)
}
