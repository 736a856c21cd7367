import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type AcceptedKey, type Confirm, createHostKeys } from '../../src/connection/host-keys.ts'
import { createPool } from '../../src/host/pool.ts'
import type { Target } from '../../src/settings/target.ts'
import { reasonsOf } from '../host/local.ts'
import { type TestServer, withServer } from '../host/server.ts'

/** A target that nobody knows yet, with a known_hosts file that is not there. */
const newIn = ({ target, folder }: TestServer, change: Partial<Target> = {}): Target => ({
  ...target,
  knownHosts: [join(folder, 'home/.ssh/known_hosts')],
  ...change,
})
const textOf = ({ knownHosts }: Target): string => readFileSync(knownHosts[0]!, 'utf8')
const lineOf = ({ port, hostKey }: TestServer): string => `[127.0.0.1]:${port} ${hostKey}\n`

/** Connects to all targets at once, as a run does, and closes. */
const run = async (targets: Target[], confirm?: Confirm) => {
  const pool = createPool({
    targets: Object.fromEntries(targets.map(target => [target.name, target])),
    ...(confirm && { confirm }),
  })
  const reasons = (await Promise.all(targets.map(({ name }) => reasonsOf(pool.connect(name))))).map(([first]) => first)
  await pool.closeAll()
  return { reasons, accepted: pool.acceptedKeys as AcceptedKey[] }
}
const withServers = async (count: number, use: (servers: TestServer[]) => Promise<void>, all: TestServer[] = []) => {
  if (count === all.length) return use(all)
  await withServer({}, server => withServers(count, use, [...all, server]))
}
const named = (servers: TestServer[], change: Partial<Target>): Target[] =>
  servers.map((server, at) =>
    newIn(servers[0]!, { ...change, name: `node${at}`, port: server.port, keyFiles: server.target.keyFiles! }),
  )

test('accept: a new key is written, folder and file only for their owner, and is known from then on', () =>
  withServer({}, async server => {
    const target = newIn(server, { newKeys: 'accept' })
    const first = await run([target])
    assert.equal(first.reasons, [undefined])
    assert.equal(
      first.accepted.map(({ hop }) => hop.name),
      ['node0'],
    )
    assert.is(textOf(target), lineOf(server))
    assert.is(statSync(target.knownHosts[0]!).mode & 0o777, 0o600)
    assert.is(statSync(join(server.folder, 'home/.ssh')).mode & 0o777, 0o700)
    const second = await run([{ ...target, newKeys: 'ask' }])
    assert.equal([second.reasons, second.accepted.length], [[undefined], 0])
    assert.is(textOf(target), lineOf(server), 'and not written once more')
  }))

test('accept: a last line without its end is left whole, and other lines stay', () =>
  withServer({}, async server => {
    const target = newIn(server, { newKeys: 'accept' })
    mkdirSync(join(server.folder, 'home/.ssh'), { recursive: true })
    writeFileSync(target.knownHosts[0]!, '# mine', { mode: 0o644 })
    await run([target])
    assert.is(textOf(target), `# mine\n${lineOf(server)}`)
    assert.is(statSync(target.knownHosts[0]!).mode & 0o777, 0o644, 'whose file it is decides who reads it')
  }))

test('accept: a hashed name, and an alias, are found again', () =>
  withServer({}, async server => {
    for (const change of [
      { hashesNames: true as const },
      { keyAlias: 'Nine' },
      { hashesNames: true as const, keyAlias: 'Ten' },
    ]) {
      const target = newIn(server, { newKeys: 'accept', ...change })
      await run([target])
      const { newKeys: _, ...strict } = target
      assert.equal((await run([strict])).reasons, [undefined], JSON.stringify(change))
    }
    assert.match(textOf(newIn(server)), /^\|1\|/)
  }))

test('accept: where the last line hides whose it is the next one does too', () =>
  withServers(2, async ([server, other]) => {
    const target = newIn(server!, { newKeys: 'accept' })
    await run([{ ...target, hashesNames: true }])
    await run([{ ...target, port: other!.port, keyFiles: other!.target.keyFiles! }])
    assert.match(textOf(target), /^(\|1\|[^ ]+ ssh-ed25519 \S+\n){2}$/)
  }))

test('accept: several names of one machine at once are one line', () =>
  withServer({}, async server => {
    const targets = ['a', 'b', 'c', 'd'].map(name => newIn(server, { name, newKeys: 'accept' }))
    assert.equal((await run(targets)).reasons, [undefined, undefined, undefined, undefined])
    assert.is(textOf(targets[0]!), lineOf(server))
  }))

test('accept: a changed key and a revoked one are refused all the same, and nothing is written', () =>
  withServers(2, async ([server, other]) => {
    const target = newIn(server!, { newKeys: 'accept' })
    mkdirSync(join(server!.folder, 'home/.ssh'), { recursive: true })
    for (const text of [
      `[127.0.0.1]:${server!.port} ${other!.hostKey}\n`,
      `@revoked [127.0.0.1]:* ${server!.hostKey}\n`,
    ]) {
      writeFileSync(target.knownHosts[0]!, text)
      assert.equal((await run([target])).reasons, ['host-key-changed'])
      assert.is(textOf(target), text)
    }
    writeFileSync(target.knownHosts[0]!, `@cert-authority * ${other!.hostKey}\n`)
    assert.equal((await run([target])).reasons, ['host-key-unknown'])
  }))

test('accept: where it cannot be written it counts for this run, and that is told', () =>
  withServer({}, async server => {
    writeFileSync(join(server.folder, 'home'), 'a file where a folder should be')
    const { reasons, accepted } = await run([newIn(server, { newKeys: 'accept' })])
    assert.equal(reasons, [undefined])
    assert.match(accepted[0]!.unwritten!, /EEXIST|ENOTDIR/)
  }))

