import { STATUS_CODES } from 'node:http'
import { Writable } from 'node:stream'
import { EnvHttpProxyAgent, stream } from 'undici'
import { authorizationHeader, withoutCredentials } from './address.ts'

/** Why a server did not give what it was asked for, in words for a person. */
export class DownloadError extends Error {
  /** Whether asking once more may help; `after`: not before so many milliseconds, as the server says. */
  readonly passing: boolean
  readonly after: number
  constructor(why: string, { passing = false, after = 0 }: { passing?: boolean; after?: number } = {}) {
    super(why)
    this.passing = passing
    this.after = after
  }
}

/** How a server answers, before its first byte. */
export type HttpAnswer = { status: number; header(name: string): string | undefined }
export type HttpClient = {
  /**
   * Asks for a file, from byte `from` on. What `begin` returns is given the body, piece by piece, and has to be done
   * with each when it returns; where it returns nothing the body is not wanted. Rejects with a DownloadError, also for what
   * is no answer to that.
   */
  get(url: string, from: number, begin: (answer: HttpAnswer) => ((piece: Buffer) => void) | undefined): Promise<void>
  close(): Promise<void>
}

const REDIRECTS = 5
const LONGEST_WAIT = 30_000
const FINE = [200, 206, 416]
const ELSEWHERE = [301, 302, 303, 307, 308]
/** Slower than that it is given up: so many bytes have to come in so many times the silence that is borne. */
const SLOWEST_BYTES = 256 * 1024
const SLOWEST_SILENCES = 4

/** Ends an answer whose body is not wanted: it is no failure. */
class Enough extends Error {}
/** The answer that what is asked for is elsewhere. */
class Elsewhere extends Error {
  readonly location: string | undefined
  constructor(location: string | undefined) {
    super('elsewhere')
    this.location = location
  }
}
const PASSING = [408, 425, 429, 500, 502, 503, 504]

const reasons: Record<string, string> = {
  ENOTFOUND: 'no such host is known here',
  EAI_AGAIN: 'its name cannot be looked up at the moment',
  ECONNREFUSED: 'nothing listens there',
  EHOSTUNREACH: 'there is no way to it from here',
  ENETUNREACH: 'there is no way to it from here',
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
  UND_ERR_SOCKET: 'the connection broke',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the connection broke',
  UND_ERR_CONNECT_TIMEOUT: 'it could not be reached in time',
}
const passingCodes = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'EAI_AGAIN']

const downloadErrorOf = (error: unknown, silence: number): DownloadError => {
  const { code = '', message } = error as NodeJS.ErrnoException
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT')
    return new DownloadError(`nothing came for ${silence / 1000} s`, { passing: true })
  // The first sentence of the library's message is for users, the rest for its callers.
  return new DownloadError(reasons[code] ?? message.split('. ')[0]!, { passing: passingCodes.includes(code) })
}

const refuseStatus = (status: number, header: HttpAnswer['header']): void => {
  if (FINE.includes(status)) return
  const after = Math.min(LONGEST_WAIT, 1000 * (Number(header('retry-after')) || 0))
  throw new DownloadError(`${status} ${STATUS_CODES[status] ?? ''}`.trim(), {
    passing: PASSING.includes(status),
    after,
  })
}

/**
 * Where a server leads to, from an address that it was asked by. What was asked for over https goes on over https: whoever
 * sits on the way could answer anything else.
 */
export const redirectedTo = (url: string, location: string | undefined, seen: string[]): string => {
  const to = location === undefined ? null : URL.parse(location, url)
  if (to === null) throw new DownloadError('it leads elsewhere and does not say where')
  const shown = `${to.origin === 'null' ? to.protocol : to.origin}${to.pathname}`
  if (to.protocol !== 'https:' && to.protocol !== 'http:')
    throw new DownloadError(`it leads to ${shown}, which is no web address`)
  if (to.protocol === 'http:' && new URL(url).protocol === 'https:')
    throw new DownloadError(`it leads from https to ${shown}, where anybody on the way could answer`)
  if (to.username !== '' || to.password !== '')
    throw new DownloadError(`it leads to ${shown} with a password of its own`)
  to.hash = ''
  if (seen.includes(to.href)) throw new DownloadError('it leads round in a circle')
  if (seen.length > REDIRECTS) throw new DownloadError(`it leads on more than ${REDIRECTS} times`)
  return to.href
}

