import { type FactValues, linesOf, numberIn, readLine, type Section, type Subset, valuesIn } from './section.ts'

/**
 * One process for the time, and two for the zone's names: Python looks half a year apart which of them is that of summer.
 * A `date` without fractions of seconds says `N` or nothing there.
 */
const timeSection: Section = {
  name: 'time',
  sh: `export LC_ALL=C
date '+%Y%n%m%n%A%n%w%n%W%n%d%n%H%n%M%n%S%n%s%n%Z%n%z%n%N'
s=$(date +%s); s=$((s / 31557600 * 31557600))
echo "winter $(date -d @$s '+%z %Z')"; echo "summer $(date -d @$((s + 15778800)) '+%z %Z')"`,
}

const two = (number: number): string => String(number).padStart(2, '0')

const zoneName = (lines: string[]): string | undefined => {
  const of = (season: string): string[] | undefined =>
    lines
      .find(line => line.startsWith(`${season} `))
      ?.split(' ')
      .slice(1)
  const [winter, summer] = [of('winter'), of('summer')]
  if (!winter?.[1] || !summer?.[1]) return undefined
  // South of the equator January is summer.
  return Number(winter[0]) < Number(summer[0]) || winter[0] === summer[0] ? summer[1] : winter[1]
}

export const clock: Subset = {
  facts: ['date_time'],
  sections: [timeSection],
  make: (printed): FactValues => {
    const lines = linesOf(printed(timeSection))
    const [year, month, weekday, number, week, day, hour, minute, second, epoch, zone, offset, fraction] =
      lines as string[]
    const seconds = numberIn(epoch)
    // Years that a clock can say: what is said beyond them is no time.
    if (seconds === undefined || Math.abs(seconds) > 2e11) return {}
    const micro = /^\d{9}$/.test(fraction ?? '') ? fraction!.slice(0, 6) : '000000'
    const utc = new Date(seconds * 1000)
    const date = `${utc.getUTCFullYear()}-${two(utc.getUTCMonth() + 1)}-${two(utc.getUTCDate())}`
    const time = [utc.getUTCHours(), utc.getUTCMinutes(), utc.getUTCSeconds()].map(two).join(':')
    const basic = `${year}${month}${day}T${hour}${minute}${second}`
    return {
      date_time: {
        year: year!,
        month: month!,
        weekday: weekday!,
        weekday_number: number!,
        weeknumber: week!,
        day: day!,
        hour: hour!,
        minute: minute!,
        second: second!,
        epoch: epoch!,
        epoch_int: epoch!,
        date: `${year}-${month}-${day}`,
        time: `${hour}:${minute}:${second}`,
        iso8601_micro: `${date}T${time}.${micro}Z`,
        iso8601: `${date}T${time}Z`,
        iso8601_basic: `${basic}${micro}`,
        iso8601_basic_short: basic,
        tz: zone!,
        tz_dst: zoneName(lines) ?? zone!,
        tz_offset: offset!,
      },
    }
  },
}

const loadSection: Section = { name: 'load', sh: `${readLine}; r uptime /proc/uptime; r load /proc/loadavg` }

export const uptime: Subset = {
  facts: ['uptime_seconds', 'loadavg'],
  sections: [loadSection],
  make: (printed): FactValues => {
    const values = valuesIn(printed(loadSection))
    const seconds = Number(values.get('uptime')?.split(' ')[0])
    const [one = Number.NaN, five = Number.NaN, fifteen = Number.NaN] = (values.get('load') ?? '')
      .split(' ')
      .map(Number)
    return {
      ...(Number.isFinite(seconds) ? { uptime_seconds: Math.trunc(seconds) } : {}),
      ...([one, five, fifteen].every(Number.isFinite) ? { loadavg: { '1m': one, '5m': five, '15m': fifteen } } : {}),
    }
  },
}
