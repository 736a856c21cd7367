import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EventBody } from '../../src/core/event.ts'
import { createRedactor } from '../../src/report/redact.ts'
import { lost, planned, reported, result, started } from './rig.ts'

// What people read, byte for byte. A change here is a change of the program's face: look at it as a whole.

const lines = (text: string): string[] => text.split('\n')
const page = (...expected: string[]): string[] => [...expected, '']

const mode = { kind: 'value', subject: '/etc/app.conf mode', before: '0644', after: '0600' } as const

const failure = {
  reason: 'host-step',
  what: 'app init ended with status 1',
  why: 'argv: app init\nError: no space left',
  fix: 'make room on /var',
} as const

/** An apply on two hosts in which something of each kind happens. */
const events: EventBody[] = [
  started('apply', 'node0', 'web'),
  ...['node0', 'web'].flatMap(host => [
    planned(`${host}/packages`, 'ok'),
    planned(`${host}/conf`, 'change'),
    planned(`${host}/init`, 'change'),
    planned(`${host}/start`, 'undecided'),
  ]),
  { type: 'running', host: 'node0', node: 'node0/conf', task: 'Configure', steps: ['write'] },
  result('node0/packages', 'ok', { task: 'Packages' }),
  result('node0/conf', 'changed', {
    task: 'Configure',
    why: 'the mode differs',
    steps: 1,
    ms: 2149,
    diff: [mode],
  }),
  { type: 'warning', text: 'the clock is 3 s off', host: 'web' },
  ...['node0', 'web'].map(host => result(`${host}/init`, 'failed', { task: 'Initialise', failure, ms: 450 })),
  { type: 'message', host: 'web', node: 'web/say', task: 'Say', text: 'one\ntwo\n' },
  result('node0/start', 'skipped', { needs: 'node0/init' }),
  result('web/packages', 'refused', { task: 'Packages', why: 'the host has moved on' }),
  lost('web'),
  result('web/start', 'skipped', { needs: 'web/init' }),
]

test('an apply', () => {
  const { out, err, code } = reported({ command: 'apply', diff: 'show' }, events)
  assert.equal(
    lines(out),
    page(
      'Apply playbooks/site.yml on node0, web',
      '',
      'node0  ~ Configure: the mode differs (2.1 s)',
      '         /etc/app.conf mode: 0644 -> 0600',
      'node0  ! Initialise: app init ended with status 1 (0.5 s)',
      'web    ! Initialise: app init ended with status 1 (0.5 s)',
      'web    . Say:',
      '         one',
      '         two',
      'web    ! Packages: refused: the host has moved on (0.0 s)',
      'web    ! lost: web does not answer',
      '',
      'error[host-unreachable]: web does not answer',
      '  why: ECONNREFUSED',
      '  fix: start it',
      '',
      'error[host-step]: app init ended with status 1',
      '  node0, web: Initialise',
      '  why: argv: app init',
      '       Error: no space left',
      '  fix: make room on /var',
      '  2 tasks skipped because of it',
      '',
      "error[task-failed]: 'Packages' was refused",
      '  web: Packages',
      '  why: the host has moved on',
      '',
      'node0  1 changed, 1 failed, 1 skipped, 1 unchanged',
      'web    0 changed, 2 failed, 1 skipped, 0 unchanged; lost',
      'Apply: 1 changed, 3 failed, 2 skipped, 1 unchanged on 2 hosts in 21.0 s; 1 host lost.',
    ),
  )
  assert.is(err, 'warning: web: the clock is 3 s off\n')
  assert.is(code, 1)
})

test('what prevented a run goes to stderr, and stdout stays empty', () => {
  for (const command of ['plan', 'apply'] as const) {
    const failure = { reason: 'inventory-missing', what: 'there is no inventory', fix: 'give one with -i' } as const
    const { out, err, code } = reported({ command }, [], { roundTrips: {}, failures: [failure] })
    assert.is(out, '')
    assert.is(err, 'error[inventory-missing]: there is no inventory\n  fix: give one with -i\n')
    assert.is(code, 4)
  }
})

test('many hosts that are lost for one reason share a line, while they are planned and later', () => {
  const hosts = Array.from({ length: 30 }, (_, at) => `n${at}`)
  const { out } = reported({ command: 'apply' }, [
    started('apply', ...hosts),
    ...hosts.slice(0, 10).map(host => lost(host)),
    ...hosts.slice(10).map(host => planned(`${host}/x`, 'change')),
    ...hosts.slice(10, 18).map(host => lost(host)),
    result('n18/x', 'changed'),
    lost('n19'),
  ])
  assert.equal(lines(out).slice(2, 9), [
    '! 10 hosts lost: n0, n1, n2 and 7 more: ECONNREFUSED',
    'n10  ! lost: n10 does not answer',
    'n11  ! lost: n11 does not answer',
    'n12  ! lost: n12 does not answer',
    '! 5 hosts lost: n13, n14, n15 and 2 more: ECONNREFUSED',
    'n18  ~ x (0.0 s)',
    'n19  ! lost: n19 does not answer',
  ])
})

