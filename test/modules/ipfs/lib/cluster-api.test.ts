import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecure } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { apiStep, listedPeers, readListed } from '../../../../modules/ipfs/lib/cluster-api.ts'

// What stands on a host is asked as it is there: a shell, an API that wants a password, and no curl but where it is said.

const folder = mkdtempSync(join(tmpdir(), 'runbook-api-'))
test.after(() => rmSync(folder, { recursive: true }))
const password = `it's "a" \\ < & > $(id) 100%`
const user = userInfo().username

/** Programs that a host without more has, and those that are named. */
const withPrograms = (...more: string[]): string => {
  const bin = mkdtempSync(join(folder, 'bin-'))
  const plain = ['sh', 'awk', 'sed', 'sort', 'grep', 'timeout', 'base64', 'tr', 'cat', 'id', 'setpriv', 'env']
  for (const name of [...plain, ...more])
    symlinkSync(execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim(), join(bin, name))
  return bin
}

const peers = [
  {
    id: 'QmA',
    addresses: ['/ip4/127.0.0.1/tcp/9096/p2p/QmA', '/ip4/10.0.0.1/tcp/9096/p2p/QmA'],
    error: '',
    peername: 'a b',
  },
  { id: 'QmB', addresses: null, error: 'all dials failed: "x"', peername: '' },
]
const bodyOf = ({ id, addresses, error, peername }: (typeof peers)[number]): string =>
  `${JSON.stringify({ id, addresses, cluster_peers: ['QmA'], cluster_peers_addresses: null, version: '1', commit: '', rpc_protocol_version: '', error, ipfs: { id: 'QmK', addresses: [], error: 'no' }, peername })}\n`

const asked: string[] = []
const answer = (request: IncomingMessage, response: ServerResponse): void => {
  asked.push(`${request.method} ${request.url}`)
  const [name, ...rest] = Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64')
    .toString()
    .split(':')
  if (name !== 'me' || rest.join(':') !== password) {
    response.writeHead(401).end('{"code":401,"message":"unauthorized: access denied"}\n')
    return
  }
  if (request.method === 'DELETE') return void response.writeHead(204).end()
  response.end(peers.map(bodyOf).join(''))
}
const listening = (server: Server): Promise<number> =>
  new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)))

const http = createServer(answer)
const port = await listening(http)
execFileSync(
  'openssl',
  [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    '/CN=x',
    '-keyout',
    `${folder}/key`,
    '-out',
    `${folder}/crt`,
  ],
  { stdio: 'ignore' },
)
const { readFileSync } = await import('node:fs')
const https = createSecure({ key: readFileSync(`${folder}/key`), cert: readFileSync(`${folder}/crt`) }, answer)
const securePort = await listening(https as unknown as Server)
test.after(() => {
  http.close()
  https.close()
})

/** A host's folder, whose service.json holds this password and certificate. */
const holding = (name: string, restapi: Record<string, unknown>): string => {
  const path = join(folder, name)
  mkdirSync(path, { recursive: true })
  const others = { pinsvcapi: { basic_auth_credentials: { you: 'wrong' }, ssl_cert_file: '/c' } }
  writeFileSync(`${path}/service.json`, JSON.stringify({ api: { ...others, restapi } }, null, 2))
  return path
}
const ctl = withPrograms()
writeFileSync(
  `${ctl}/ipfs-cluster-ctl`,
  '#!/bin/sh\necho "$@" >&2; printf \'{\\n    "id": "QmC",\\n    "error": "",\\n    "peername": "c"\\n}\\n\'\n',
)
chmodSync(`${ctl}/ipfs-cluster-ctl`, 0o755)

