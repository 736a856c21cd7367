import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EventBody } from '../../src/core/event.ts'
import { lost, planned, reported, started } from './rig.ts'

// What people read, byte for byte. A change here is a change of the program's face: look at it as a whole.

const lines = (text: string): string[] => text.split('\n')
const page = (...expected: string[]): string[] => [...expected, '']

const conf = { kind: 'text', subject: '/etc/app.conf', before: 'port 1\nname x\n', after: 'port 2\nname x\n' } as const
const mode = { kind: 'value', subject: '/etc/app.conf mode', before: '0644', after: '0600' } as const
const key = { kind: 'hidden', subject: '/etc/app.key', why: 'a secret' } as const

const plan: EventBody[] = [
  started('plan', 'node0', 'node1', 'node2'),
  { type: 'play', name: 'All', hosts: ['node0', 'node1', 'node2'] },
  { type: 'answered', host: 'node0', roundTrips: 1 },
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
    planned(`${host}/name`, 'change', { task: 'Name the others', needs: 'node0/id', why: 'it lacks two' }),
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
      '  ~ Name the others      node0: will change, details after id: it lacks two',
      '  ~ Name the others      node1: will change, details after node0/id: it lacks two',
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
      'node0  5 to change, 1 undecided, 1 skipped, 1 unchanged',
      'node1  5 to change, 1 undecided, 1 would fail, 1 skipped, 1 unchanged',
      'node2  lost',
      'Plan: 10 to change, 2 undecided, 1 would fail, 2 skipped, 2 unchanged on 3 hosts; 1 host lost.',
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

test('a plan that was broken off counts nothing: it would look like one with nothing to do', () => {
  const interrupted = { reason: 'run-interrupted', what: 'The plan was interrupted.' } as const
  const { out, err } = reported({ command: 'plan' }, [started('plan', 'node0')], {
    roundTrips: {},
    failures: [interrupted],
  })
  assert.match(out + err, 'The plan was interrupted.')
  assert.not.match(out, 'to change')
})

test.run()
