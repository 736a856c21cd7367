import { exec, program, type Query, quote, type Step, T } from '../../../src/module/module.ts'
import type { Obstacle } from './paths.ts'

// When something was changed and read last, as a task says it: `preserve`, `now`, or a moment by the host's own clock.

const time = (what: string) =>
  T.Optional(
    T.String({
      description: `When ${what}: preserve (as if not given), now (in every run), or a moment of the host's time in the format below.`,
    }),
  )
const format = T.Optional(T.String({ description: 'The format of that, as strptime has it. Default: %Y%m%d%H%M.%S.' }))

export const timeArguments = {
  modification_time: time('its content was changed'),
  modification_time_format: format,
  access_time: time('it was read'),
  access_time_format: format,
}
export type TimeArguments = {
  modification_time?: string
  modification_time_format?: string
  access_time?: string
  access_time_format?: string
}

/** Both moments in the host's time, `2026-01-31 12:00:00`; of what is not there none. */
export type PathTimes = { mtime?: string; atime?: string }

const fields: Record<string, string> = { Y: '\\d{4}', m: '\\d{2}', d: '\\d{2}', H: '\\d{2}', M: '\\d{2}', S: '\\d{2}' }

/** A moment in digits, year to second; undefined: it is none in that format. */
const momentIn = (text: string, format = '%Y%m%d%H%M.%S'): string | undefined => {
  const parts = format.split(/(%.)/)
  const names = parts.flatMap(part => (/^%[^%]$/.test(part) ? [part[1]!] : []))
  if (names.some(name => fields[name] === undefined)) return undefined
  const source = parts.map(part =>
    /^%.$/.test(part) ? (part === '%%' ? '%' : `(${fields[part[1]!]})`) : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
  )
  const found = new RegExp(`^${source.join('')}$`).exec(text)
  if (found === null) return undefined
  const of = (name: string, none: string): string => found[names.indexOf(name) + 1] ?? none
  const [year, month, day] = [of('Y', '1900'), of('m', '01'), of('d', '01')]
  const [hour, minute, second] = ['H', 'M', 'S'].map(name => (names.includes(name) ? of(name, '00') : '00'))
  const moment = `${year}-${month}-${day} ${hour}:${minute}:${second}`
  return Number.isNaN(Date.parse(`${moment.replace(' ', 'T')}Z`)) ? undefined : moment
}

const members = ['mtime', 'atime'] as const
const argumentsOf = (args: TimeArguments) => ({
  mtime: { value: args.modification_time, format: args.modification_time_format, flag: '-m' },
  atime: { value: args.access_time, format: args.access_time_format, flag: '-a' },
})

const isMoment = (value: string | undefined): value is string =>
  value !== undefined && !['preserve', 'now'].includes(value)

export const badTime = (args: TimeArguments): Obstacle | undefined => {
  const all = argumentsOf(args)
  const wrong = members.find(member => isMoment(all[member].value) && !momentIn(all[member].value!, all[member].format))
  return wrong === undefined
    ? undefined
    : {
        why: `${all[wrong].value} is no moment in the format ${all[wrong].format ?? '%Y%m%d%H%M.%S'}`,
        fix: 'write it so, or say its format in %Y, %m, %d, %H, %M and %S',
      }
}

/** The times of what is there, or of what a link there leads to; asked only where a moment is wanted. */
export const pathTimes = (path: string, args: TimeArguments): Query<PathTimes> | undefined => {
  const all = argumentsOf(args)
  if (!members.some(member => isMoment(all[member].value)) || badTime(args)) return undefined
  const shown = (letter: string): string => `stat -L -c %${letter} -- ${quote(path)} 2>/dev/null | cut -c1-19`
  return program({
    key: `times:${path}`,
    sh: `${shown('y')}; ${shown('x')}`,
    looks: [`path:${path}`],
    parse: ({ stdout }) => {
      const [mtime, atime] = stdout.toString().split('\n')
      return mtime && atime ? { mtime, atime } : {}
    },
    subject: `times of ${path}`,
    touches: [`attributes:${path}`],
  })
}

/** What is to be done about the times of a path: a promise, programs, words. `always`: now is another moment in each run. */
export const timeChange = (path: string, args: TimeArguments, now: PathTimes | undefined) => {
  const all = argumentsOf(args)
  const set = members.flatMap(member => {
    const { value, format, flag } = all[member]
    if (value === undefined || value === 'preserve') return []
    const to = value === 'now' ? undefined : momentIn(value, format)!
    return to !== undefined && now?.[member] === to ? [] : [{ member, flag, to }]
  })
  const touch = (flag: string, to: string | undefined): Step => {
    const digits = to?.replace(/[- :]/g, '')
    return exec([
      'touch',
      '-c',
      flag,
      ...(digits ? ['-t', `${digits.slice(0, 12)}.${digits.slice(12)}`] : []),
      '--',
      path,
    ])
  }
  const will: PathTimes = Object.fromEntries(set.flatMap(({ member, to }) => (to === undefined ? [] : [[member, to]])))
  return {
    will,
    steps: set.map(({ flag, to }) => touch(flag, to)),
    reasons: set.map(({ member, to }) => `its ${member} is to be ${to ?? 'now'}`),
    always: set.some(({ to }) => to === undefined),
  }
}