test('what many lost hosts share is told on one line, whatever lines it has, and as that of many', () => {
  const hosts = Array.from({ length: 5 }, (_, at) => `n${at}`)
  const keyless = (host: string): EventBody => {
    const what = `there is no key for ${host}`
    return { type: 'host-lost', host, failure: { reason: 'host-login', what, why: 'no agent\nno key' } }
  }
  const { out } = reported({ command: 'apply' }, [
    started('apply', ...hosts, 'web'),
    ...hosts.map(keyless),
    planned('web/x', 'change'),
    result('web/x', 'changed'),
  ])
  assert.match(out, '! 5 hosts lost: all but web: no agent; no key\n')
  assert.match(out, 'there is no key for n0; so it is with 4 others\n')
})

test('what was done, what is not known and what had not begun when it was cut off', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
  const { out } = reported({ command: 'apply' }, [
    started('apply', 'node0', 'web'),
    ...['node0', 'web'].flatMap(host => names.map(name => planned(`${host}/${name}`, 'change'))),
    result('node0/a', 'changed'),
    result('node0/b', 'unverified', { why: 'it was under way' }),
    ...names.slice(2).map(name => result(`node0/${name}`, 'skipped', { unbegun: true })),
    result('web/a', 'changed'),
    result('web/b', 'unverified', { why: 'it was under way' }),
    lost('web'),
    ...names.slice(2).map(name => result(`web/${name}`, 'skipped', { needs: 'web' })),
  ])
  assert.equal(
    lines(out).slice(2),
    page(
      'node0  ~ a (0.0 s)',
      'node0  ? b: it was under way (0.0 s)',
      'web    ~ a (0.0 s)',
      'web    ? b: it was under way (0.0 s)',
      'web    ! lost: web does not answer',
      '',
      'error[host-unreachable]: web does not answer',
      '  why: ECONNREFUSED',
      '  fix: start it',
      '  6 tasks skipped because of it',
      '',
      'node0  not known: b',
      'node0  not begun: c, d, e, f, g and 1 more',
      'web    not known: b',
      'web    not begun: c, d, e, f, g and 1 more',
      '',
      'node0  1 changed, 1 not known, 6 not begun, 0 unchanged',
      'web    1 changed, 1 not known, 6 skipped, 0 unchanged; lost',
      'Apply: 2 changed, 2 not known, 6 skipped, 6 not begun, 0 unchanged on 2 hosts in 35.0 s; 1 host lost.',
    ),
  )
})

test('a long transfer is told of now and then, to stderr', () => {
  const progress = (done: number): EventBody => ({
    type: 'progress',
    host: 'a',
    node: 'a/x',
    task: 'x',
    done,
    total: 90_000_000,
    what: 'app.tar.gz',
  })
  const events = Array.from({ length: 13 }, (_, at) => progress(at * 1_000_000))
  const { err } = reported({ command: 'apply' }, [started('apply', 'a'), ...events])
  assert.is(err, 'a: app.tar.gz: 5.0 MB of 90.0 MB\na: app.tar.gz: 10.0 MB of 90.0 MB\n')
})

test('colour marks, and nothing else changes', () => {
  for (const command of ['plan', 'apply'] as const) {
    const events = [started(command, 'a'), planned('a/x', 'change', { why: 'y' }), result('a/x', 'changed')]
    const plain = reported({ command }, events).out
    const coloured = reported({ command, colour: true }, events).out
    assert.is.not(coloured, plain)
    assert.is(coloured.replaceAll(/\x1b\[\d+m/g, ''), plain)
  }
})

test('a secret shows nowhere, also not broken over lines', () => {
  const redact = createRedactor()
  const secret = `first ${'x'.repeat(9)}\nsecond ${'y'.repeat(9)}`
  redact.add(secret)
  const failure = { reason: 'host-step', what: `said ${secret}`, why: `seen:\n${secret}`, fix: secret } as const
  const diff = [{ kind: 'text', subject: 'f', before: '', after: `a\n${secret}\nb` }] as const
  for (const format of ['text', 'json'] as const) {
    for (const command of ['plan', 'apply'] as const) {
      const { out, err } = reported({ command, format, diff: 'show', redact }, [
        started(command, 'a'),
        { type: 'warning', text: secret },
        planned('a/x', 'change', { why: secret, diff: [...diff] }),
        result('a/y', 'failed', { failure, diff: [...diff] }),
      ])
      assert.not.match(out + err, /xxx|yyy/)
      assert.match(out, '<secret>')
    }
  }
})

test.run()
