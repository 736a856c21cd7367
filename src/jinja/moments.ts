import { dateText } from './date-text.ts'
import { instantOf } from './equality.ts'
import { FunctionValue } from './function-value.ts'
import { isoText } from './repr.ts'
import { Live, Moment, type Value, ValueFault } from './value.ts'

const SECOND = 1_000_000n
const DAY = 86_400n * SECOND

const floorDiv = (a: bigint, b: bigint): bigint => (a - (((a % b) + b) % b)) / b

/** What lies between two moments, in millionths of a second. */
export class Span extends Live {
  readonly type = 'timedelta'
  readonly width: bigint
  constructor(width: bigint) {
    super()
    this.width = width
  }
  get #days(): bigint {
    return floorDiv(this.width, DAY)
  }
  override get shown(): string {
    const rest = this.width - this.#days * DAY
    const [seconds, fraction] = [rest / SECOND, rest % SECOND]
    const two = (number: bigint): string => String(number).padStart(2, '0')
    const days = this.#days === 0n ? '' : `${this.#days} day${this.#days === 1n || this.#days === -1n ? '' : 's'}, `
    const behind = fraction === 0n ? '' : `.${String(fraction).padStart(6, '0')}`
    return `${days}${seconds / 3600n}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}${behind}`
  }
  override attribute(name: string): Value | undefined {
    const rest = this.width - this.#days * DAY
    if (name === 'days') return this.#days
    if (name === 'seconds') return rest / SECOND
    if (name === 'microseconds') return rest % SECOND
    if (name !== 'total_seconds') return undefined
    return new FunctionValue(name, [], () => Number(this.width) / Number(SECOND), 'builtin_function_or_method')
  }
}

/** The moment so many microseconds after 1970, without a zone, with a time of day or without. */
export const momentAt = (instant: bigint, like?: Moment): Moment => {
  const date = new Date(Number(floorDiv(instant, 1000n)))
  const parts = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()] as const
  if (like && !like.time) return new Moment(parts)
  const micro = Number(((instant % SECOND) + SECOND) % SECOND)
  return new Moment(parts, [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds(), micro], like?.offset)
}

const shifted = (moment: Moment, by: bigint): Moment =>
  momentAt(instantOf(moment) + BigInt(moment.offset ?? 0) * 60n * SECOND + by, moment)

/** A sum or difference with moments and spans among them; undefined where Python knows none. */
export const momentSum = (sign: '+' | '-', a: Value, b: Value): Value | undefined => {
  if (a instanceof Moment && b instanceof Moment && sign === '-') {
    if (!a.time !== !b.time) return undefined
    if ((a.offset === undefined) !== (b.offset === undefined))
      throw new ValueFault("can't subtract offset-naive and offset-aware datetimes")
    return new Span(instantOf(a) - instantOf(b))
  }
  if (a instanceof Moment && b instanceof Span) return shifted(a, sign === '+' ? b.width : -b.width)
  if (a instanceof Span && b instanceof Moment && sign === '+') return shifted(b, a.width)
  if (!(a instanceof Span && b instanceof Span)) return undefined
  return new Span(sign === '+' ? a.width + b.width : a.width - b.width)
}

const NAMES = ['year', 'month', 'day', 'hour', 'minute', 'second', 'microsecond']

/** Monday is 0. */
const weekdayOf = ({ parts: [year, month, day] }: Moment): number =>
  (new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7

const METHODS: Record<string, [parameters: string[], run: (moment: Moment, ...values: Value[]) => Value]> = {
  strftime: [['format'], (moment, format) => dateText(moment, String(format))],
  isoformat: [['sep?'], moment => isoText(moment)],
  date: [[], ({ parts }) => new Moment(parts)],
  weekday: [[], moment => BigInt(weekdayOf(moment))],
  isoweekday: [[], moment => BigInt(weekdayOf(moment) + 1)],
  timestamp: [[], moment => secondsOf(moment)],
}

/** Seconds since 1970: of a moment without a zone, as this machine's clock shows it. */
const secondsOf = (moment: Moment): number => {
  if (moment.offset !== undefined || !moment.time) return Number(instantOf(moment)) / 1e6
  const [[year, month, day], [hour, minute, second, micro]] = [moment.parts, moment.time]
  const date = new Date(year, month - 1, day, hour, minute, second)
  return date.getTime() / 1000 + micro / 1e6
}

/** A part of a moment, or a method of it. */
export const memberOfMoment = (moment: Moment, name: string): Value | undefined => {
  const found = [...moment.parts, ...(moment.time ?? [])][NAMES.indexOf(name)]
  if (found !== undefined) return BigInt(found)
  if (!Object.hasOwn(METHODS, name)) return undefined
  const [parameters, run] = METHODS[name]!
  return new FunctionValue(
    name,
    parameters,
    (...values: never[]) => run(moment, ...values),
    'builtin_function_or_method',
  )
}
