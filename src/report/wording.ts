import type { Paint } from './paint.ts'

/** `1 task`, `3 tasks`. */
export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

export const duration = (ms: number): string => {
  if (ms < 100_000) return `${(ms / 1000).toFixed(1)} s`
  const whole = Math.round(ms / 1000)
  return `${Math.floor(whole / 60)} min ${whole % 60} s`
}

/** How long something has been going on, in whole seconds: it is redrawn all the time. */
export const elapsed = (ms: number): string => (ms < 100_000 ? `${Math.floor(ms / 1000)} s` : duration(ms))

/** In a log a transfer gets a line at most this often. */
export const PROGRESS_EVERY_MS = 5000

/** Up to so many hosts are named one by one. */
export const MOST_NAMED = 4

/** Some of the hosts of a run in few words: by name, as all, as all but some, or the first of them. */
export const hostList = (hosts: string[], all: string[]): string => {
  if (hosts.length <= MOST_NAMED) return hosts.join(', ')
  const others = all.filter(host => !hosts.includes(host))
  if (others.length === 0) return `all ${all.length} hosts`
  if (others.length < MOST_NAMED) return `all but ${others.join(', ')}`
  return `${hosts.slice(0, MOST_NAMED - 1).join(', ')} and ${hosts.length - MOST_NAMED + 1} more`
}

/** Up to so many hosts have a line each; of more, those with equal counts share one. */
const MOST_LINES = 10

/** A text for each host; of many hosts those with the same text share a line. */
export const rowLines = (rows: [host: string, text: string][], all: string[], paint: Paint): string[] => {
  const shared = [...Map.groupBy(rows, ([, text]) => text)].map(([text, group]): [string, string] => [
    hostList(
      group.map(([name]) => name),
      all,
    ),
    group.length === 1 ? text : `${text} on each`,
  ])
  const shown = all.length > MOST_LINES ? shared : rows
  const width = Math.max(...shown.map(([name]) => name.length))
  return shown.map(([name, text]) => `${paint.bold(name.padEnd(width))}  ${text}`)
}

/** How far a transfer is, in its unit of bytes. */
export const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`

/** `2026-11-22 21:33:10`, UTC. */
export const utcTime = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ')

/** How long ago, in the largest unit that fits. */
export const timeAgo = (ms: number): string => {
  const minutes = Math.floor(Math.max(0, ms) / 60_000)
  if (minutes < 1) return 'less than a minute ago'
  if (minutes < 120) return `${minutes} min ago`
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h ago` : `${Math.floor(minutes / 1440)} days ago`
}
