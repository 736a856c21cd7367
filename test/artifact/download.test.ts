import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { all, good, kubo, leftIn, NAME, other, withDigest } from './net.ts'
import { absent, present, publish, sha512, storeAt } from './rig.ts'
import { send, serve } from './server.ts'

// Archives by address: which of several counts, and which bytes are the right ones.

test('what neither folder nor cache has is downloaded, checked, kept, and locked; another run asks nobody', async () => {
  await using at = await all(good)
  const first = storeAt(at)
  const found = present(await first.find(NAME, { urls: at.urls, upstream: at.urls[0]! }))
  assert.equal(readFileSync(found.file), kubo)
  assert.equal(at.asked(), [`GET /${NAME}.sha512`, `GET /${NAME}`])
  assert.equal(leftIn(at.cache), [])
  const downloads = first.told.filter(event => event.type === 'download')
  assert.equal(downloads.at(-1), {
    type: 'download',
    archive: NAME,
    from: at.urls[0],
    done: kubo.length,
    total: kubo.length,
  })
  assert.is(first.told.length, downloads.length, 'upstream itself needs no warning')
  assert.equal(await first.lock.save(), [NAME])
  present(await storeAt(at).find(NAME, { urls: at.urls }))
  assert.is(at.asked().length, 2)
})

test('of several addresses the first that has it; a mirror that alone says what is right is named', async () => {
  await using at = await all((_, response) => void response.writeHead(404).end(), good)
  const store = storeAt(at)
  present(await store.find(NAME, { urls: at.urls }))
  assert.equal(at.asked(0), [`GET /${NAME}.sha512`])
  const warning = store.told.find(event => event.type === 'warning')
  assert.match(warning!.text, `nobody but ${at.urls[1]}.sha512 says`)
  assert.match(warning!.text, `compare ${sha512(kubo)} once with https://upstream.invalid/${NAME}.sha512`)
})

test('nobody has it: every address is named, with what it said', async () => {
  const closed = await serve(good)
  await closed.close()
  await using at = await all((_, response) => void response.writeHead(404).end())
  const urls = [...at.urls, `${closed.base}/${NAME}`]
  const { missing, fix } = absent(await storeAt(at).find(NAME, { urls }))
  assert.match(missing, `${NAME} could not be downloaded\n${at.urls[0]}: 404 Not Found`)
  assert.match(missing, `${closed.base}/${NAME}: nothing listens there`)
  assert.match(fix, 'check the network; behind a proxy set HTTPS_PROXY; name another mirror')
  assert.is(
    absent(await storeAt(at).find(NAME, { urls: at.urls })).fix,
    'check the version; name another mirror, or give --artifacts DIR with the archive in it',
  )
})

test('a pinned digest counts, and the published one is not even asked for', async () => {
  await using at = await all(good)
  const store = storeAt(at)
  present(await store.find(NAME, { urls: at.urls, pinned: sha512(kubo).toUpperCase() }))
  assert.equal(at.asked(), [`GET /${NAME}`])
  assert.is(store.told.filter(event => event.type === 'warning').length, 0)
  const wrong = absent(await storeAt({ cache: `${at.cache}2` }).find(NAME, { urls: at.urls, pinned: sha512(other) }))
  assert.match(wrong.missing, `${NAME} is not what the playbook says`)
  assert.match(wrong.missing, new RegExp(`has +${sha512(kubo)}\n +and not ${sha512(other)}`))
  assert.equal(readdirSync(`${at.cache}2`), [], 'nothing of it is kept')
})

test('SHA-256 where upstream publishes that, also as a bare digest', async () => {
  const hex = createHash('sha256').update(kubo).digest('hex')
  await using at = await all((request, response) =>
    request.url!.endsWith('.sha256') ? void response.end(hex) : send(kubo, request, response),
  )
  const found = present(await storeAt(at).find(NAME, { urls: at.urls, published: '.sha256' }))
  assert.is(found.sha512, sha512(kubo))
  present(await storeAt({ cache: `${at.cache}2` }).find(NAME, { urls: at.urls, published: '.sha256', pinned: hex }))
})

