import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sha256 } from '../../src/core/value.ts'
import { download } from '../../src/run/download.ts'
import { rig as makeRig, results, verdicts, withRig } from '../plan/rig.ts'
import { createHosts, temporary } from './local.ts'

const play = (...tasks: string[]): string => `- hosts: all\n  tasks:\n${tasks.map(task => `    - ${task}\n`).join('')}`
const fetchTask = (args: string, name = 'f'): string => `{ name: ${name}, fetch: { ${args} } }`
const mode = (path: string): string => (lstatSync(path).mode & 0o7777).toString(8)

test('a file of each host comes to dest/HOST/PATH, and is not brought again', () => {
  const dest = join(temporary(), 'collected')
  return withRig(
    play(fetchTask(`src: "{{ root }}/etc/conf", dest: ${dest}`)),
    { hosts: ['node0', 'node1'] },
    async rig => {
      for (const host of ['node0', 'node1']) {
        mkdirSync(join(rig.hosts.root(host), 'etc'))
        writeFileSync(join(rig.hosts.root(host), 'etc/conf'), `of ${host}\n`)
      }
      const at = (host: string): string => join(dest, host, rig.hosts.root(host), 'etc/conf')
      assert.equal(verdicts(await rig.plan()), { 'node0/f': 'change', 'node1/f': 'change' })
      assert.not(existsSync(dest), 'a plan writes nothing')
      const ran = await rig.apply()
      assert.equal(results(ran), { 'node0/f': 'changed', 'node1/f': 'changed' })
      for (const host of ['node0', 'node1']) assert.is(readFileSync(at(host), 'utf8'), `of ${host}\n`)
      assert.equal(readdirSync(join(at('node0'), '..')), ['conf'])
      const again = await rig.apply()
      assert.equal(results(again), { 'node0/f': 'ok', 'node1/f': 'ok' })
      assert.is(again.trips.node0, 1)
      writeFileSync(join(rig.hosts.root('node1'), 'etc/conf'), 'new\n')
      assert.equal(results(await rig.apply()), { 'node0/f': 'ok', 'node1/f': 'changed' })
      assert.is(readFileSync(at('node1'), 'utf8'), 'new\n')
    },
  )
})

test('flat, large, any bytes; what others may not read stays closed here, and a link in its place is replaced', () => {
  const dest = temporary()
  const bytes = randomBytes(5_000_000)
  const tasks = play(fetchTask(`src: "{{ root }}/big", dest: ${dest}/, flat: true`))
  return withRig(tasks, {}, async rig => {
    const at = join(rig.hosts.root('node0'), 'big')
    writeFileSync(at, bytes)
    chmodSync(at, 0o640)
    writeFileSync(join(dest, 'other'), 'other')
    symlinkSync('other', join(dest, 'big'))
    const ran = await rig.apply()
    assert.equal(results(ran), { 'node0/f': 'changed' })
    assert.ok(readFileSync(join(dest, 'big')).equals(bytes))
    assert.is(mode(join(dest, 'big')), '600')
    assert.is(readFileSync(join(dest, 'other'), 'utf8'), 'other')
    assert.ok(ran.events.some(e => e.type === 'progress' && e.done === bytes.length))
    assert.not.match(JSON.stringify(ran.events), bytes.subarray(0, 20).toString('base64'))
    chmodSync(at, 0o644)
    assert.equal(results(await rig.apply()), { 'node0/f': 'ok' })
  })
})

test('what an earlier task will have written is what is fetched', () => {
  const dest = temporary()
  const tasks = play(
    '{ name: c, copy: { dest: "{{ root }}/c", content: "new\\n" } }',
    fetchTask(`src: "{{ root }}/c", dest: ${dest}/c, flat: true`),
  )
  return withRig(tasks, {}, async rig => {
    writeFileSync(join(rig.hosts.root('node0'), 'c'), 'old\n')
    writeFileSync(join(dest, 'c'), 'old\n')
    assert.equal(verdicts(await rig.plan()), { 'node0/c': 'change', 'node0/f': 'change' })
    assert.equal(results(await rig.apply()), { 'node0/c': 'changed', 'node0/f': 'changed' })
    assert.is(readFileSync(join(dest, 'c'), 'utf8'), 'new\n')
    assert.equal(results(await rig.apply()), { 'node0/c': 'ok', 'node0/f': 'ok' })
    // Nothing is predicted of the controller, and still nobody is told that it will be fetched once more.
    writeFileSync(join(rig.hosts.root('node0'), 'c'), 'old\n')
    const warned = (await rig.plan()).events.filter(e => e.type === 'warning')
    assert.equal(warned, [])
  })
})

test('a file that changes between the look and the fetch is planned again; a log that grows is brought as it is', async () => {
  const dest = temporary()
  let grow = (): void => {}
  const hosts = createHosts((_, fragments) => {
    if (fragments.some(({ sh }) => sh.startsWith('cat --'))) grow()
  })
  const rig = makeRig(play(fetchTask(`src: "{{ root }}/log", dest: ${dest}/log, flat: true`)), {}, hosts)
  const log = join(hosts.root('node0'), 'log')
  writeFileSync(log, 'one\n')
  grow = () => {
    grow = () => {}
    writeFileSync(log, 'one\ntwo\n')
  }
  assert.equal(results(await rig.apply()), { 'node0/f': 'changed' })
  assert.is(readFileSync(join(dest, 'log'), 'utf8'), 'one\ntwo\n')
  const loose = makeRig(
    play(fetchTask(`src: "{{ root }}/log", dest: ${dest}/log, flat: true, validate_checksum: false`)),
    {},
    hosts,
  )
  writeFileSync(log, 'three\n')
  let n = 0
  grow = () => writeFileSync(log, `four ${n++}\n`)
  assert.equal(results(await loose.apply()), { 'node0/f': 'changed' })
  assert.match(readFileSync(join(dest, 'log'), 'utf8'), /^four/)
  await rig.close()
})

