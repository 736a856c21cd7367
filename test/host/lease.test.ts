import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Failure } from '../../src/core/failure.ts'
import type { LeaseAnswer } from '../../src/core/transport.ts'
import { acquireLease, leasePlace } from '../../src/host/lease.ts'
import { inBusybox, noBusybox } from './busybox.ts'
import { failuresOf, type LocalWire, localWire } from './local.ts'

// The keeper in every sh that a host may have, where this machine has it.

type Asked = { wire: LocalWire; hold: Promise<LeaseAnswer>; ended: Promise<Failure> }
type Host = {
  folder: string
  file: string
  /** Asks for the host; `shell`: the process whose group is to be gone with the lease. */
  ask(run: string, shell?: number, place?: string): Asked
}

const shells = [['dash'], ['bash'], ...(noBusybox === '' ? [inBusybox('/bin/sh')] : [])].filter(
  ([program]) => spawnSync(program!, ['-c', ':'], { stdio: 'ignore' }).error === undefined,
)

const onHost = async (shell: string[], use: (host: Host) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-lease-'))
  const file = join(folder, 'lease')
  const wires: LocalWire[] = []
  const ask: Host['ask'] = (run, shellPid = 0, place = `f=${file}`) => {
    const [program, ...words] = shell as [string, ...string[]]
    const wire = localWire(program, ...words)
    wires.push(wire)
    const ended = Promise.withResolvers<Failure>()
    const request = { run, who: 'ada lovelace@laptop' }
    return {
      wire,
      ended: ended.promise,
      hold: acquireLease('node0', wire, request, shellPid, ended.resolve, undefined, place),
    }
  }
  try {
    await use({ folder, file, ask })
  } finally {
    for (const wire of wires) wire.stdin.end()
    await Promise.all(wires.map(({ ended }) => ended))
    rmSync(folder, { recursive: true })
  }
}

const each = (title: string, body: (host: Host) => Promise<void>): void => {
  for (const shell of shells)
    test(`${shell.length > 1 ? 'BusyBox without flock' : shell[0]}: ${title}`, () => onHost(shell, body))
}

const mine = async ({ hold }: Asked): Promise<LeaseAnswer & { is: 'mine' }> => {
  const found = await hold
  assert.is(found.is, 'mine')
  return found as LeaseAnswer & { is: 'mine' }
}

/** As if nothing had been heard of the holder for half a minute. */
const runOut = (file: string): void =>
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^\d+/, '0'), { flag: 'r+' })

/** Waits for what another process does; how long is bounded by the test runner alone. */
const until = async (ask: () => boolean): Promise<void> => {
  while (!ask()) await new Promise(resolve => setImmediate(resolve))
}

each(
  'the second is told who has the host, and has it when the first has given it back',
  async ({ ask, file, folder }) => {
    const first = await mine(ask('one'))
    const second = await ask('two').hold
    assert.is(second.is, 'theirs')
    const { holder } = second as LeaseAnswer & { is: 'theirs' }
    assert.equal({ ...holder, secondsLeft: 0 }, { run: 'one', who: 'ada lovelace@laptop', secondsLeft: 0 })
    assert.ok(holder.secondsLeft > 0 && holder.secondsLeft <= 30)
    assert.match(readFileSync(file, 'utf8'), / one ada lovelace@laptop\n$/)
    await first.give()
    assert.equal(readdirSync(folder), [])
    await mine(ask('two'))
  },
)

each('of twenty at once one has it, and all others are told of that one', async ({ ask, folder }) => {
  const holds = await Promise.all(Array.from({ length: 20 }, (_, i) => ask(`run${i}`).hold))
  const winner = holds.findIndex(({ is }) => is === 'mine')
  assert.equal([...new Set(holds.map(hold => (hold.is === 'theirs' ? hold.holder.run : hold.is)))].sort(), [
    'mine',
    `run${winner}`,
  ])
  assert.is(holds.filter(({ is }) => is === 'mine').length, 1)
  await (holds[winner] as LeaseAnswer & { is: 'mine' }).give()
  assert.equal(readdirSync(folder), [])
})

each('while it is given back and taken again and again, never two have it', async ({ ask }) => {
  let has = 0
  const one = async (name: string): Promise<void> => {
    for (let taken = 0; taken < 5; ) {
      const hold = await ask(name).hold
      if (hold.is !== 'mine') continue
      has += 1
      assert.is(has, 1)
      taken += 1
      has -= 1
      await hold.give()
    }
  }
  await Promise.all(['a', 'b', 'c', 'd'].map(one))
})

each(
  'a file that is taken away between being opened and being locked does not count',
  async ({ ask, folder, file }) => {
    const once = `[ -e ${folder}/once ] || { : >${folder}/once; rm "$f"; }`
    const first = await mine(
      ask(
        'one',
        0,
        `f=${file}; ln() { ${once}; command ln "$@"; }; ! command -v flock >/dev/null || flock() { ${once}; command flock "$@"; }`,
      ),
    )
    assert.is((await ask('two').hold).is, 'theirs')
    await first.give()
  },
)

