import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Kubo, keyText, newKey, privateKubo } from './kubo.ts'
import { ipfsProgram } from './place.ts'
import { run } from './process.ts'
import { fails, node, pnet, reason, starts } from './starting.ts'

// What `ipfs daemon` says of a swarm.key that it cannot use, each text in full.

const base = await privateKubo('base', 0, newKey())
const hex = 'ab'.repeat(32)
const head = '/key/swarm/psk/1.0.0/\n'

let copies = 0
const copy = (): Kubo => base.copy(`copy${copies++}`)

test('swarm.key: every malformed kind, told by its reader', async () => {
  const wrong: [string | Buffer, string][] = [
    ['', 'EOF'],
    [head, 'EOF'],
    [`${head}/base16/\n`, 'EOF'],
    [hex, 'EOF'],
    [`\uFEFF${keyText(hex)}`, `expected file header /key/swarm/psk/1.0.0/, got: \uFEFF/key/swarm/psk/1.0.0/`],
    [`\n${keyText(hex)}`, 'expected file header /key/swarm/psk/1.0.0/, got:'],
    [`${hex}\n`, `expected file header /key/swarm/psk/1.0.0/, got: ${hex}`],
    [keyText(hex).replace('1.0.0', '2.0.0'), 'expected file header /key/swarm/psk/1.0.0/, got: /key/swarm/psk/2.0.0/'],
    [keyText(hex).replace('base16', 'base99'), 'unknown encoding: /base99/'],
    [`${head}/base16/\nabcdef\n`, 'encoding/hex: invalid byte: U+000A'],
    [`${head}/base16/\nabcdef`, 'unexpected EOF'],
    [keyText(hex.slice(1)), 'encoding/hex: invalid byte: U+000A'],
    [`${head}/base16/\n ${hex}`, "encoding/hex: invalid byte: U+0020 ' '"],
    [`${head}/base16/\nnot hex\n`, "encoding/hex: invalid byte: U+006E 'n'"],
    [`${head}/base64/\n****\n`, 'illegal base64 data at input byte 0'],
    [`${head}/bin/\nabc`, 'unexpected EOF'],
  ]
  for (const [text, why] of wrong) {
    const kubo = copy()
    writeFileSync(`${kubo.path}/swarm.key`, text)
    await fails(kubo, 'identity', pnet + why)
  }
  const utf16 = copy()
  writeFileSync(`${utf16.path}/swarm.key`, Buffer.from(`\uFEFF${keyText(hex)}`, 'utf16le'))
  const ran = await utf16.start()
  assert.match(reason(ran), /expected file header \/key\/swarm\/psk\/1\.0\.0\/, got: /)
})

test('swarm.key: CRLF, capitals, more text behind, base64 and bytes are read as the same key', async () => {
  const same = [
    keyText(hex),
    keyText(hex).replaceAll('\n', '\r\n'),
    keyText(hex.toUpperCase()),
    `${keyText(hex)}more\n`,
    `${head}/base64/\n${Buffer.from(hex, 'hex').toString('base64')}`,
    Buffer.concat([Buffer.from(`${head}/bin/\n`), Buffer.from(hex, 'hex')]),
  ]
  const prints = new Set<string | undefined>()
  for (const text of same) {
    const kubo = copy()
    writeFileSync(`${kubo.path}/swarm.key`, text)
    prints.add(/Swarm key fingerprint: ([0-9a-f]{32})\n/.exec(await starts(kubo))?.[1])
  }
  assert.equal([...prints], ['fd957768903569d239aaec7c59b359e3'])
})

test('swarm.key that is missing, a folder, or not readable', async () => {
  const kubo = copy()
  rmSync(`${kubo.path}/swarm.key`)
  const none = 'privnet: private network was not configured but is enforced by the environment'
  await fails(kubo, 'identity', node + none)
  const ran = await kubo.start()
  assert.match(ran.stderr, /\tERROR\tp2p-config\t.*\ttried to create a libp2p node with no Private Network Protector/)
  const open = await starts(kubo, { LIBP2P_FORCE_PNET: 'true' })
  assert.not.match(open, /fingerprint/, 'only 1 enforces it')

  mkdirSync(`${kubo.path}/swarm.key`)
  await fails(kubo, 'identity', `${node}read ${kubo.path}/swarm.key: is a directory`)

  const closed = copy()
  writeFileSync(`${closed.path}/swarm.key`, keyText(hex))
  await run(['chmod', '000', `${closed.path}/swarm.key`])
  const env = { IPFS_PATH: closed.path, LIBP2P_FORCE_PNET: '1' }
  // Root reads everything, unless it has given that up.
  const caps = '-dac_override,-dac_read_search'
  const bare = process.getuid?.() === 0 ? ['setpriv', `--bounding-set=${caps}`, `--inh-caps=${caps}`] : []
  const denied = await run([...bare, ipfsProgram, 'daemon'], { env })
  assert.is(reason(denied), `${node}open ${closed.path}/swarm.key: permission denied`)
})

test.run()
