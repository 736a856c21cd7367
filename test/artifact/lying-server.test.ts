import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { redirectedTo } from '../../src/artifact/http.ts'
import { all, good, kubo, leftIn, NAME, withDigest } from './net.ts'
import { absent, present, sha512, storeAt, temporaryFolder } from './rig.ts'
import { send } from './server.ts'

// Servers that lead to where nobody vouches for what comes, or that send something else than was asked for, or for ever.

const leads = (location: string | undefined, from = 'https://a.example/x', seen = [from]): string => {
  try {
    return redirectedTo(from, location, seen)
  } catch (error) {
    return (error as Error).message
  }
}

test('what was asked for over https goes on over https, to a web address, and not for ever', () => {
  assert.is(leads('/y'), 'https://a.example/y')
  assert.is(leads('//b.example/y'), 'https://b.example/y')
  assert.is(leads('http://b.example/y', 'http://a.example/x'), 'http://b.example/y')
  assert.is(leads('https://b.example/y#z', 'http://a.example/x'), 'https://b.example/y')
  assert.match(leads('http://a.example/y'), 'leads from https to http://a.example/y')
  assert.match(leads('HTTP:\\\\a.example/y'), 'leads from https to http://a.example/y')
  for (const elsewhere of ['file:///etc/passwd', 'ftp://a/b', 'data:text/plain,x', 'javascript:x'])
    assert.match(leads(elsewhere), 'no web address')
  assert.match(leads('https://u:p@b.example/y'), 'with a password')
  assert.not.match(leads('https://u:p@b.example/y'), 'u:p')
  for (const nothing of [undefined, 'http://', 'https://a:99999/']) assert.match(leads(nothing), 'does not say where')
  assert.match(leads('/x'), 'in a circle')
  assert.match(leads('/y', 'https://a.example/x', ['1', '2', '3', '4', '5', '6']), 'more than 5 times')
})

const noOpenssl = spawnSync('openssl', ['version']).status === 0 ? '' : ' (skipped: there is no openssl here)'

test(`a server with a certificate that leads to one without, for the archive or its digest${noOpenssl}`, async () => {
  if (noOpenssl) return
  await using plain = await all(good)
  using folder = temporaryFolder()
  const files = { key: join(folder.path, 'key'), cert: join(folder.path, 'cert') }
  const request = `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout ${files.key} -out ${files.cert}`
  execFileSync('openssl', request.split(' '), { stdio: 'ignore' })
  const tls = { key: readFileSync(files.key), cert: readFileSync(files.cert) }
  const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  try {
    for (const isLed of [(url: string) => url.endsWith('.sha512'), (url: string) => !url.endsWith('.sha512')]) {
      const server = createServer(tls, (request, response) => {
        if (!isLed(request.url!)) return good(request, response)
        response.writeHead(302, { location: `${plain.servers[0]!.base}${request.url}` }).end()
      })
      await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
      const { port } = server.address() as { port: number }
      const found = await storeAt(plain).find(NAME, { urls: [`https://127.0.0.1:${port}/${NAME}`] })
      server.close()
      server.closeAllConnections()
      assert.match(absent(found).missing, 'leads from https to http://127.0.0.1')
    }
  } finally {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before
  }
  assert.equal(plain.asked(), [])
})

test('an archive that is not of the size in the lock, told before or as it comes, is not kept', async () => {
  const longer = Buffer.concat([kubo, Buffer.alloc(2_000_000)])
  await using at = await all(
    (request, response) => send(longer, request, response),
    (_, response) => void response.writeHead(200).end(longer),
  )
  writeFileSync(
    join(at.folder, 'artifacts.lock'),
    JSON.stringify({ artifacts: { [NAME]: { size: kubo.length, sha512: sha512(kubo) } } }),
  )
  const { missing } = absent(await storeAt(at).find(NAME, { urls: at.urls }))
  assert.match(missing, `it has ${longer.length} bytes, and not the ${kubo.length} that`)
  assert.match(missing, `it has more than ${kubo.length} bytes, and not`)
  assert.equal(leftIn(at.cache), [])
})

test('an archive bigger than any is refused by what the server says of it', async () => {
  await using at = await all(
    withDigest((_, response) => void response.writeHead(200, { 'content-length': 5 * 1024 ** 3 }).write('x')),
  )
  const { missing } = absent(await storeAt(at).find(NAME, { urls: at.urls }))
  assert.match(missing, `it has ${5 * 1024 ** 3} bytes: no archive is as big`)
})

/** Sends a piece now and then, for ever. */
const trickling = (bytes: number): Parameters<typeof all>[0] =>
  withDigest((_, response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write(Buffer.alloc(bytes)), 50)
    response.on('close', () => clearInterval(timer))
  })

test('a server that sends a byte now and then, for ever, is given up', async () => {
  await using at = await all(trickling(1))
  const { missing } = absent(await storeAt(at).find(NAME, { urls: at.urls }))
  assert.match(missing, 'it sends less than 256 KB in 1.2 s')
})

test('a body that has no end where none is wanted is not waited for', async () => {
  await using at = await all(
    withDigest((request, response) => {
      if (request.headers.range === undefined) return send(kubo, request, response)
      response.writeHead(416, { 'content-range': `bytes */${kubo.length}` })
      const timer = setInterval(() => response.write(Buffer.alloc(100_000)), 10)
      response.on('close', () => clearInterval(timer))
    }),
  )
  const hex = sha512(kubo)
  present(await storeAt(at).find(NAME, { urls: at.urls }))
  using folder = temporaryFolder()
  const cache = join(folder.path, 'cache')
  execFileSync('mkdir', [cache])
  writeFileSync(join(cache, `.part-${hex.slice(0, 16)}`), kubo)
  present(await storeAt({ cache }).find(NAME, { urls: at.urls }))
})

test.run()