each(
  'of a holder that is heard of no more exactly one takes over, after its steps are ended',
  async ({ ask, file }) => {
    const steps = localWire('sleep', '600')
    const silent = ask('silent', steps.pid)
    await mine(silent)
    runOut(file)
    const holds = await Promise.all(Array.from({ length: 20 }, (_, i) => ask(`run${i}`).hold))
    assert.is(holds.filter(({ is }) => is === 'mine').length, 1)
    assert.is((await silent.ended).reason, 'host-lost')
    await steps.ended
  },
)

each(
  'with its steps goes the connection of a holder that is heard of no more, so that it cannot go on later',
  async ({ ask, file }) => {
    const server = localWire('sleep', '600')
    await mine(ask('asleep', 0, `f=${file}; server=${server.pid}`))
    runOut(file)
    await mine(ask('two'))
    await server.ended
  },
)

each('a keeper that nobody talks to and nobody ousts hangs up by itself', async ({ ask, file, folder }) => {
  const server = localWire('sleep', '600')
  const late = `timeout() { return 124; }; f=${file}; server=${server.pid}`
  const silent = ask('asleep', 0, late)
  await mine(silent)
  await server.ended
  assert.is((await silent.ended).reason, 'host-lost')
  assert.equal(readdirSync(folder), [])
})

each(
  'where no ssh server stands for it, the steps of a keeper that nobody talks to are ended',
  async ({ ask, file }) => {
    const steps = localWire('sleep', '600')
    const silent = ask('asleep', steps.pid, `timeout() { return 124; }; f=${file}; server=1`)
    await mine(silent)
    await steps.ended
    assert.is((await silent.ended).reason, 'host-lost')
  },
)

test('what started runbook on a machine itself is no ssh server of its runs', () => {
  const server = (by: 'ssh' | 'local'): string =>
    spawnSync('sh', [
      '-c',
      `server=0; id() { echo 0; }; read() { x=1 c='(sshd)' n=1; }\n${leasePlace(by)}\necho "$server" "$$"`,
    ]).stdout.toString()
  const [found, own] = server('ssh').trim().split(' ')
  assert.is(found, own)
  assert.match(server('local'), /^1 /)
})

each('a user without a home that can be written to is told of, and held by nobody', async ({ ask, folder }) => {
  const place = `id() { echo 4711; }; HOME=${folder}/none; ${leasePlace('ssh')}`
  const hold = await ask('one', 0, place).hold
  assert.equal(hold, {
    is: 'nobody',
    why: 'neither the home of that user nor its folder in /run/user can be written to',
  })
})

each('a sign of life makes it count again', async ({ ask, file }) => {
  const first = ask('one')
  await mine(first)
  runOut(file)
  first.wire.stdin.write('\n')
  await until(() => !readFileSync(file, 'utf8').startsWith('0 '))
  assert.is((await ask('two').hold).is, 'theirs')
})

each('when the connection ends the host is free, and nothing is left', async ({ ask, folder }) => {
  const first = ask('one')
  await mine(first)
  first.wire.stdin.end()
  await first.wire.ended
  assert.equal(readdirSync(folder), [])
})

each('but not before what it ran has ended', async ({ ask, file }) => {
  const steps = localWire('cat')
  const first = ask('one', steps.pid)
  await mine(first)
  first.wire.stdin.end()
  for (const run of ['two', 'three', 'four', 'five', 'six']) assert.is((await ask(run).hold).is, 'theirs')
  assert.ok(existsSync(file))
  steps.stdin.end()
  await first.wire.ended
  await mine(ask('two'))
})

each('what a killed keeper has left is no obstacle', async ({ ask, folder }) => {
  const first = ask('one with a long name, so that its line is the longer one')
  await mine(first)
  first.wire.cut()
  assert.is((await first.ended).reason, 'host-lost')
  assert.equal(
    readdirSync(folder).filter(name => name !== 'lease.by'),
    ['lease'],
  )
  const second = await mine(ask('2'))
  const told = await ask('3').hold
  assert.is(told.is === 'theirs' && told.holder.run, '2')
  await second.give()
  assert.equal(readdirSync(folder), [])
})

each('a lease that cannot be written is a failure, and leaves nothing', async ({ ask, folder, file }) => {
  const nowhere = await failuresOf(ask('one', 0, `f=${folder}/none/lease`).hold)
  assert.equal(
    nowhere.map(f => f.reason),
    ['host-step'],
  )
  assert.match(nowhere[0]!.why!, /none\/lease/)
  symlinkSync('/dev/full', file)
  const [full] = await failuresOf(ask('one').hold)
  assert.is(full?.reason, 'host-step')
  assert.match(full!.fix!, /free some space/)
  assert.equal(readdirSync(folder), [])
})

each('a host without timeout is held by nobody', async ({ ask, file }) => {
  const hold = await ask('one', 0, `command() { return 1; }; f=${file}`).hold
  assert.equal(hold, { is: 'nobody', why: 'it has no timeout' })
})

test('a program that does not get to start says why', async () => {
  const wire = localWire('sh', '-c', 'echo "sudo: a password is required" >&2; exit 1')
  const refused = (said: string): Failure => ({ reason: 'host-become', what: said })
  const [failure] = await failuresOf(acquireLease('node0', wire, { run: 'r', who: 'w' }, 0, () => {}, refused))
  assert.equal(failure, { reason: 'host-become', what: 'sudo: a password is required\n' })
})

test.run()
