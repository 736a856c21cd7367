import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EventBody } from '../../src/core/event.ts'
import { createRedactor } from '../../src/report/redact.ts'
import { lost, planned, reported, result, started } from './rig.ts'

// What people read, byte for byte. A change here is a change of the program's face: look at it as a whole.

const lines = (text: string): string[] => text.split('\n')
const page = (...expected: string[]): string[] => [...expected, '']

const conf = { kind: 'text', subject: '/etc/app.conf', before: 'port 1\nname x\n', after: 'port 2\nname x\n' } as const
const mode = { kind: 'value', subject: '/etc/app.conf mode', before: '0644', after: '0600' } as const
const key = { kind: 'hidden', subject: '/etc/app.key', why: 'a secret' } as const

const plan: EventBody[] = [
  started('plan', 'node0', 'node1', 'node2'),
  { type: 'play', name: 'All', hosts: ['node0', 'node1', 'node2'] },
  { type: 'connected', host: 'node0', ms: 12 },
  lost('node2'),
  { type: 'warning', text: '04 and 06 both set a.conf', node: 'node0/conf' },
  ...['node0', 'node1'].flatMap(host => [
    planned(`${host}/packages`, 'ok', { task: 'Packages' }),
    planned(`${host}/install`, 'change', {
      task: 'Install the program',
      why: '0.42.0 is not there',
      steps: ['upload app.tar.gz', 'exec tar -x'],
    }),
    planned(`${host}/conf`, 'change', { task: 'Configure', why: 'the content differs', diff: [conf, mode, key] }),
    planned(`${host}/id`, 'undecided', { task: 'Read the id', needs: `${host}/install` }),
  ]),
  planned('node0/firewall', 'skipped', { task: 'Open the firewall', why: 'when: false' }),
  planned('node1/peer', 'skipped', { task: 'Join node2', needs: 'node2/id' }),
  planned('node1/kernel', 'fail', { task: 'Load the module', why: 'no module xt\nmodprobe: FATAL\x1b[2J' }),
  ...['node0', 'node1'].flatMap(host => [
    planned(`${host}/up`, 'change', { task: 'The daemon answers', why: 'port 5001 is closed', waits: true }),
    planned(`${host}/date`, 'change', { task: 'Say the date', why: 'a command', always: true }),
  ]),
]

test('a plan', () => {
  const { out, err, code } = reported({ command: 'plan' }, plan)
  assert.equal(
    lines(out),
    page(
      'Plan of playbooks/site.yml on node0, node1, node2',
      '',
      '  ~ Install the program  0.42.0 is not there',
      '  ~ Configure            the content differs',
      '  ? Read the id          known after install',
      '  - Join node2           node1: needs node2/id',
      '  ! Load the module      node1: no module xt',
      '  - Open the firewall    node0: when: false',
      '  ~ The daemon answers   port 5001 is closed (waits)',
      '  ~ Say the date         a command (always)',
      '  = 1 task unchanged',
      '',
      'error[host-unreachable]: node2 does not answer',
      '  why: ECONNREFUSED',
      '  fix: start it',
      '  1 task skipped because of it',
      '',
      "error[task-failed]: 'Load the module' would fail",
      '  node1: Load the module',
      '  why: no module xt',
      '       modprobe: FATAL\\x1b[2J',
      '',
      'node0  4 to change, 1 undecided, 1 skipped, 1 unchanged',
      'node1  4 to change, 1 undecided, 1 would fail, 1 skipped, 1 unchanged',
      'node2  lost',
      'Plan: 8 to change, 2 undecided, 1 would fail, 2 skipped, 2 unchanged on 3 hosts; 1 host lost.',
    ),
  )
  assert.is(err, 'warning: node0/conf: 04 and 06 both set a.conf\n')
  assert.is(code, 1)
})

test('a plan with its differences, and with all it would do', () => {
  const some = [started('plan', 'node0', 'node1'), ...plan.filter(event => event.type === 'planned').slice(0, 7)]
  const { out, code } = reported({ command: 'plan', diff: 'show', verbosity: 'all', detailedExitcode: true }, some)
  assert.equal(
    lines(out),
    page(
      'Plan of playbooks/site.yml on node0, node1',
      '',
      '  = Packages',
      '  ~ Install the program  0.42.0 is not there',
      '      > upload app.tar.gz',
      '      > exec tar -x',
      '  ~ Configure            the content differs',
      '      --- /etc/app.conf (now)',
      '      +++ /etc/app.conf (after)',
      '      @@ -1,2 +1,2 @@',
      '      -port 1',
      '      +port 2',
      '       name x',
      '      /etc/app.conf mode: 0644 -> 0600',
      '      /etc/app.key: <hidden: a secret>',
      '  ? Read the id          node0: known after install',
      '',
      'node0  2 to change, 1 undecided, 1 unchanged',
      'node1  2 to change, 1 unchanged',
      'Plan: 4 to change, 1 undecided, 2 unchanged on 2 hosts.',
    ),
  )
  assert.is(code, 2)
})

test('a plan of which nothing is left to do', () => {
  const { out } = reported({ command: 'plan' }, [started('plan', 'a', 'b'), planned('a/x', 'ok'), planned('b/x', 'ok')])
  assert.equal(
    lines(out),
    page(
      'Plan of playbooks/site.yml on a, b',
      '',
      '  = 1 task unchanged',
      '',
      'a  0 to change, 1 unchanged',
      'b  0 to change, 1 unchanged',
      'Plan: 0 to change, 2 unchanged on 2 hosts.',
    ),
  )
})

test('a plan on thirty hosts', () => {
  const hosts = Array.from({ length: 30 }, (_, at) => `node${at}`)
  const { out } = reported({ command: 'plan' }, [
    started('plan', ...hosts),
    ...hosts.flatMap((host, at) => [
      planned(`${host}/install`, at === 7 ? 'ok' : 'change', { why: 'it is not there' }),
      planned(`${host}/conf`, 'change', { why: at % 3 === 0 ? 'the mode differs' : 'the content differs' }),
      planned(
        `${host}/join`,
        host === 'node0' ? 'change' : 'undecided',
        host === 'node0' ? {} : { needs: 'node0/install' },
      ),
    ]),
  ])
  assert.equal(
    lines(out),
    page(
      'Plan of playbooks/site.yml on all 30 hosts',
      '',
      '  ~ install  all but node7: it is not there',
      '  ~ conf     node0, node3, node6 and 7 more: the mode differs',
      '  ~ conf     node1, node2, node4 and 17 more: the content differs',
      '  ~ join     node0',
      '  ? join     all but node0: known after node0/install',
      '',
      'node0                 3 to change, 0 unchanged',
      'all but node0, node7  2 to change, 1 undecided, 0 unchanged on each',
      'node7                 1 to change, 1 undecided, 1 unchanged',
      'Plan: 60 to change, 29 undecided, 1 unchanged on 30 hosts.',
    ),
  )
})

test('an apply', () => {
  const failure = {
    reason: 'host-step',
    what: 'app init ended with status 1',
    why: 'argv: app init\nError: no space left',
    fix: 'make room on /var',
  } as const
  const { out, err, code } = reported({ command: 'apply', diff: 'show' }, [
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
  ])
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