test('a log that grows beyond max_size is not brought', async () => {
  let grow = (): void => {}
  const hosts = createHosts((_, fragments) => {
    if (fragments.some(({ sh }) => sh.includes('head -c'))) grow()
  })
  const dest = temporary()
  const log = join(hosts.root('node0'), 'log')
  const task = `src: "{{ root }}/log", dest: ${dest}/log, flat: true, validate_checksum: false, max_size: 10`
  const rig = makeRig(play(fetchTask(task)), {}, hosts)
  writeFileSync(log, 'one\n')
  grow = () => writeFileSync(log, 'x'.repeat(1_000_000))
  const ran = await rig.apply()
  assert.match(results(ran)['node0/f']!, 'failed')
  assert.match(JSON.stringify(ran.events), 'has become longer than the 10 bytes that may be brought')
  assert.equal(readdirSync(dest), [])
  assert.is(ran.trips.node0, 3)
  await rig.close()
})

for (const [what, loose] of [
  ['of a size that was seen', {}],
  ['that may change', { loose: true, most: 1000 }],
] as const)
  test(`a host that sends more and more in place of a file ${what} is not believed, and nothing of it stays`, async () => {
    const hosts = createHosts()
    const dest = temporary()
    const wanted = { path: '/x', size: 1000, digest: sha256('x'), file: join(dest, 'x'), mode: '0666', ...loose }
    let most = 0
    const got = download(
      await hosts.connect('node0'),
      () => ({ sh: 'exec head -c 100000000 /dev/zero' }),
      wanted,
      done => {
        most = Math.max(most, done)
      },
    )
    const failure = await got.then(
      () => undefined,
      error => error.failures[0],
    )
    assert.is(failure?.reason, 'host-protocol')
    assert.match(failure.why, '1001 bytes')
    assert.ok(most <= 1001)
    assert.equal(readdirSync(dest), [])
    // The host is not heard any more: whoever asks it is told the same.
    const again = (await hosts.connect('node0')).run([{ sh: 'echo here' }])
    assert.is(await again.catch(error => error.failures[0].reason), 'host-protocol')
  })

test('what was cut off goes on where it ended; a part that is none of it does not count', async () => {
  const hosts = createHosts()
  const bytes = randomBytes(6_000_000)
  const path = join(hosts.root('node0'), 'big')
  const dest = temporary()
  writeFileSync(path, bytes)
  const wanted = { path, size: bytes.length, digest: sha256(bytes), file: join(dest, 'big'), mode: '0666' }
  const part = join(dest, `.big.${wanted.digest.slice(0, 16)}.part`)
  const get = async (): Promise<number> => {
    const told: number[] = []
    const ended = await download(
      await hosts.connect('node0'),
      sh => ({ sh }),
      wanted,
      done => told.push(done),
    )
    assert.equal(ended, { is: 'done' })
    assert.ok(readFileSync(wanted.file).equals(bytes))
    assert.equal(readdirSync(dest), ['big'])
    return told[0]!
  }
  const cut = download(
    await hosts.connect('node0'),
    sh => ({ sh }),
    wanted,
    done => {
      if (done > 2_000_000) void hosts.kill('node0')
    },
  )
  assert.is(
    await cut.then(
      () => 'done',
      () => 'cut',
    ),
    'cut',
  )
  hosts.revive('node0')
  assert.not(existsSync(wanted.file))
  assert.is(mode(part), '600')
  const has = statSync(part).size
  assert.ok(has >= 2_000_000)
  assert.is(await get(), has)
  writeFileSync(part, randomBytes(3_000_000), { mode: 0o600 })
  await get()
  writeFileSync(part, bytes.subarray(0, 3_000_000), { mode: 0o644 })
  assert.ok((await get()) < 3_000_000, 'others may have read it, or written to it')
  symlinkSync('/nonexistent', part)
  await get()
  writeFileSync(join(dest, `.big.${'0'.repeat(16)}.part`), 'of other bytes')
  await get()
  await hosts.close()
})

test('what is missing fails, or is passed over; so is told what stands in the way here', () => {
  const dest = temporary()
  writeFileSync(join(dest, 'file'), '')
  const tasks = play(
    fetchTask(`src: "{{ root }}/none", dest: ${dest}, fail_on_missing: false`, 'passed'),
    fetchTask(`src: "{{ root }}/there", dest: ${dest}/file/below, flat: true`, 'blocked'),
  )
  return withRig(tasks, {}, async rig => {
    writeFileSync(join(rig.hosts.root('node0'), 'there'), 'x')
    const found = verdicts(await rig.plan())
    assert.is(found['node0/passed'], 'ok')
    assert.match(found['node0/blocked']!, `${dest}/file of the controller is a file`)
  })
})

test.run()
