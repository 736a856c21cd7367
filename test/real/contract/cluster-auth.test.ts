import { connect } from 'node:net'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { newCluster, newSecret } from './cluster.ts'
import { newKey, privateKubo } from './kubo.ts'
import { ctlProgram, folder } from './place.ts'
import { type Ran, run } from './process.ts'

// The REST API with passwords and a certificate, as the gates ask it.

const kubo = await privateKubo('kubo', 0, newKey())
const kuboDaemon = await kubo.ready()
const cluster = await newCluster('peer', 0, newSecret(), kubo.api)
const password = `a "b" \\ <c> & 100%`
cluster.set({ 'api.restapi.basic_auth_credentials': { ann: password } })
let daemon = await cluster.ready()

const told = (ran: Ran): unknown => [ran.code, JSON.parse(ran.stdout)]
const denied = (message: string): unknown => [2, { code: 401, message }]
const with_ = (...words: string[]): Promise<Ran> =>
  run([ctlProgram, '--host', cluster.api, '--timeout', '10', '--enc=json', ...words])

test('without a password, or with another one: 401, exit 2', async () => {
  assert.equal(told(await cluster.ctl('peers', 'ls')), denied('unauthorized: no auth provided'))
  const wrong = await with_('--basic-auth', 'ann:x', '--force-http', 'peers', 'ls')
  assert.equal(told(wrong), denied('unauthorized: access denied'))
  const right = await with_('--basic-auth', `ann:${password}`, '--force-http', 'id')
  assert.is(right.code, 0, right.stdout)
})

/** All that a request of HTTP/1.0 is answered with. */
const asked = (at: string, who: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = ''
    const socket = connect(9094, cluster.ip, () =>
      socket.write(
        `GET ${at} HTTP/1.0\r\nHost: x\r\nAuthorization: Basic ${Buffer.from(who).toString('base64')}\r\n\r\n`,
      ),
    )
    socket.on('data', piece => {
      said += piece
    })
    socket.on('error', reject).on('close', () => resolve(said))
  })

test('over HTTP/1.0 each peer is one line, its members in this order', async () => {
  const [head = '', body = ''] = (await asked('/peers', `ann:${password}`)).split('\r\n\r\n')
  assert.match(head, /^HTTP\/1\.[01] 200 /)
  const [line = '', ...more] = body.split('\n')
  assert.equal(more, [''])
  assert.match(line, new RegExp(`^\\{"id":"${cluster.id}","addresses":\\["/ip4/`))
  assert.match(line, /"rpc_protocol_version":"[^"]*","error":"","ipfs":\{.*\},"peername":"peer"\}$/)
  assert.match(await asked('/peers', 'ann:x'), /\r\n\r\n\{"code":401,"message":"unauthorized: access denied"\}/)
})

test('with a certificate it speaks TLS alone, asks for the password still', async () => {
  assert.is((await daemon.stop()).code, 0)
  const words = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=x']
  const made = await run(['openssl', 'req', ...words, '-keyout', `${folder}/api.key`, '-out', `${folder}/api.crt`])
  assert.is(made.code, 0, made.stderr)
  cluster.set({ 'api.restapi.ssl_cert_file': `${folder}/api.crt`, 'api.restapi.ssl_key_file': `${folder}/api.key` })
  daemon = await cluster.ready()
  const right = await with_('--basic-auth', `ann:${password}`, '--https', '--no-check-certificate', 'id')
  assert.is(right.code, 0, right.stdout)
  const none = await with_('--https', '--no-check-certificate', 'id')
  assert.equal(told(none), denied('unauthorized: no auth provided'))
  const checked = await with_('--https', 'id')
  assert.is(checked.code, 1)
  assert.match(checked.stdout, 'certificate')
  assert.match(await asked('/peers', `ann:${password}`), 'Client sent an HTTP request to an HTTPS server')
  assert.is((await daemon.stop()).code, 0)
  assert.is((await kuboDaemon.stop()).code, 0)
})

test.run()