const api = (path: string, at: number) => ({ user, path, bin_dir: ctl, api: `/ip4/127.0.0.1/tcp/${at}` })
const shell = (sh: string, bin: string): Promise<{ stdout: Buffer; stderr: string; code: number | null }> =>
  new Promise(resolve => {
    const child = spawn('sh', ['-c', sh], { env: { PATH: bin } })
    const stdout: Buffer[] = []
    let stderr = ''
    child.stdout.on('data', (piece: Buffer) => stdout.push(piece))
    child.stderr.on('data', piece => {
      stderr += piece
    })
    child.on('close', code => resolve({ stdout: Buffer.concat(stdout), stderr, code }))
  })

const found = {
  peers: [
    { id: 'QmA', error: '', name: 'a b', address: '/ip4/10.0.0.1/tcp/9096' },
    { id: 'QmB', error: 'all dials failed: \\"x\\"', name: '', address: '' },
  ],
}

const guarded = holding('guarded', { basic_auth_credentials: { me: password }, ssl_cert_file: '' })
const secure = holding('secure', { ssl_cert_file: '/c', basic_auth_credentials: { me: password } })
for (const [what, path, at, ...more] of [
  ['curl', guarded, port, 'curl'],
  ['bash', guarded, port, 'bash'],
  ['curl, over TLS', secure, securePort, 'curl'],
  ['openssl, over TLS', secure, securePort, 'openssl'],
] as const)
  test(`with the password of service.json, whatever signs are in it, by ${what}`, async () => {
    const ran = await shell(listedPeers(api(path, at)), withPrograms(...more))
    assert.equal(readListed(ran.stdout), found, ran.stderr)
  })

test('as ipfs-cluster-service writes it, with its own words for signs', async () => {
  const path = holding('go', {})
  const text = JSON.stringify({ api: { restapi: { basic_auth_credentials: { me: password } } } }, null, 4)
  writeFileSync(`${path}/service.json`, text.replace('<', '\\u003c').replace('&', '\\u0026').replace('>', '\\u003e'))
  const ran = await shell(listedPeers(api(path, port)), withPrograms('curl'))
  assert.equal(readListed(ran.stdout), found)
})

test('another password: what the API says is told', async () => {
  const path = holding('other', { basic_auth_credentials: { me: 'other' } })
  for (const program of ['curl', 'bash']) {
    const ran = await shell(listedPeers(api(path, port)), withPrograms(program))
    assert.equal(readListed(ran.stdout), { peers: [], refusal: { code: 401, message: 'unauthorized: access denied' } })
  }
})

test('nothing to ask with is told', async () => {
  const ran = await shell(listedPeers(api(secure, securePort)), withPrograms('bash'))
  assert.is(readListed(ran.stdout).refusal?.code, 0)
  assert.match(readListed(ran.stdout).refusal!.message, 'neither curl')
})

test('without a password its own program asks, with a certificate over TLS', async () => {
  const plain = await shell(listedPeers(api(holding('plain', { basic_auth_credentials: null }), port)), ctl)
  assert.equal(readListed(plain.stdout).peers, [{ id: 'QmC', error: '', name: 'c', address: '' }])
  assert.not.match(plain.stderr, '--https')
  const tls = await shell(listedPeers(api(holding('tls', { ssl_cert_file: '/c' }), port)), ctl)
  assert.match(tls.stderr, '--https --no-check-certificate --host')
})

test('a step that the API refuses fails with its words', async () => {
  const question = { words: ['peers', 'rm', 'QmX'], method: 'DELETE' as const, at: '/peers/QmX', seconds: 5 }
  const run = (path: string) => {
    const step = apiStep(api(path, port), question)
    assert.ok(step.do === 'exec' && !step.argv.some(word => word.includes('100%')))
    return shell(
      step.do === 'exec' ? step.argv.map(word => `'${word.replaceAll("'", "'\\''")}'`).join(' ') : '',
      withPrograms('curl'),
    )
  }
  assert.is((await run(guarded)).code, 0)
  assert.is(asked.at(-1), 'DELETE /peers/QmX')
  const refused = await run(holding('other', { basic_auth_credentials: { me: 'other' } }))
  assert.is(refused.code, 1)
  assert.match(refused.stderr, 'unauthorized: access denied')
})

test.run()
