import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { pack, sha512 } from '../../artifact/rig.ts'
import { honest, serve } from '../../artifact/server.ts'
import { bin, closedPort, type Ran, sandbox } from '../rig.ts'

// `runbook artifacts fetch`, from a server of this file in dist.ipfs.tech's layout. The hosts are at a closed port.

const place = sandbox()
test.after(place.remove)
const archives = Object.fromEntries(
  ['kubo', 'ipfs-cluster-service', 'ipfs-cluster-ctl'].flatMap(name =>
    ['amd64', 'arm64'].map(arch => {
      const version = name === 'kubo' ? 'v0.42.0' : 'v1.1.6'
      const program = name === 'kubo' ? 'kubo/ipfs' : `${name}/${name}`
      const path = `/dist/${name}/${version}/${name}_${version}_linux-${arch}.tar.gz`
      return [path, gzipSync(pack({ [program]: `${name} for ${arch}` }))]
    }),
  ),
)
const upstream = await serve(honest(archives))
test.after(upstream.close)
const port = await closedPort()

/** Not at once: the server has to answer meanwhile. */
const run = (...args: string[]): Promise<Ran> =>
  new Promise(resolve => {
    const { RUNBOOK_INVENTORY: _, RUNBOOK_ARTIFACTS: __, RUNBOOK_LOCK: ___, ...inherited } = process.env
    const env = { ...inherited, XDG_CACHE_HOME: join(place.folder, 'cache'), NO_PROXY: '127.0.0.1' }
    const child = execFile(
      process.execPath,
      [bin, ...args],
      { cwd: place.folder, env, timeout: 30_000 },
      (_, out, err) => resolve({ code: child.exitCode, out, err }),
    )
  })

place.write(
  'hosts.yml',
  `all:\n  hosts:\n    a: { ansible_host: 127.0.0.1, ansible_port: ${port} }\n    b: { ansible_host: 127.0.0.1, ansible_port: ${port}, with_cluster: false }\n`,
)
place.write(
  'play.yml',
  `- hosts: all
  defaults: { with_cluster: true, mirrors: ["${upstream.base}/dist/"] }
  tasks:
    - ipfs_install: { version: v0.42.0, mirrors: "{{ mirrors }}" }
    - when: with_cluster and facts.distribution == "debian"
      cluster_install: { version: v1.1.6, mirrors: "{{ mirrors }}" }
    - go_install: {}
`,
)
const fetch = (...more: string[]): Promise<Ran> => run('artifacts', 'fetch', 'play.yml', '-i', 'hosts.yml', ...more)

test('fills a folder for all architectures, writes the lock, contacts no host; the second time there is nothing to do', async () => {
  const first = await fetch('--to', 'site', '--arch', 'amd64,arm64')
  assert.is(first.code, 0, first.err)
  assert.is(first.out.match(/^~ /gm)?.length, 6, first.out)
  assert.match(first.err, `downloading kubo_v0.42.0_linux-amd64.tar.gz`)
  assert.match(first.err, /artifacts\.lock now holds kubo_v0\.42\.0_linux-amd64\.tar\.gz, .*: commit it/)
  const there = readdirSync(join(place.folder, 'site'))
  assert.is(there.length, 12)
  for (const [path, bytes] of Object.entries(archives)) {
    const name = path.split('/').at(-1)!
    assert.equal(readFileSync(join(place.folder, 'site', name)), bytes)
    assert.is(readFileSync(join(place.folder, 'site', `${name}.sha512`), 'utf8'), `${sha512(bytes)}  ${name}\n`)
  }
  const locked = readFileSync(join(place.folder, 'artifacts.lock'), 'utf8')
  const asked = upstream.asked.length
  rmSync(join(place.folder, 'cache'), { recursive: true })
  const second = await fetch('--to', 'site', '--arch', 'amd64,arm64')
  assert.is(second.out.match(/^= /gm)?.length, 6, second.out)
  assert.is(upstream.asked.length, asked, 'nobody was asked')
  assert.is(readFileSync(join(place.folder, 'artifacts.lock'), 'utf8'), locked)
})

test('what one of the others replaced is refused against the lock', async () => {
  const name = 'kubo_v0.42.0_linux-amd64.tar.gz'
  const other = gzipSync(pack({ 'kubo/ipfs': 'another' }))
  writeFileSync(join(place.folder, 'site', name), other)
  place.write(`site/${name}.sha512`, `${sha512(other)}  ${name}\n`)
  const { code, err } = await fetch('--to', 'site')
  assert.is(code, 1)
  assert.match(err, `${name} is not what`)
  assert.match(err, sha512(other))
  assert.match(err, /fix:.*remove kubo_v0\.42\.0_linux-amd64\.tar\.gz from .*artifacts\.lock/)
})

test('a version that nobody has: every address, and exit code 1; with JSON the summary last', async () => {
  place.write(
    'none.yml',
    `- hosts: all\n  tasks:\n    - ipfs_install: { version: v9.9.9, mirrors: ["${upstream.base}/dist"] }\n`,
  )
  const { code, out } = await run('artifacts', 'fetch', 'none.yml', '-i', 'hosts.yml', '--format', 'json')
  assert.is(code, 1)
  const summary = JSON.parse(out.trimEnd().split('\n').at(-1)!)
  assert.equal([summary.type, summary.exit], ['summary', 1])
  assert.match(
    summary.failures[0].why,
    `${upstream.base}/dist/kubo/v9.9.9/kubo_v9.9.9_linux-amd64.tar.gz: 404 Not Found`,
  )
})

test('bad input ends before anything is asked: an impossible version, an address that is none', async () => {
  const asked = upstream.asked.length
  for (const args of [
    'version: latest',
    'version: v0.42',
    'version: v0.42.0/../x',
    'version: v0.42.0, mirrors: [ftp://x]',
  ]) {
    place.write('bad.yml', `- hosts: all\n  tasks:\n    - ipfs_install: { ${args} }\n`)
    const { code, err } = await run('plan', 'bad.yml', '-i', 'hosts.yml')
    assert.is(code, 4, err)
    assert.match(err, 'playbook-argument')
  }
  assert.is(upstream.asked.length, asked)
})

test('which archive only a host can tell: the task is named and left out', async () => {
  place.write('open.yml', '- hosts: all\n  tasks:\n    - ipfs_install: { version: "v0.42.{{ facts.processors }}" }\n')
  const { code, err } = await run('artifacts', 'fetch', 'open.yml', '-i', 'hosts.yml')
  assert.is(code, 0, err)
  assert.match(err, /ipfs_install on a, b.*: which archive it needs only its host can tell/)
})

test.run()
