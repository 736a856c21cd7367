import { STATUS_CODES } from 'node:http'
import { Writable } from 'node:stream'
import { EnvHttpProxyAgent, interceptors, stream } from 'undici'
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
   * with each when it returns. Rejects with a DownloadError, also for what is no answer to that.
   */
  get(url: string, from: number, begin: (answer: HttpAnswer) => (piece: Buffer) => void): Promise<void>
  close(): Promise<void>
}

const REDIRECTS = 5
const LONGEST_WAIT = 30_000
const FINE = [200, 206, 416]
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
  const dispatcher = agent.compose(interceptors.redirect({ maxRedirections: REDIRECTS }))
  return {
    get: async (url, from, begin) => {
      let own: unknown
      /** Remembers an error of our own, so that it is not taken for one of the server's. */
      const ownErrors = <T>(inside: () => T): T => {
        try {
          return inside()
        } catch (error) {
          own = error
          throw error
        }
      }
      const headers = {
        'accept-encoding': 'identity',
        'user-agent': 'runbook',
        ...authorizationHeader(url),
        ...(from === 0 ? {} : { range: `bytes=${from}-` }),
      }
      const options = {
        method: 'GET',
        dispatcher,
        signal,
        headers,
        headersTimeout: silence,
        bodyTimeout: silence,
      } as const
      try {
        await stream(withoutCredentials(url), options, ({ statusCode: status, headers }) =>
          ownErrors(() => {
            const header = (name: string): string | undefined => headers[name]?.toString()
            refuseStatus(status, header)
            const onPiece = begin({ status, header })
            return bodyWriter(piece => ownErrors(() => onPiece(piece)))
          }),
        )
      } catch (error) {
        throw signal.aborted ? signal.reason : (own ?? downloadErrorOf(error, silence))
      }
    },
    close: () => agent.destroy(),
  }
}
