import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { pack, temporaryFolder } from './rig.ts'
import { type Handler, honest, type Server, serve } from './server.ts'

// What the tests of downloads have in common: an archive, servers for it, and no proxy on the way.

for (const name of Object.keys(process.env)) if (/^(https?|no)_proxy$/i.test(name)) delete process.env[name]

export const NAME = 'kubo_v0.42.0_linux-amd64.tar.gz'
const random = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7919 + (i >> 8) * 31) % 251))
export const kubo = gzipSync(pack({ 'kubo/ipfs': random }), { level: 0 })
export const other = gzipSync(pack({ 'kubo/ipfs': 'another program' }))

/** A folder for a cache, and a server for each handler. */
export const all = async (...handlers: Handler[]) => {
  const folder = temporaryFolder()
  const servers: Server[] = await Promise.all(handlers.map(handler => serve(handler)))
  return {
    servers,
    cache: join(folder.path, 'cache'),
    folder: folder.path,
    urls: servers.map(({ base }) => `${base}/${NAME}`),
    asked: (at = 0) => servers[at]!.asked,
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map(server => server.close()))
      folder[Symbol.dispose]()
    },
  }
}
/** Has the archive and its digest. */
export const good = honest({ [`/${NAME}`]: kubo })
/** Honest about the digest; what happens to the archive itself is up to the test. */
export const withDigest =
  (archive: Handler): Handler =>
  (request, response) =>
    request.url!.endsWith('.sha512') ? good(request, response) : archive(request, response)
/** What is not a finished entry. */
export const leftIn = (cache: string): string[] => readdirSync(cache).filter(name => name.startsWith('.'))