test('a server that lies about the digest is passed over for one that does not; alone it is refused', async () => {
  const liar = withDigest((request, response) => send(other, request, response))
  await using at = await all(liar, good)
  present(await storeAt(at).find(NAME, { urls: at.urls }))
  const { missing } = absent(await storeAt({ cache: `${at.cache}2` }).find(NAME, { urls: [at.urls[0]!] }))
  assert.match(missing, `${NAME} is not what ${at.urls[0]}.sha512 says`)
  assert.match(missing, sha512(other))
  assert.equal(readdirSync(`${at.cache}2`), [])
})

test('a page in the place of the digest says so', async () => {
  await using at = await all((_, response) => void response.end('<html>please log in</html>'))
  assert.match(absent(await storeAt(at).find(NAME, { urls: at.urls })).missing, 'its .sha512 says no digest of it')
})

test('compressed on the way or not, the bytes are taken as they are', async () => {
  await using at = await all(
    withDigest((_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(kubo)),
  )
  assert.equal(readFileSync(present(await storeAt(at).find(NAME, { urls: at.urls })).file), kubo)
})

test('a server that leads elsewhere is followed; round in circles it is not', async () => {
  await using at = await all(good)
  await using front = await all(
    (request, response) => void response.writeHead(302, { location: `${at.servers[0]!.base}${request.url}` }).end(),
  )
  present(await storeAt(front).find(NAME, { urls: front.urls }))
  await using round = await all((request, response) => void response.writeHead(302, { location: request.url! }).end())
  assert.match(absent(await storeAt(round).find(NAME, { urls: round.urls })).missing, /in a circle \(its/)
})

test('a name and a password in an address go to the server, and nowhere else', async () => {
  await using at = await all((request, response) => {
    const isRight = request.headers.authorization === `Basic ${Buffer.from('ann:pass/word').toString('base64')}`
    if (isRight) good(request, response)
    else response.writeHead(401).end()
  })
  const secret = at.urls[0]!.replace('http://', 'http://ann:pass%2Fword@')
  const store = storeAt(at)
  present(await store.find(NAME, { urls: [secret] }))
  assert.not.match(JSON.stringify(store.told), 'pass')
  const { missing } = absent(
    await storeAt({ cache: `${at.cache}2` }).find(NAME, { urls: [secret.replace('ann', 'bob')] }),
  )
  assert.match(missing, '401 Unauthorized')
  assert.not.match(missing, 'pass')
  const wrong = absent(await storeAt({ cache: `${at.cache}3` }).find(NAME, { urls: [secret], pinned: sha512(other) }))
  assert.match(wrong.missing, `${NAME} is not what the playbook says`)
  assert.not.match(wrong.missing, 'pass')
  for (const folder of readdirSync(at.cache))
    assert.not.match(readFileSync(`${at.cache}/${folder}/index.json`, 'utf8'), 'pass')
  const asked = at.asked().length
  present(await storeAt(at).find(NAME, { urls: [secret] }))
  assert.is(at.asked().length, asked, 'the cache knows the address by what is no secret of it')
  assert.match(absent(await storeAt(at).find(NAME, { urls: ['http://a:99999/x'] })).fix, 'mend `mirrors`')
})

test('two at once on one cache: each finds a good archive, and nothing is left', async () => {
  await using at = await all(good)
  const found = await Promise.all([1, 2, 3].map(() => storeAt(at).find(NAME, { urls: at.urls })))
  for (const one of found) assert.equal(readFileSync(present(one).file), kubo)
  assert.equal(leftIn(at.cache), [])
  assert.is(readdirSync(at.cache).length, 1)
})

test('what a folder held is used once upstream says the same of it', async () => {
  await using at = await all(good)
  publish(at.folder, NAME, kubo)
  present(await storeAt({ folder: at.folder, cache: at.cache }).find(NAME))
  present(await storeAt({ cache: at.cache }).find(NAME, { urls: at.urls }))
  assert.equal(at.asked(), [`GET /${NAME}.sha512`])
})

test.run()

test.run()
