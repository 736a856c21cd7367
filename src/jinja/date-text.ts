import { momentText } from './repr.ts'
import { Moment, ValueFault } from './value.ts'

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const DAY = 86_400_000

const padded = (number: number, width = 2): string => String(number).padStart(width, '0')
const short = (name: string): string => name.slice(0, 3)

const isoWeek = (date: Date): [year: number, week: number] => {
  const thursday = new Date(date.getTime() + (4 - (date.getUTCDay() || 7)) * DAY)
  const year = thursday.getUTCFullYear()
  return [year, Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / DAY / 7) + 1]
}

type Parts = { date: Date; micro: number; offset: number | undefined; zone: string }

const DIRECTIVES: Record<string, (parts: Parts) => string> = {
  Y: ({ date }) => String(date.getUTCFullYear()),
  C: ({ date }) => padded(Math.floor(date.getUTCFullYear() / 100)),
  y: ({ date }) => padded(date.getUTCFullYear() % 100),
  m: ({ date }) => padded(date.getUTCMonth() + 1),
  d: ({ date }) => padded(date.getUTCDate()),
  e: ({ date }) => String(date.getUTCDate()).padStart(2),
  H: ({ date }) => padded(date.getUTCHours()),
  k: ({ date }) => String(date.getUTCHours()).padStart(2),
  I: ({ date }) => padded(date.getUTCHours() % 12 || 12),
  l: ({ date }) => String(date.getUTCHours() % 12 || 12).padStart(2),
  M: ({ date }) => padded(date.getUTCMinutes()),
  S: ({ date }) => padded(date.getUTCSeconds()),
  f: ({ micro }) => padded(micro, 6),
  p: ({ date }) => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
  P: ({ date }) => (date.getUTCHours() < 12 ? 'am' : 'pm'),
  a: ({ date }) => short(DAYS[date.getUTCDay()]!),
  A: ({ date }) => DAYS[date.getUTCDay()]!,
  b: ({ date }) => short(MONTHS[date.getUTCMonth()]!),
  h: ({ date }) => short(MONTHS[date.getUTCMonth()]!),
  B: ({ date }) => MONTHS[date.getUTCMonth()]!,
  w: ({ date }) => String(date.getUTCDay()),
  u: ({ date }) => String(date.getUTCDay() || 7),
  j: ({ date }) => padded(dayOfYear(date), 3),
  U: ({ date }) => padded(Math.floor((dayOfYear(date) + 6 - date.getUTCDay()) / 7)),
  W: ({ date }) => padded(Math.floor((dayOfYear(date) + 6 - ((date.getUTCDay() + 6) % 7)) / 7)),
  V: ({ date }) => padded(isoWeek(date)[1]),
  G: ({ date }) => String(isoWeek(date)[0]),
  g: ({ date }) => padded(isoWeek(date)[0] % 100),
  s: ({ date, offset }) => String(Math.floor(date.getTime() / 1000) - (offset ?? 0) * 60),
  z: ({ offset }) => (offset === undefined ? '' : zoneText(offset)),
  Z: ({ zone }) => zone,
  n: () => '\n',
  t: () => '\t',
  '%': () => '%',
}
const dayOfYear = (date: Date): number => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY) + 1
const zoneText = (offset: number): string => {
  const far = Math.abs(offset)
  return `${offset < 0 ? '-' : '+'}${padded(Math.floor(far / 60))}${padded(far % 60)}`
}

/** Directives that stand for several others, in the C locale. */
const LONG: Record<string, string> = {
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  T: '%H:%M:%S',
  R: '%H:%M',
  r: '%I:%M:%S %p',
  c: '%a %b %e %H:%M:%S %Y',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
}

const partsOf = ({ parts: [year, month, day], time = [0, 0, 0, 0], offset }: Moment): Omit<Parts, 'zone'> => {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(time[0], time[1], time[2])
  return { date, micro: time[3], offset }
}