test('accept: a device is written to, and stays one', () =>
  withServer({}, async server => {
    const target = newIn(server, { newKeys: 'accept', knownHosts: ['/dev/null'] })
    assert.equal((await run([target])).reasons, [undefined])
    assert.ok(statSync('/dev/null').isCharacterDevice())
  }))

test('two programs that write at once lose no line', async () =>
  withServer({}, async server => {
    const file = join(server.folder, 'home/.ssh/known_hosts')
    const url = new URL('../../src/connection/known-hosts-file.ts', import.meta.url)
    const script = `const { appendKnownHosts } = await import(${JSON.stringify(url.href)})
      for (let n = 0; n < 300; n++) appendKnownHosts(${JSON.stringify(file)}, process.argv[1] + n + ' ' + 'x'.repeat(400))`
    const writers = ['a', 'b', 'c'].map(name =>
      spawn(process.execPath, ['--input-type=module', '-e', script, name], { stdio: 'inherit' }),
    )
    await Promise.all(writers.map(writer => once(writer, 'close')))
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter(line => line !== '')
    assert.is(new Set(lines).size, 900)
    assert.ok(lines.every(line => /^[abc]\d+ x{400}$/.test(line)))
  }))

test('ask: one question names all new hosts with their keys; yes connects and writes', () =>
  withServers(3, async servers => {
    const questions: string[] = []
    const targets = named(servers, { newKeys: 'ask' })
    const { reasons, accepted } = await run(targets, async question => {
      questions.push(question)
      assert.ok(
        servers.every(({ commands }) => commands.length === 0),
        'nothing runs there before',
      )
      return true
    })
    assert.equal([reasons, accepted.length], [[undefined, undefined, undefined], 0])
    assert.is(questions.length, 1)
    for (const [at, { port }] of servers.entries())
      assert.match(questions[0]!, new RegExp(`node${at} \\(127.0.0.1 port ${port}\\) +ssh-ed25519 SHA256:`))
    const lines = textOf(targets[0]!)
      .split('\n')
      .filter(line => line !== '')
    assert.equal(lines.sort(), servers.map(server => lineOf(server).trim()).sort())
  }))

test('ask: hosts that are known, or out of reach, are in no question; no leaves the new ones refused', () =>
  withServers(2, async ([known, other]) => {
    const questions: string[] = []
    const targets = [
      { ...known!.target, name: 'old', newKeys: 'ask' as const },
      newIn(other!, { name: 'new', newKeys: 'ask' }),
      newIn(other!, { name: 'gone', newKeys: 'ask', port: 1 }),
    ]
    const { reasons } = await run(targets, async question => {
      questions.push(question)
      return false
    })
    assert.equal(reasons, [undefined, 'host-key-unknown', 'host-unreachable'])
    assert.is(questions.length, 1)
    assert.not.match(questions[0]!, /old|gone/)
    assert.is(other!.commands.length, 0)
    assert.throws(() => textOf(targets[1]!))
  }))

test('ask: without anybody to ask it is refused, and one who goes away ends the run', () =>
  withServer({}, async server => {
    const target = newIn(server, { newKeys: 'ask' })
    assert.equal((await run([target])).reasons, ['host-key-unknown'])
    const left = new Error('gone')
    const pool = createPool({ targets: { node0: target }, confirm: () => Promise.reject(left) })
    const error = await pool.connect('node0').catch(error => error)
    assert.is(error, left)
    await pool.closeAll()
  }))

test('ask: a server on the way comes first, once for all that are behind it, and then these', () =>
  withServers(2, async servers => {
    await withServer({ forwards: true }, async bastion => {
      const { name: _, ...hop } = newIn(bastion, { newKeys: 'ask' })
      const targets = named(servers, { newKeys: 'ask' }).map(target => ({ ...target, via: [hop] }))
      const questions: string[] = []
      const { reasons } = await run(targets, async question => {
        questions.push(question)
        return true
      })
      assert.equal(reasons, [undefined, undefined])
      assert.equal(
        questions.map(question => [...question.matchAll(/SHA256:/g)].length),
        [1, 2],
        questions.join('\n'),
      )
      assert.match(questions[0]!, 'bastion 127.0.0.1')
    })
  }))

test('a server on the way whose key has changed is refused, whatever is accepted', () =>
  withServers(2, async ([server, other]) => {
    await withServer({ forwards: true }, async bastion => {
      const { name: _, ...hop } = newIn(bastion, { newKeys: 'accept' })
      mkdirSync(join(bastion.folder, 'home/.ssh'), { recursive: true })
      writeFileSync(hop.knownHosts[0]!, `[127.0.0.1]:${bastion.port} ${other!.hostKey}\n`)
      const { reasons } = await run([{ ...server!.target, via: [hop] }])
      assert.equal(reasons, ['host-key-changed'])
      assert.is(server!.connections, 0)
    })
  }))

test('what was refused for another reason is nothing to ask about', async () => {
  const keys = createHostKeys({ confirm: async () => true })
  assert.is(await keys.admits(new Error('other'), async () => {}), false)
})

test('a key that was not proven is not written', async () =>
  withServer({}, async server => {
    const target = newIn(server, { newKeys: 'accept' })
    const check = await createHostKeys().check(target)
    assert.is(check.verify(Buffer.from(server.hostKey.split(' ')[1]!, 'base64')), true)
    assert.throws(() => textOf(target))
    check.proven()
    assert.is(textOf(target), lineOf(server))
  }))

test.run()
