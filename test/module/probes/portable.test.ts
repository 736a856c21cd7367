import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { portableProgram, portableScript } from '../../../src/module/probes/portable.ts'
import { service } from '../../../src/module/probes/service.ts'
import { local, probed } from './local.ts'
import { alive, place, shells, supervisors } from './units.ts'

// The portable service manager with daemons of this machine, in every shell that is here.

for (const { name, path: shell } of shells) {
  const check = (title: string, body: (at: ReturnType<typeof place>) => Promise<void>): void =>
    test(`${name}: ${title}`, async () => {
      const at = place(shell)
      try {
        await body(at)
      } finally {
        await at.act('stop', 'a')
      }
    })

  test(`${name}: it can be read`, () => {
    execFileSync(shell, [...(name === 'busybox' ? ['sh'] : []), '-n'], { input: portableScript.bytes })
  })

  check('a daemon has its own environment, settings and log, and a session of its own', async at => {
    at.unit(
      [
        'Environment=A=1 "B=two words"',
        'Environment=C=3',
        `ExecStart=/bin/sh -c 'env; umask; ulimit -n; pwd; exec sleep 1000' "an unused word"`,
        'UMask=0077\nLimitNOFILE=512\nWorkingDirectory=/usr',
        'ProtectSystem=strict',
      ].join('\n'),
    )
    await at.act('start', 'a')
    // The line of its own: PWD in the environment comes first.
    await at.until('its words', () => at.log().includes('\n/usr\n'))
    assert.equal(
      [at.see().load, at.see().active, at.see().sub, at.see().manager],
      ['loaded', 'active', 'running', 'portable'],
    )
    const said = at.log().split('\n')
    for (const line of ['A=1', 'B=two words', 'C=3', '0077', '512']) assert.ok(said.includes(line), line)
    assert.not.match(at.log(), 'of the caller')
    assert.is(execFileSync('ps', ['-o', 'sid=', '-p', `${at.main()}`], { encoding: 'utf8' }).trim(), `${at.main()}`)
  })

  check('started by many at once it runs once, and a second start changes nothing', async at => {
    at.unit('ExecStart=/bin/sleep 1000')
    await Promise.all([1, 2, 3, 4].map(() => at.act('start', 'a')))
    await at.until('one supervisor', () => supervisors(portableProgram(at.path('a'))).length === 1)
    assert.is(at.times('started as'), 1)
    const before = at.main()
    await at.act('start', 'a.service')
    assert.is(at.main(), before)
    await at.act('stop', 'a')
    assert.equal([at.see().active, alive(before)], ['inactive', false])
    assert.equal(supervisors(portableProgram(at.path('a'))), [])
  })

  check('a restart is seen at once, and does not wait', async at => {
    // Where setsid knows no -f (BusyBox) a daemon ignores an interrupt, as what a shell puts into the background does.
    const signal = name === 'busybox' ? 'TERM' : 'INT'
    at.daemon(`trap 'sleep 0.3; exit' ${signal}\necho ready\nwhile :; do sleep 0.05; done`, `KillSignal=SIG${signal}`)
    await at.act('start', 'a')
    await at.until('ready', () => at.log().includes('ready\n'))
    const [before, since] = [at.main(), at.see().since]
    await at.act('--no-block', 'restart', 'a')
    const { active } = at.see()
    assert.is(active, 'deactivating')
    await at.until('it runs again', () => at.see().active === 'active' && at.see().since > since)
    assert.equal([alive(before), alive(at.main())], [false, true])
    await at.act('--no-block', 'restart', 'a')
    await at.act('stop', 'a')
    assert.is(at.see().active, 'inactive')
  })

  check('when it was started is told in microseconds', async at => {
    at.unit('ExecStart=/bin/sleep 1000')
    await at.act('start', 'a')
    assert.match(at.see().at, /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  })

  check('who does not mind the signal is killed when the time is over, with all it has started', async at => {
    at.daemon("trap '' TERM\nsleep 1001 &\necho child $!\nwhile :; do sleep 0.1; done", 'TimeoutStopSec=300ms')
    await at.act('start', 'a')
    await at.until('its child', () => at.log().includes('child'))
    const [main, child] = [at.main(), Number(/child (\d+)/.exec(at.log())![1])]
    await at.act('stop', 'a')
    await at.until('both are gone', () => !alive(main) && !alive(child))
  })

  check('who dies is started again, later each time, and not for ever', async at => {
    at.unit('ExecStart=/bin/sh -c "echo because; exit 3"\nRestart=on-failure\nRestartSec=20ms')
    await at.act('start', 'a')
    await at.until('it has been given up', () => at.see().active === 'failed')
    assert.equal([at.see().result, at.times('because'), at.see().restarts], ['start-limit-hit', 5, 4])
    assert.equal(
      [...at.log().matchAll(/again in (\d+) ms/g)].map(found => Number(found[1])),
      [20, 40, 80, 160],
    )
    await at.act('reset-failed', 'a')
    assert.is(at.see().active, 'inactive')
  })

  check('a unit that asks for what is not done here does not run, and the setting is named', async at => {
    const said = async (text: string): Promise<string> => {
      at.unit(text)
      return (await at.act('start', 'a').catch(error => error)).stderr
    }
    assert.match(await said('ExecStart=/bin/true\nType=forking'), 'cannot run a.service: Type=forking')
    assert.match(await said('ExecStart=/bin/true\nExecStartPre=/bin/true'), 'cannot run a.service: ExecStartPre=')
    assert.match(await said('ExecStart=/bin/echo $HOME'), 'cannot run a.service: ExecStart=/bin/echo')
    assert.match(await said('ExecStart=/bin/echo "half'), 'a quote is not closed')
    assert.match(await said('User=nobody'), 'it has no ExecStart')
    assert.match(await said(`ExecStart=/bin/echo ""`), 'cannot run a.service: ExecStart=/bin/echo')
  })

  check('a unit runs only where what it asserts of paths holds, at each of its starts', async at => {
    const [needed, barring] = [at.path('needed'), at.path('barring')]
    const conditions = `[Unit]\nAssertPathExists=${needed}\nAssertPathExists=!${barring}\n[Service]`
    at.unit(`${conditions}\nExecStart=/bin/sleep 1000\nRestart=always\nRestartSec=10ms`)
    const refusal = async (): Promise<string> => (await at.act('start', 'a').catch(error => error)).stderr
    assert.match(await refusal(), `AssertPathExists=${needed} does not hold`)
    writeFileSync(needed, '')
    writeFileSync(barring, '')
    assert.match(await refusal(), `AssertPathExists=!${barring} does not hold`)
    assert.is(at.see().active, 'inactive')
    rmSync(barring)
    await at.act('start', 'a')
    assert.is(at.see().active, 'active')
    rmSync(needed)
    process.kill(at.main(), 'SIGKILL')
    await at.until('it is not started again', () => at.see().active === 'failed')
  })

  check('Restart= is minded', async at => {
    const endOf = async (text: string): Promise<string[]> => {
      at.unit(text)
      await at.act('start', 'a')
      await at.until('it has ended', () => ['inactive', 'failed'].includes(at.see().active))
      return [at.see().active, at.see().result]
    }
    assert.equal(await endOf('ExecStart=/bin/true\nRestart=on-failure'), ['inactive', 'success'])
    assert.equal(await endOf('ExecStart=/bin/false'), ['failed', 'exit-code'])
    assert.equal(await endOf('ExecStart=/nowhere/daemon'), ['failed', 'exit-code'])
    at.unit('ExecStart=/bin/sleep 1000\nRestart=always\nRestartSec=10')
    await at.act('start', 'a')
    await at.until('it runs', () => at.see().active === 'active')
    process.kill(at.main(), 'SIGKILL')
    await at.until('it is about to be started again', () => at.see().sub === 'auto-restart')
    assert.is(at.see().active, 'activating')
    await at.act('stop', 'a')
    assert.is(at.see().active, 'inactive')
  })

  check('a stranger with the number of the daemon is not taken for it', async at => {
    at.unit('ExecStart=/bin/sleep 1000')
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    writeFileSync(
      at.path('.runbook/a.service.state'),
      `${boot} active running 1 0 success ${process.pid} 7 ${process.pid} 7 0\n`,
    )
    assert.equal([at.see().active, at.see().result], ['failed', 'supervisor-killed'])
    await at.act('restart', 'a')
    assert.equal([at.see().active, at.main() === process.pid], ['active', false])
    // The state of another boot says nothing.
    await at.act('stop', 'a')
    writeFileSync(at.path('.runbook/a.service.state'), `0-0 active running 1 0 success 1 7 1 7 0\n`)
    assert.equal([at.see().active, at.see().result], ['inactive', 'success'])
  })

  check('without its supervisor a daemon is not left to itself beside a second one', async at => {
    at.unit('ExecStart=/bin/sleep 1000')
    await at.act('start', 'a')
    const orphan = at.main()
    process.kill(Number(supervisors(portableProgram(at.path('a')))[0]), 'SIGKILL')
    await at.until('it is seen', () => at.see().active === 'failed')
    await at.act('reset-failed', 'a')
    await at.act('start', 'a')
    assert.equal([alive(orphan), alive(at.main()), at.see().active], [false, true, 'active'])
  })

  check('what changed before the start is older than it, what changes after it is newer', async at => {
    at.unit('Type=notify\nExecStart=/bin/sleep 1000')
    await at.act('start', 'a')
    assert.equal([at.see().active, at.see().sub], ['activating', 'start'])
    const before = statSync(at.path('a.service'), { bigint: true }).ctimeNs / 1000n
    assert.ok(Number(before) <= at.see().since)
    await at.until('it counts as ready', () => at.see().active === 'active')
    at.unit('ExecStart=/bin/sleep 1000')
    assert.ok(Number(statSync(at.path('a.service'), { bigint: true }).ctimeNs / 1000n) > at.see().since)
  })
}

test('the log is kept short while the daemon runs', async () => {
  const quick = portableScript.bytes
    .toString()
    .replace('log_limit=10485760', 'log_limit=5000')
    .replace('log_look=30', 'log_look=0.1')
  const at = place(shells[0]!.path, quick)
  at.daemon('while :; do echo line after line; sleep 0.001; done', '')
  try {
    await at.act('start', 'a')
    await at.until('a first log is full', () => existsSync(at.path('a.log.1')))
    await at.until('and another', () => statSync(at.path('a.log')).size < 5000)
  } finally {
    await at.act('stop', 'a')
  }
  assert.is(at.see().active, 'inactive')
})

test('the look at units is one for all of them, whoever runs them', () => {
  const at = place(shells[0]!.path)
  at.unit('ExecStart=/bin/true\n[Install]')
  symlinkSync('/dev/null', at.path('m.service'))
  const names = ['m', 'none-such-unit', 'a', 'none'].map(name => (name.startsWith('none-') ? name : at.path(name)))
  const queries = names.map(name => service(name))
  const raws = probed(
    queries[0]!.probe,
    queries.map(({ item }) => ({ item, facets: [] })),
    local,
  )
  assert.equal(
    queries.map((query, i) => [query.parse(raws[i]).load, query.parse(raws[i]).enabled]),
    [
      ['masked', 'masked'],
      ['not-found', ''],
      ['loaded', 'disabled'],
      ['not-found', ''],
    ],
  )
})

test.run()
