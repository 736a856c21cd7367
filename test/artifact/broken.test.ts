import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { all, good, kubo, leftIn, NAME, withDigest } from './net.ts'
import { absent, present, sha512, storeAt } from './rig.ts'
import { cutOff, send } from './server.ts'

// Downloads from servers that break off, fall silent, are busy or slow; and what is gone on with later.

test('a connection that breaks is taken up where it broke', async () => {
  let left = 2
  await using at = await all(
    withDigest((request, response) =>
      left-- > 0 ? cutOff(kubo, 50_000, request, response) : send(kubo, request, response),
    ),
  )
  const store = storeAt(at)
  assert.equal(readFileSync(present(await store.find(NAME, { urls: at.urls })).file), kubo)
  assert.equal(at.asked(), [
    `GET /${NAME}.sha512`,
    `GET /${NAME}`,
    `GET /${NAME} bytes=50000-`,
    `GET /${NAME} bytes=100000-`,
  ])
  assert.match(store.told.find(event => event.type === 'warning')!.text, 'the connection broke; trying again in')
})

test('a later run goes on with what an earlier one has got, from another server too', async () => {
  await using at = await all(
    withDigest((request, response) => cutOff(kubo, 10_000, request, response)),
    good,
  )
  const first = absent(await storeAt(at).find(NAME, { urls: [at.urls[0]!] }))
  assert.match(first.missing, 'the connection broke')
  assert.equal(leftIn(at.cache), [`.part-${sha512(kubo).slice(0, 16)}`])
  present(await storeAt(at).find(NAME, { urls: [at.urls[1]!] }))
  assert.equal(at.asked(1).at(-1), `GET /${NAME} bytes=40000-`)
  assert.equal(leftIn(at.cache), [])
})

test('what a process that is gone had got is gone on with; what one that lives is getting is left to it', async () => {
  await using at = await all(good)
  mkdirSync(at.cache)
  const stem = `.part-${sha512(kubo).slice(0, 16)}-${hostname().replaceAll(/[^\w]/g, '_')}`
  writeFileSync(join(at.cache, `${stem}-${process.pid}-a`), 'of another')
  writeFileSync(join(at.cache, `${stem}-4194305-b`), kubo.subarray(0, 1000))
  present(await storeAt(at).find(NAME, { urls: at.urls }))
  assert.equal(at.asked().at(-1), `GET /${NAME} bytes=1000-`)
  assert.equal(leftIn(at.cache), [`${stem}-${process.pid}-a`])
})

test('what was got before and is wrong is got once more, whole', async () => {
  await using at = await all(good)
  mkdirSync(at.cache)
  writeFileSync(join(at.cache, `.part-${sha512(kubo).slice(0, 16)}`), Buffer.alloc(5000, 'x'))
  assert.equal(readFileSync(present(await storeAt(at).find(NAME, { urls: at.urls })).file), kubo)
  assert.equal(at.asked().slice(1), [`GET /${NAME} bytes=5000-`, `GET /${NAME}`])
})

test('a part that is whole already needs no byte more; one that is too long is thrown away', async () => {
  for (const [part, asked] of [
    [kubo, [`GET /${NAME} bytes=${kubo.length}-`]],
    [Buffer.concat([kubo, kubo]), [`GET /${NAME} bytes=${2 * kubo.length}-`, `GET /${NAME}`]],
  ] as const) {
    await using at = await all(good)
    mkdirSync(at.cache)
    writeFileSync(join(at.cache, `.part-${sha512(kubo).slice(0, 16)}`), part)
    present(await storeAt(at).find(NAME, { urls: at.urls }))
    assert.equal(at.asked().slice(1), asked)
  }
})

test('a server that does not know ranges sends it whole, and that is what counts', async () => {
  let isFirst = true
  await using at = await all(
    withDigest((request, response) => {
      if (isFirst) cutOff(kubo, 50_000, request, response)
      else response.end(kubo)
      isFirst = false
    }),
  )
  assert.equal(readFileSync(present(await storeAt(at).find(NAME, { urls: at.urls })).file), kubo)
  assert.is(at.asked().length, 3)
})

test('503 is asked again, after the time the server names; not for ever', async () => {
  let left = 2
  await using at = await all((request, response) =>
    left-- > 0 ? void response.writeHead(503).end() : good(request, response),
  )
  present(await storeAt(at).find(NAME, { urls: at.urls }))
  await using never = await all((_, response) => void response.writeHead(503).end())
  const { missing } = absent(await storeAt(never).find(NAME, { urls: never.urls }))
  assert.match(missing, `${never.urls[0]}: 503 Service Unavailable`)
  assert.is(never.asked().length, 4)
})

test('a server that falls silent is noticed, before its answer and in the middle of it', async () => {
  await using at = await all(
    () => {},
    withDigest((_, response) => {
      response.writeHead(200, { 'content-length': kubo.length })
      response.write(kubo.subarray(0, 1000))
    }),
    good,
  )
  const store = storeAt(at)
  present(await store.find(NAME, { urls: at.urls }))
  const said = store.told.flatMap(event => (event.type === 'warning' ? [event.text] : []))
  assert.ok(
    said.some(text => text.startsWith(`${at.urls[0]}.sha512: nothing came for 0.3 s`)),
    said.join('\n'),
  )
  assert.ok(
    said.some(text => text.startsWith(`${at.urls[1]}: nothing came for 0.3 s`)),
    said.join('\n'),
  )
  assert.equal(at.asked(2).at(-1), `GET /${NAME} bytes=1000-`)
})

test('a server that closes as soon as it has sent a big file', async () => {
  await using at = await all(
    withDigest((_, response) => {
      response.socket!.end(
        Buffer.concat([Buffer.from(`HTTP/1.0 200 OK\r\ncontent-length: ${kubo.length}\r\n\r\n`), kubo]),
      )
    }),
  )
  assert.equal(readFileSync(present(await storeAt(at).find(NAME, { urls: at.urls })).file), kubo)
})

test('a slow server is waited for, and tells how far it is', async () => {
  await using at = await all(
    withDigest((_, response) => {
      response.writeHead(200, { 'content-length': kubo.length })
      let sent = 0
      const more = (): void => {
        const piece = kubo.subarray(sent, sent + 30_000)
        sent += piece.length
        if (piece.length > 0) response.write(piece, () => setTimeout(more, 120))
      }
      more()
    }),
  )
  const store = storeAt(at)
  present(await store.find(NAME, { urls: at.urls }))
  const done = store.told.flatMap(event => (event.type === 'download' ? [event.done] : []))
  assert.ok(done.length >= 4, `${done}`)
  assert.equal(
    done,
    done.toSorted((a, b) => a - b),
  )
})

test('an interrupt ends a download at once, and what it has got stays', async () => {
  const stop = new AbortController()
  await using at = await all(
    withDigest((_, response) => {
      response.writeHead(200, { 'content-length': kubo.length })
      response.write(kubo.subarray(0, 1000), () => setTimeout(() => stop.abort(), 50))
    }),
  )
  const reason = await storeAt(at, stop.signal)
    .find(NAME, { urls: at.urls })
    .then(
      () => 'it went on',
      (error: Error) => error.name,
    )
  assert.is(reason, 'AbortError')
  assert.is(leftIn(at.cache).length, 1)
})

test.run()