/** Calls `onSlow` where fewer bytes come than that in any stretch of time; `came` is told of each piece. */
const watchSpeed = (silence: number, onSlow: () => void): { came: (bytes: number) => void; stop: () => void } => {
  let bytes = 0
  const timer = setInterval(() => {
    if (bytes < SLOWEST_BYTES) onSlow()
    bytes = 0
  }, SLOWEST_SILENCES * silence).unref()
  const came = (more: number): void => {
    bytes += more
  }
  return { came, stop: () => clearInterval(timer) }
}

/** Never lets the server pause: the library (undici 7) crashes when a server closes while it is paused. */
const bodyWriter = (onPiece: (piece: Buffer) => void): Writable =>
  new Writable({
    highWaterMark: Number.MAX_SAFE_INTEGER,
    write: (piece, _, done) => {
      try {
        onPiece(piece)
        done()
      } catch (error) {
        done(error as Error)
      }
    },
  })

/**
 * An HTTP client that uses the proxies of the environment. A server that sends nothing for `silence` milliseconds is
 * given up. Bytes are stored as they are sent: a `.tar.gz` that a server declares as compressed text is not unpacked.
 */
export const createHttpClient = (silence: number, signal: AbortSignal): HttpClient => {
  // Without a tunnel for plain HTTP: most proxies open tunnels for HTTPS only.
  const agent = new EnvHttpProxyAgent({ proxyTunnel: false })
  const ask = async (
    url: string,
    from: number,
    credentials: Record<string, string>,
    begin: Parameters<HttpClient['get']>[2],
  ): Promise<void> => {
    let own: unknown
    const slow = new AbortController()
    /** Remembers an error of our own, so that it is not taken for one of the server's. */
    const ownErrors = <T>(inside: () => T): T => {
      try {
        return inside()
      } catch (error) {
        own = error
        throw error
      }
    }
    const speed = watchSpeed(silence, () => {
      own = new DownloadError(
        `it sends less than ${SLOWEST_BYTES / 1024} KB in ${(SLOWEST_SILENCES * silence) / 1000} s`,
        { passing: true },
      )
      slow.abort()
    })
    const options = {
      method: 'GET',
      dispatcher: agent,
      signal: AbortSignal.any([signal, slow.signal]),
      headers: {
        'accept-encoding': 'identity',
        'user-agent': 'runbook',
        ...credentials,
        ...(from === 0 ? {} : { range: `bytes=${from}-` }),
      },
      headersTimeout: silence,
      bodyTimeout: silence,
    } as const
    try {
      await stream(url, options, ({ statusCode: status, headers }) =>
        ownErrors(() => {
          const header = (name: string): string | undefined => headers[name]?.toString()
          if (ELSEWHERE.includes(status)) throw new Elsewhere(header('location'))
          refuseStatus(status, header)
          const onPiece = begin({ status, header })
          if (onPiece === undefined) throw new Enough()
          return bodyWriter(piece => {
            speed.came(piece.length)
            ownErrors(() => onPiece(piece))
          })
        }),
      )
    } catch (error) {
      throw signal.aborted ? signal.reason : (own ?? downloadErrorOf(error, silence))
    } finally {
      speed.stop()
    }
  }
  return {
    get: async (url, from, begin) => {
      const seen = [withoutCredentials(url)]
      const credentials = authorizationHeader(url)
      for (;;) {
        const at = seen.at(-1)!
        // A name and a password are for the server they were given for.
        const own = new URL(at).origin === new URL(url).origin ? credentials : {}
        try {
          return await ask(at, from, own, begin)
        } catch (error) {
          if (error instanceof Enough) return
          if (!(error instanceof Elsewhere)) throw error
          seen.push(redirectedTo(at, error.location, seen))
        }
      }
    },
    close: () => agent.destroy(),
  }
}