/** A moment as Python's `strftime` writes it, in the C locale. */
export const dateText = (moment: Moment, format: string, zone = ''): string => {
  const parts = { ...partsOf(moment), zone: zone || (moment.offset === undefined ? '' : `UTC${zoneNameEnd(moment)}`) }
  const spelled = format.replace(/%([-_0^#]?)([A-Za-z])/g, (found, flag: string, kind: string) =>
    flag === '' ? (LONG[kind] ?? found) : found,
  )
  return spelled.replace(/%([-_^#]?)([A-Za-z%])/g, (found, flag: string, kind: string) => {
    const text = DIRECTIVES[kind]?.(parts)
    if (text === undefined) return found
    if (flag === '-') return text.replace(/^[0 ]+(?=.)/, '')
    if (flag === '_') return text.replace(/^0+(?=.)/, zeros => ' '.repeat(zeros.length))
    return flag === '' ? text : text.toUpperCase()
  })
}
const zoneNameEnd = (moment: Moment): string => (moment.offset === 0 ? '' : momentText(moment).slice(-6))

const oneOf = (names: string[]): string => names.join('|')
const LETTERS: Record<string, string> = {
  Y: '\\d{4}',
  y: '\\d\\d',
  m: '1[0-2]|0?[1-9]',
  d: '3[01]|[12]\\d|0?[1-9]| [1-9]',
  H: '2[0-3]|[01]?\\d',
  I: '1[0-2]|0?[1-9]',
  M: '[0-5]?\\d',
  S: '6[01]|[0-5]?\\d',
  f: '\\d{1,6}',
  p: 'am|pm',
  j: '36[0-6]|3[0-5]\\d|[12]\\d\\d|0[1-9]\\d|00[1-9]|[1-9]\\d|0?[1-9]',
  a: oneOf(DAYS.map(short)),
  A: oneOf(DAYS),
  b: oneOf(MONTHS.map(short)),
  B: oneOf(MONTHS),
  z: '[+-]\\d\\d:?[0-5]\\d(?::?[0-5]\\d)?|Z',
  Z: 'utc|gmt',
}

const patternOfFormat = (format: string): RegExp => {
  const source = format
    .replace(/%([DFTRrcxX])/g, (_, kind: string) => LONG[kind]!)
    .replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')
    .replace(/\s+/g, '\\s+')
    .replace(/%(.)/g, (found, kind: string) => {
      if (kind === '%') return '%'
      const letters = LETTERS[kind]
      if (!letters) throw new ValueFault(`'${kind}' is a bad directive in format '${format}'`)
      if (found.length === 0) return ''
      return `(?<${kind}>${letters})`
    })
  try {
    return new RegExp(`^${source}`, 'i')
  } catch {
    throw new ValueFault(`The format '${format}' has a directive twice.`)
  }
}

const yearOf = ({ Y, y }: Record<string, string | undefined>): number => {
  if (Y !== undefined) return Number(Y)
  if (y === undefined) return 1900
  return Number(y) + (Number(y) <= 68 ? 2000 : 1900)
}

const monthOf = ({ m, b, B }: Record<string, string | undefined>): number => {
  if (m !== undefined) return Number(m)
  const name = (b ?? B)?.toLowerCase()
  return name === undefined ? 1 : MONTHS.findIndex(one => one.toLowerCase().startsWith(name.slice(0, 3))) + 1
}

const hourOf = ({ H, I, p }: Record<string, string | undefined>): number => {
  if (I === undefined) return Number(H ?? 0)
  return (Number(I) % 12) + (p?.toLowerCase() === 'pm' ? 12 : 0)
}

const offsetOf = (zone: string | undefined): number | undefined => {
  if (zone === undefined) return undefined
  const [, sign, hours = 0, minutes = 0] = /^([+-])(\d\d):?(\d\d)/.exec(zone) ?? []
  return (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1)
}

/** A text as Python's `strptime` reads it. */
export const momentFrom = (text: string, format: string): Moment => {
  const found = patternOfFormat(format).exec(text)
  if (!found) throw new ValueFault(`time data '${text}' does not match format '${format}'`)
  if (found[0].length < text.length) throw new ValueFault(`unconverted data remains: ${text.slice(found[0].length)}`)
  const named: Record<string, string | undefined> = found.groups ?? {}
  const year = yearOf(named)
  const inYear = named.j === undefined ? undefined : new Date(Date.UTC(year, 0, Number(named.j)))
  const [month, day] = inYear ? [inYear.getUTCMonth() + 1, inYear.getUTCDate()] : [monthOf(named), Number(named.d ?? 1)]
  if (day > new Date(Date.UTC(year, month, 0)).getUTCDate()) throw new ValueFault('day is out of range for month')
  const time = [
    hourOf(named),
    Number(named.M ?? 0),
    Number(named.S ?? 0),
    Number((named.f ?? '').padEnd(6, '0')),
  ] as const
  return new Moment([year, month, day], time, offsetOf(named.z))
}
