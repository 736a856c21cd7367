import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createArtifactLock } from '../../src/artifact/lock.ts'
import { sandbox } from '../cli/rig.ts'
import { startServer, varsOf } from '../host/server.ts'

// What an earlier version has left on the disk is read, or refused by its version with what to do.

const earlier = fileURLToPath(new URL('earlier/', import.meta.url))
/** The playbook of the fixtures writes there: fingerprints of what was asked are over it. */
const root = '/tmp/runbook-state'
const place = sandbox()
const host = await startServer()
const [good, failed] = readdirSync(`${earlier}runs`).map(name => name.replace('.ndjson', '')) as [string, string]

test.before.each(() => {
  rmSync(root, { recursive: true, force: true })
  mkdirSync(join(root, 'folder'), { recursive: true, mode: 0o755 })
  writeFileSync(join(root, 'text'), 'one\n', { mode: 0o644 })
  writeFileSync(join(root, 'passed'), '')
  for (const name of readdirSync(place.folder)) rmSync(join(place.folder, name), { recursive: true })
  mkdirSync(join(place.folder, '.runbook'))
  cpSync(`${earlier}runs`, join(place.folder, '.runbook/runs'), { recursive: true })
  cpSync(`${earlier}plan.key`, join(place.folder, '.runbook/plan.key'))
  chmodSync(join(place.folder, '.runbook/plan.key'), 0o600)
  for (const name of ['plan.json', 'site.yml']) cpSync(earlier + name, join(place.folder, name))
  place.write('hosts.json', JSON.stringify({ all: { hosts: { node0: varsOf(host) } } }))
})
test.after(async () => {
  rmSync(root, { recursive: true, force: true })
  place.remove()
  await host.stop()
})

test('earlier runs are listed, and shown as they were', () => {
  const { code, out } = place.run(['runs'])
  assert.is(code, 0)
  assert.match(out, `${failed}  site.yml on 1 host: exit 1, 1 changed, 1 failed`)
  assert.match(out, `${good}  site.yml on 1 host: exit 0, 4 changed`)
  const shown = place.run(['runs', 'show', good, '--format', 'json'])
  assert.is(shown.out, readFileSync(`${earlier}runs/${good}.ndjson`, 'utf8'))
})

test('drift compares with what an earlier run has left: the fingerprints and the key still hold', async () => {
  rmSync(join(place.folder, '.runbook/runs', `${failed}.ndjson`))
  const still = await place.start(['drift', 'site.yml'])
  assert.is(still.code, 0, still.out + still.err)
  writeFileSync(join(root, 'text'), 'two\n')
  const moved = await place.start(['drift', 'site.yml'])
  assert.is(moved.code, 2, moved.out + moved.err)
  assert.match(moved.out, `${root}/text`)
  assert.not.match(moved.out, `${root}/folder`)
})

test('an earlier run is resumed, with the handler that it left due', async () => {
  const { code, out, err } = await place.start(['resume', failed])
  assert.is(code, 0, out + err)
  assert.is(readFileSync(join(root, 'log'), 'utf8'), 'text\n')
})

test('an earlier plan is refused by its version, and by no other word', async () => {
  for (const words of [
    ['apply', 'plan.json'],
    ['plan', 'show', 'plan.json'],
  ]) {
    const before = host.connections
    const { code, err } = await place.start(words)
    assert.is(code, 5, err)
    assert.match(err, 'plan-version')
    assert.match(err, 'Make the plan again')
    assert.is(host.connections, before)
  }
})

test('a new plan is made with the earlier key', async () => {
  assert.is((await place.start(['plan', 'site.yml', '-i', 'hosts.json', '-o', 'plan.json'])).code, 0)
  assert.is(readFileSync(join(place.folder, '.runbook/plan.key'), 'utf8'), readFileSync(`${earlier}plan.key`, 'utf8'))
  const applied = await place.start(['apply', 'plan.json'])
  assert.is(applied.code, 0, applied.err)
  assert.ok(existsSync(join(root, 'text')))
})

test('an earlier lock of archives binds the names that it has', () => {
  const lock = createArtifactLock(`${earlier}artifacts.lock`)
  const { artifacts } = JSON.parse(readFileSync(lock.file, 'utf8'))
  assert.is(Object.keys(artifacts).length, 2)
  for (const [name, { sha512 }] of Object.entries<{ sha512: string }>(artifacts))
    assert.is(lock.get(name)?.sha512, sha512)
})

test.run()
