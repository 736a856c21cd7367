import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { sha512 } from './rig.ts'

/** What a server of these tests does with one request; it may leave it unanswered. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void

export type Server = {
  base: string
  /** `GET /path` of each request, with the range that was asked for. */
  asked: string[]
  close(): Promise<void>
}

/** A server on this machine. Open connections do not keep it from closing. */
export const serve = async (
  handler: Handler,
  prepare: (server: ReturnType<typeof createServer>) => void = () => {},
) => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const { range } = request.headers
    asked.push(`${request.method} ${request.url}${range === undefined ? '' : ` ${range}`}`)
    handler(request, response)
  })
  prepare(server)
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  const close = (): Promise<void> =>
    new Promise(done => {
      server.close(() => done())
      server.closeAllConnections()
    })
  return { base: `http://127.0.0.1:${port}`, asked, close } satisfies Server
}

/** Answers with the bytes, or with the range of them that is asked for. */
export const send = (bytes: Buffer, { headers }: IncomingMessage, response: ServerResponse): void => {
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0)
  if (headers.range === undefined) response.writeHead(200, { 'content-length': bytes.length })
  else if (from >= bytes.length) response.writeHead(416, { 'content-range': `bytes */${bytes.length}` })
  else
    response.writeHead(206, {
      'content-length': bytes.length - from,
      'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
    })
  response.end(from >= bytes.length && headers.range !== undefined ? undefined : bytes.subarray(from))
}

/** Sends the first `count` of the bytes it has to send, and breaks the connection. */
export const cutOff = (bytes: Buffer, count: number, request: IncomingMessage, response: ServerResponse): void => {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
  response.writeHead(from === 0 ? 200 : 206, {
    'content-length': bytes.length - from,
    ...(from === 0 ? {} : { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
  })
  response.write(bytes.subarray(from, from + count), () => response.socket?.destroySoon())
}

/** An honest server: archives by path, each with its `.sha512`; anything else is 404. */
export const honest =
  (files: Record<string, Buffer>): Handler =>
  (request, response) => {
    const path = request.url!
    const bytes = files[path]
    const digested = files[path.replace(/\.sha512$/, '')]
    if (bytes) send(bytes, request, response)
    else if (digested)
      response.end(
        `${sha512(digested)}  ${path
          .split('/')
          .at(-1)!
          .replace(/\.sha512$/, '')}\n`,
      )
    else response.writeHead(404).end('no such thing')
  }
