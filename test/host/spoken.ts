import { PassThrough } from 'node:stream'
import type { ProgramEnd, Wire } from '../../src/connection/link.ts'

/** One stream of an answer: its marks, `NONCE:1:TAG:STATUS`, written as `TAG` or `TAG=STATUS`, and words of its own. */
export type Spoken = { out: string; err: string }

/** What tells marks apart in a text that a shell is sent. */
export const nonceIn = (script: string): { nonce: string; frame: string } | undefined => {
  const [, nonce, frame] = /printf '([0-9a-f]{32}):(\d+):b:/.exec(script) ?? []
  return nonce === undefined ? undefined : { nonce, frame: frame! }
}

/** A wire whose other end says what it is told to whenever a frame has come. */
export const spokenWire = (answer: (asked: { nonce: string; frame: string }, say: Wire) => void) => {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const ended = Promise.withResolvers<ProgramEnd>()
  let isCut = false
  const wire: Wire & { readonly isCut: boolean } = {
    stdin,
    stdout,
    stderr,
    closed: ended.promise,
    cut: () => {
      isCut = true
      ended.resolve({ why: 'cut' })
    },
    get isCut() {
      return isCut
    },
  }
  let text = ''
  stdin.on('data', (chunk: Buffer) => {
    text += chunk
    if (!text.endsWith('\n}\n')) return
    const asked = nonceIn(text)
    text = ''
    if (asked) answer(asked, wire)
  })
  return wire
}

/** `b 0=3 e` as the marks of a frame; `x` before a colon is another number of a frame, `~` another nonce. */
export const marksOf = ({ nonce, frame }: { nonce: string; frame: string }, words: string): string =>
  words
    .split(' ')
    .filter(word => word !== '')
    .map(word => {
      const [, other, tag, status = '0'] = /^(?:(\d+):)?([^=]*)=?(.*)$/.exec(word)!
      return `${nonce}:${other ?? frame}:${tag}:${status || (tag === 'b' ? '77' : '0')}\n`
    })
    .join('')
