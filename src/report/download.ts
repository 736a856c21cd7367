import type { Event } from '../core/event.ts'
import { oneLine } from './printable.ts'
import { megabytes, PROGRESS_EVERY_MS } from './wording.ts'

type Download = Event & { type: 'download' }

/** How far a download is, where its length is known as a part of it. */
export const downloadStatus = ({ archive, done, total }: Download): string => {
  const parts = [...(done === 0 ? [] : [megabytes(done)]), ...(total === undefined ? [] : [megabytes(total)])]
  return [oneLine(archive), parts.join(' of ')].filter(part => part !== '').join(' ')
}

/** An archive that was fetched, or was there. */
export const archiveLine = ({ name, size, is }: Event & { type: 'archive' }): string =>
  `${is === 'there' ? '=' : '~'} ${oneLine(name)}  ${megabytes(size)}${is === 'cached' ? ', in the cache' : ''}`

/** A line when a download begins, from each place anew, and one now and then while it goes on. */
export const createDownloadLines = (say: (text: string) => void): ((event: Download) => void) => {
  const reported = new Map<string, { from: string; at: number }>()
  return event => {
    const last = reported.get(event.archive)
    const begins = last?.from !== event.from
    if (!begins && event.time - last!.at < PROGRESS_EVERY_MS) return
    reported.set(event.archive, { from: event.from, at: event.time })
    say(
      begins
        ? `downloading ${downloadStatus(event)} from ${oneLine(event.from)}`
        : `downloading ${downloadStatus(event)}`,
    )
  }
}
