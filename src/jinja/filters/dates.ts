import { type Callable, type Context, callable, callableIn } from '../callable.ts'
import { dateText, momentFrom } from '../date-text.ts'
import { numeric } from '../equality.ts'
import { momentAt } from '../moments.ts'
import { str } from '../repr.ts'
import { truth } from '../truth.ts'
import { Moment, usable, type Value, ValueFault } from '../value.ts'
import { textOnly } from './argument.ts'

/** As the clock of this machine shows it, in its zone. */
const localAt = (instant: bigint): Moment => {
  const date = new Date(Number(instant / 1000n))
  const shift = BigInt(date.getTimezoneOffset()) * 60_000_000n
  return momentAt(instant - shift)
}

const zoneName = (instant: bigint): string =>
  new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' })
    .formatToParts(new Date(Number(instant / 1000n)))
    .find(part => part.type === 'timeZoneName')?.value ?? ''

const clock = (context: Context): bigint => BigInt(context.ask('now', controller => controller.now())) * 1000n

/** The moment that it is, or its text. */
export const now = (context: Context, utc: Value, format: Value): Value => {
  const instant = clock(context)
  const moment = truth(utc) ? momentAt(instant) : localAt(instant)
  return truth(format) ? dateText(moment, str(format)) : moment
}

const strftime = (context: Context, format: Value, second: Value = null, utc: Value = false): Value => {
  const given = usable(second)
  const seconds = typeof given === 'string' ? Number(given) : given === null ? undefined : Number(numeric(given))
  if (seconds !== undefined && (Number.isNaN(seconds) || given === ''))
    throw new ValueFault(`Invalid value for epoch value (${str(given)})`)
  const instant = seconds === undefined ? clock(context) : BigInt(Math.floor(seconds)) * 1_000_000n
  if (truth(utc)) return dateText(momentAt(instant), textOnly(format), 'UTC')
  const moment = localAt(instant)
  const offset = -new Date(Number(instant / 1000n)).getTimezoneOffset()
  return dateText(new Moment(moment.parts, moment.time, offset), textOnly(format), zoneName(instant))
}

const toDatetime = (text: Value, format: Value = '%Y-%m-%d %H:%M:%S'): Value => momentFrom(str(text), textOnly(format))

/** Filters of dates and times. */
export const dateFilters: Record<string, Callable> = {
  strftime: callableIn(['string_format', 'second?', 'utc?'], strftime),
  to_datetime: callable(['string', 'format?'], toDatetime),
}
