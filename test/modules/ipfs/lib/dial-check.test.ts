import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { dialCheck } from '../../../../modules/ipfs/lib/dial-check.ts'

const folder = mkdtempSync(join(tmpdir(), 'runbook-dial-'))
const server = createServer(socket => socket.end())
await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as AddressInfo
test.after(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

/** What is said of places by a host that has these programs besides the usual ones. */
const said = (targets: Parameters<typeof dialCheck>[0], ...programs: string[]): Promise<string[]> => {
  const bin = mkdtempSync(join(folder, 'bin-'))
  for (const name of ['sh', 'timeout', 'getent', 'tail', ...programs])
    symlinkSync(execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim(), join(bin, name))
  const [program, ...words] = dialCheck(targets, '/nowhere/unit') as [string, ...string[]]
  return new Promise(resolve => {
    let text = ''
    const child = spawn(program, words, { env: { PATH: bin } })
    child.stdout.on('data', piece => {
      text += piece
    })
    child.on('close', () => resolve(text.split('\n').filter(Boolean).sort()))
  })
}

for (const program of ['bash', 'perl'])
  test(`what each place says is told, tried by ${program}`, async () => {
    const found = await said(
      [
        { address: '127.0.0.1', port },
        { address: '127.0.0.1', port: 1 },
      ],
      program,
    )
    assert.equal(
      found,
      [
        '127.0.0.1:1 refuses connections from here: nothing listens there',
        `127.0.0.1:${port} takes connections from here`,
      ].map(text => `measured: ${text}`),
    )
  })

test('a name that this host does not know is told as that', async () => {
  assert.equal(await said([{ address: 'nobody.invalid', port: 1 }], 'bash'), [
    'measured: nobody.invalid: no such host here (getent ahosts nobody.invalid)',
  ])
})

test('where nothing can try it, that is told, and no cause', async () => {
  assert.equal(await said([{ address: '::1', port: 1 }]), [
    'measured: [::1]:1 was not tried: this host has neither bash, perl nor nc',
  ])
})

test.run()
