import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { absent, pack, present, storeAt, temporaryFolder } from './rig.ts'
import { honest, serve } from './server.ts'

// Proxies as the environment names them. The proxy of these tests has the archive itself, so nothing is passed on.

const NAME = 'kubo_v0.42.0_linux-amd64.tar.gz'
const archive = honest({ [`/${NAME}`]: gzipSync(pack({ 'kubo/ipfs': 'program' })) })

const clear = (): void => {
  for (const name of Object.keys(process.env)) if (/^(https?|no)_proxy$/i.test(name)) delete process.env[name]
}
test.before.each(clear)
test.after(clear)

const createProxy = async () => {
  const tunnels: IncomingMessage[] = []
  const server = await serve(
    (request, response) => {
      request.url = new URL(request.url!).pathname
      archive(request, response)
    },
    http =>
      void http.on('connect', (request: IncomingMessage, socket) => {
        tunnels.push(request)
        socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
      }),
  )
  return { ...server, tunnels, [Symbol.asyncDispose]: server.close }
}

test('plain HTTP goes by the proxy, without a tunnel, in both spellings', async () => {
  for (const name of ['http_proxy', 'HTTP_PROXY']) {
    clear()
    using folder = temporaryFolder()
    await using proxy = await createProxy()
    process.env[name] = proxy.base
    const url = `http://mirror.invalid/${NAME}`
    present(await storeAt({ cache: join(folder.path, 'cache') }).find(NAME, { urls: [url] }))
    assert.equal(proxy.asked, [`GET ${url}.sha512`, `GET ${url}`])
    assert.equal(proxy.tunnels, [])
  }
})

test('HTTPS asks the proxy for a tunnel, with the name and password of its address; a refusal is told', async () => {
  for (const name of ['https_proxy', 'HTTPS_PROXY']) {
    clear()
    using folder = temporaryFolder()
    await using proxy = await createProxy()
    process.env[name] = proxy.base.replace('http://', 'http://ann:pass@')
    const url = `https://mirror.invalid/${NAME}`
    const { missing } = absent(await storeAt({ cache: join(folder.path, 'cache') }).find(NAME, { urls: [url] }))
    assert.match(missing, `${url}: Proxy response (403)`)
    assert.not.match(missing, 'pass')
    assert.equal(
      proxy.tunnels.map(({ url, headers }) => [url, headers['proxy-authorization']]),
      [['mirror.invalid:443', `Basic ${Buffer.from('ann:pass').toString('base64')}`]],
    )
  }
})

test('hosts that are named for it are asked without the proxy, in both spellings', async () => {
  for (const name of ['no_proxy', 'NO_PROXY']) {
    clear()
    using folder = temporaryFolder()
    await using proxy = await createProxy()
    const server = await serve(archive)
    process.env.http_proxy = proxy.base
    process.env[name] = 'example.org,127.0.0.1'
    const found = await storeAt({ cache: join(folder.path, 'cache') }).find(NAME, { urls: [`${server.base}/${NAME}`] })
    await server.close()
    present(found)
    assert.equal(proxy.asked, [])
  }
})

test('a proxy that is not there is named as the trouble', async () => {
  using folder = temporaryFolder()
  const gone = await createProxy()
  await gone.close()
  process.env.http_proxy = gone.base.replace('http://', 'http://ann:pass@')
  const urls = [`http://mirror.invalid/${NAME}`]
  const { missing, fix } = absent(await storeAt({ cache: join(folder.path, 'cache') }).find(NAME, { urls }))
  assert.match(missing, 'nothing listens there')
  assert.match(fix, 'check the network and the proxy in http_proxy')
  assert.not.match(missing, 'pass')
})

test.run()
