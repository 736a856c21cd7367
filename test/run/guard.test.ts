import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { failuresOf, rig as makeRig, type Options, type Ran, type Rig, results, withRig } from '../plan/rig.ts'
import { held } from '../planfile/saving.ts'
import { createHosts, temporary } from './local.ts'
import { slow } from './modules.ts'

// What was computed from what was read is put in place only where that is still there: tested on the host, in the frame.

const play = (tasks: string): string => `- hosts: all\n  tasks:\n${tasks.replace(/^\s*- /gm, '    - ')}`
/** A command that does more than it says: it runs `sh` in the folder of its host. */
const lies = (sh: string, name = 'lies'): string =>
  `- { name: ${name}, command: { argv: [sh, -c, ${JSON.stringify(`cd "$0"; ${sh}`)}, "{{ root }}"], creates: "{{ root }}/${name}" } }`
const warnings = ({ events }: Ran): { node?: string; text: string }[] =>
  events.flatMap(e => (e.type === 'warning' && /^it was taken|after it was read/.test(e.text) ? [e] : []))
const failureOf = ({ outcome }: Ran) => outcome.failures[0]!

const applied = (tasks: string, judge: (ran: Ran, root: string, rig: Rig) => void, options: Options = {}) =>
  withRig(play(tasks), { modules: { slow }, ...options }, async rig => {
    const root = rig.hosts.root('node0')
    writeFileSync(join(root, 'f'), 'old\n')
    judge(await rig.apply(), root, rig)
  })
const line = '- { name: line, lineinfile: { path: "{{ root }}/f", line: mine } }'

test('a line is put into what is there by then, in the frame where a command has touched more than it said', () =>
  applied(`${lies('touch lies; echo theirs >>f')}\n${line}`, (ran, root, rig) => {
    assert.equal(results(ran), { 'node0/lies': 'changed', 'node0/line': 'changed' })
    assert.is(readFileSync(join(root, 'f'), 'utf8'), 'old\ntheirs\nmine\n')
    const [told, ...more] = warnings(ran)
    assert.equal(more, [])
    assert.is(told!.node, 'node0/lies')
    assert.match(told!.text, `it changes only ${root}/lies; ${root}/f changed meanwhile`)
    const doing = rig.hosts.frames.filter(({ fragments }) => fragments.some(({ step }) => step))
    assert.is(doing.length, 2, 'the frame that was stopped, and one more')
    assert.is(ran.outcome.exit, 0)
  }))

test('where several have run, none of them is said to be the one', () =>
  applied(`${lies('touch lies; echo theirs >>f')}\n${lies('touch also', 'also')}\n${line}`, ran => {
    assert.equal(results(ran)['node0/line'], 'changed')
    assert.equal(
      warnings(ran).map(({ node }) => node),
      ['node0/line'],
    )
    assert.match(warnings(ran)[0]!.text, 'by node0/lies or node0/also, or by somebody else')
  }))

test('what is behind it in the frame is planned anew, and what needs a refused line does not run', () =>
  applied(
    `${lies('touch lies; echo theirs >f')}
     - { name: copy, copy: { dest: "{{ root }}/f", content: "mine\\n" } }
     - { name: behind, copy: { dest: "{{ root }}/g", content: "x" } }
     - { name: free, needs: [], copy: { dest: "{{ root }}/h", content: "x" } }`,
    (ran, root) => {
      assert.equal(results(ran), {
        'node0/lies': 'changed',
        'node0/copy': 'refused',
        'node0/behind': 'skipped (needs node0/copy)',
        'node0/free': 'changed',
      })
      assert.is(readFileSync(join(root, 'f'), 'utf8'), 'theirs\n')
      const { reason, what, why, fix } = failureOf(ran)
      assert.is(reason, 'plan-moved')
      assert.match(what, `${root}/f changed after the plan was made`)
      assert.ok(!why!.includes('theirs'), 'content is nobody’s business')
      assert.match(fix!, 'make the plan again')
      assert.is(ran.outcome.exit, 5)
    },
  ))

test('what a line before it in the frame has promised is what it is tested against', () =>
  applied(
    `- { name: write, copy: { dest: "{{ root }}/f", content: "new\\n" } }
     - { name: made, copy: { dest: "{{ root }}/g", content: "g\\n" } }
     ${line}
     - { name: more, lineinfile: { path: "{{ root }}/g", line: more } }`,
    (ran, root, rig) => {
      assert.is(readFileSync(join(root, 'f'), 'utf8'), 'new\nmine\n')
      assert.is(readFileSync(join(root, 'g'), 'utf8'), 'g\nmore\n')
      assert.equal(warnings(ran), [])
      assert.is(rig.hosts.frames.filter(({ fragments }) => fragments.some(({ step }) => step)).length, 1)
    },
  ))

test('a lie about what a line of the same frame has promised is found too', () =>
  applied(
    `- { name: write, copy: { dest: "{{ root }}/f", content: "new\\n" } }
     ${lies('touch lies; echo theirs >>f')}
     ${line}`,
    (ran, root) => {
      assert.equal(results(ran)['node0/line'], 'changed')
      assert.is(readFileSync(join(root, 'f'), 'utf8'), 'new\ntheirs\nmine\n')
      assert.equal(
        warnings(ran).map(({ node }) => node),
        ['node0/lies'],
      )
    },
  ))

test('the mode and owner that are handed on are those that were seen', () =>
  applied(`${lies('touch lies; chmod 600 f')}\n${line}`, (ran, root) => {
    assert.is(results(ran)['node0/line'], 'changed')
    assert.is(statSync(join(root, 'f')).mode & 0o777, 0o600)
    assert.is(readFileSync(join(root, 'f'), 'utf8'), 'old\nmine\n')
  }))

test('a file that has been made meanwhile as it is wanted is nobody’s change', () =>
  applied(
    `${lies('touch lies; printf x >g')}\n- { name: copy, copy: { dest: "{{ root }}/g", content: "x" } }`,
    (ran, root) => {
      assert.is(results(ran)['node0/copy'], 'ok')
      assert.is(readFileSync(join(root, 'g'), 'utf8'), 'x')
    },
  ))

test('a saved plan is held to what it shows', () =>
  withRig(play(`${lies('touch lies; echo theirs >>f')}\n${line}`), {}, async rig => {
    const at = join(rig.hosts.root('node0'), 'f')
    writeFileSync(at, 'old\n')
    const ran = await rig.apply(held(await rig.plan()))
    assert.is(results(ran)['node0/line'], 'changed')
    assert.is(readFileSync(at, 'utf8'), 'old\ntheirs\nmine\n')
  }))

test('the same line twice is another change than once', () =>
  applied(
    `${lies('touch lies; echo old >>f')}
     - { name: replace, replace: { path: "{{ root }}/f", regexp: old, replace: new } }`,
    (ran, root) => {
      assert.is(results(ran)['node0/replace'], 'refused')
      assert.match(failureOf(ran).why!, /1 lines? go.*2 lines? go/s)
      assert.is(readFileSync(join(root, 'f'), 'utf8'), 'old\nold\n')
    },
  ))

/** A rig in which somebody else writes before each frame that has steps. */
const besides = async (
  tasks: string,
  write: (root: string, times: number) => void,
  use: (ran: Ran, root: string) => void,
) => {
  let times = 0
  const hosts = createHosts((name, fragments) => {
    if (fragments.some(({ step }) => step)) write(hosts.root(name), ++times)
  })
  const made = makeRig(play(tasks), {}, hosts)
  try {
    writeFileSync(join(hosts.root('node0'), 'f'), 'old\n')
    use(await made.apply(), hosts.root('node0'))
  } finally {
    await made.close()
  }
}

test('who writes between plan and step is told as somebody else', () =>
  besides(
    line,
    (root, times) => times === 1 && writeFileSync(join(root, 'f'), 'theirs\n'),
    (ran, root) => {
      assert.is(results(ran)['node0/line'], 'changed')
      assert.is(readFileSync(join(root, 'f'), 'utf8'), 'theirs\nmine\n')
      assert.match(warnings(ran)[0]!.text, 'by somebody else')
    },
  ))

test('a file that is written to each time is given up, and left', () =>
  besides(
    line,
    (root, times) => writeFileSync(join(root, 'f'), `${times}\n`),
    (ran, root) => {
      assert.equal(failuresOf(ran), { 'node0/line': 'host-settle' })
      assert.match(failureOf(ran).what, 'changed each time')
      assert.is(readFileSync(join(root, 'f'), 'utf8'), '3\n')
    },
  ))

// Each module that changes what is there, with something else written there between plan and step.

type Case = [module: string, args: string, theirs: string, at: string, options?: Options]
const big = 'x'.repeat(1_100_000)
const moved: Case[] = [
  ['command', '{ cmd: "touch {{ root }}/new", creates: "{{ root }}/new" }', 'echo theirs >new', 'new'],
  ['command', '{ cmd: "rm -r {{ root }}/f", removes: "{{ root }}/f" }', 'rm f; mkdir f; echo theirs >f/in', 'f/in'],
  ['copy', '{ dest: "{{ root }}/f", content: "mine\\n" }', 'echo theirs >>f', 'f'],
  ['copy', '{ dest: "{{ root }}/new", content: "mine\\n" }', 'echo theirs >new', 'new'],
  ['copy', '{ dest: "{{ root }}/link", content: "mine\\n" }', 'ln -sfn theirs link', 'link'],
  ['copy', '{ dest: "{{ root }}/f", src: small }', 'echo theirs >f', 'f', { files: { 'files/small': 'mine\n' } }],
  ['copy', '{ dest: "{{ root }}/f", src: big }', 'echo theirs >f', 'f', { files: { 'files/big': big } }],
  ['copy', '{ dest: "{{ root }}/new", src: big }', 'echo theirs >new', 'new', { files: { 'files/big': big } }],
  ['copy', '{ dest: "{{ root }}/f", src: "{{ root }}/large", remote_src: true }', 'echo theirs >f', 'f'],
  ['copy', '{ dest: "{{ root }}/new", src: "{{ root }}/large", remote_src: true }', 'echo theirs >new', 'new'],
  ['file', '{ path: "{{ root }}/new", state: touch }', 'echo theirs >new', 'new'],
  ['file', '{ path: "{{ root }}/link", src: mine, state: link }', 'ln -sfn theirs link', 'link'],
  ['file', '{ path: "{{ root }}/link", src: mine, state: link }', 'rm link; echo theirs >link', 'link'],
  ['file', '{ path: "{{ root }}/new", src: mine, state: link }', 'echo theirs >new', 'new'],
  ['file', '{ path: "{{ root }}/f", state: absent }', 'rm f; mkdir f; echo theirs >f/in', 'f/in'],
  ['file', '{ path: "{{ root }}/tree", state: absent }', 'rm -r tree; echo theirs >tree', 'tree'],
  ['file', '{ path: "{{ root }}/new/er", state: directory }', 'echo theirs >new', 'new'],
  ['lineinfile', '{ path: "{{ root }}/f", line: mine }', 'echo theirs >>f', 'f'],
  ['lineinfile', '{ path: "{{ root }}/new", line: mine, create: true }', 'echo theirs >new', 'new'],
  ['replace', '{ path: "{{ root }}/f", regexp: old, replace: mine }', 'echo theirs >>f', 'f'],
  ['blockinfile', '{ path: "{{ root }}/f", block: mine }', 'echo theirs >>f', 'f'],
  ['ini_file', '{ path: "{{ root }}/f", section: s, option: o, value: mine }', 'echo theirs >>f', 'f'],
  [
    'pam_limits',
    '{ dest: "{{ root }}/f", domain: ann, limit_type: hard, limit_item: nofile, value: "5" }',
    'echo theirs >>f',
    'f',
  ],
  ['template', '{ src: t.hbs, dest: "{{ root }}/f" }', 'echo theirs >f', 'f', { files: { 't.hbs': 'mine\n' } }],
  [
    'systemd_unit',
    '{ name: "{{ root }}/no-such.service", content: "[Service]\\n" }',
    'echo theirs >no-such.service',
    'no-such.service',
  ],
  [
    'unarchive',
    '{ src: "{{ root }}/a.tar", remote_src: true, dest: "{{ root }}/tree" }',
    'echo theirs >tree/f',
    'tree/f',
  ],
  [
    'unarchive',
    '{ src: "{{ root }}/a.tar", remote_src: true, dest: "{{ root }}/none" }',
    'echo theirs >none/f',
    'none/f',
  ],
]
for (const at of ['tree/f', 'none/f', 'none/sub/f'])
  moved.push([
    'copy',
    `{ dest: "{{ root }}/${at.slice(0, 4)}", src: folder/ }`,
    at === 'none/sub/f' ? 'mkdir none/sub; echo theirs >none/sub/f' : `echo theirs >${at}`,
    at,
    { files: { [`files/folder/${at.slice(5)}`]: 'mine\n', 'files/folder/other': 'other\n' } },
  ])
/** An archive of the controller, with one file `f`. */
const packed = (): Buffer => {
  const folder = temporary()
  writeFileSync(join(folder, 'f'), 'mine\n')
  return execFileSync('tar', ['-cf', '-', '-C', folder, 'f'])
}
for (const at of ['tree/f', 'none/f']) {
  const args = `{ src: a.tar, dest: "{{ root }}/${at.slice(0, 4)}" }`
  moved.push(['unarchive', args, `echo theirs >${at}`, at, { files: { 'files/a.tar': packed() } }])
}
/** Why these are not tried here. */
const exempt: Record<string, string> = {
  addresses: 'changes nothing',
  apt_repository: 'it puts a file in place as copy does',
  capabilities: 'its program sets what it is asked for, whatever is there',
  cron: 'it puts a file in place as lineinfile does',
  dpkg_selections: 'its program locks what it changes',
  sysctl: 'it puts a file in place as lineinfile does',
  async_status: 'changes nothing',
  getent: 'changes nothing',
  package_facts: 'changes nothing',
  service_facts: 'changes nothing',
  find: 'changes nothing',
  slurp: 'changes nothing',
  apt: 'its programs lock what they change, and keep it as they find it',
  package: 'its programs lock what they change, and keep it as they find it',
  systemd: 'its programs set links as they find them',
  assemble: 'it puts a file in place as copy does',
  authorized_key: 'it puts a file in place as lineinfile does',
  htpasswd: 'it puts a file in place as lineinfile does',
  known_hosts: 'it puts a file in place as lineinfile does',
  pamd: 'it puts a file in place as lineinfile does',
  openssh_keypair: 'its files are made in a closet and put in place as copy does',
  iptables: "rules are the kernel's, and no file",
  pause: 'changes nothing',
  tempfile: 'what it makes has a name of its own',
  assert: 'changes nothing',
  clocks: 'changes nothing',
  debug: 'changes nothing',
  fail: 'changes nothing',
  fetch: 'changes nothing',
  stat: 'changes nothing',
  wait_for: 'changes nothing',
  group: 'its programs lock the files of the accounts and edit what is there then',
  user: 'its programs do so too; its home is guarded as `rename` is, and tried in guard.lab.test.ts',
  service: 'its programs set links as they find them',
  include_role: 'changes nothing',
  include_tasks: 'changes nothing',
  include_vars: 'changes nothing',
  set_fact: 'changes nothing',
  setup: 'changes nothing',
  shell: 'what a program does with a file is its own affair',
}

test('each module of the collection is tried, or is exempt', () => {
  const all = readdirSync(new URL('../../modules/builtin/', import.meta.url)).filter(name => name.endsWith('.ts'))
  const tried = new Set([...moved.map(([module]) => module), ...Object.keys(exempt)])
  assert.equal(all.map(name => name.slice(0, -'.ts'.length)).sort(), [...tried].sort())
})

const lay = (root: string): void => {
  writeFileSync(join(root, 'f'), 'old\n')
  writeFileSync(join(root, 'mine'), 'mine\n')
  writeFileSync(join(root, 'large'), 'x'.repeat(70_000))
  symlinkSync('old', join(root, 'link'))
  for (const name of ['tree', 'none', 'pack']) mkdirSync(join(root, name))
  writeFileSync(join(root, 'pack/f'), 'mine\n')
  writeFileSync(join(root, 'tree/f'), 'old\n')
  execFileSync('tar', ['-cf', join(root, 'a.tar'), '-C', join(root, 'pack'), 'f'])
}
const isTheirs = (path: string): boolean =>
  (statSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path, 'utf8') : readlinkSync(path)).includes(
    'theirs',
  )

for (const [module, args, theirs, at, options = {}] of moved)
  test(`nothing of others is lost silently: ${module} ${args} over ${theirs}`, () =>
    withRig(play(`${lies(`touch lies; ${theirs}`)}\n- { name: it, ${module}: ${args} }`), options, async rig => {
      const root = rig.hosts.root('node0')
      lay(root)
      const plan = await rig.plan()
      assert.is(plan.lines.find(({ id }) => id === 'node0/it')!.verdict, 'change')
      const ran = await rig.apply()
      assert.ok(isTheirs(join(root, at)), `${results(ran)['node0/it']}`)
      assert.ok(['ok', 'changed', 'refused', 'failed'].includes(results(ran)['node0/it']!))
      assert.is(warnings(ran)[0]!.node, 'node0/lies')
      // Nothing of its own is left beside it.
      const left = execFileSync('find', [root, '-name', '*runbook*'], { encoding: 'utf8' })
      assert.is(left, '')
    }))

test('what is copied on the host is what was read of its source', () => {
  const copy = '- { name: copy, copy: { src: "{{ root }}/f", remote_src: true, dest: "{{ root }}/g" } }'
  return applied(`${lies('touch lies; echo theirs >f')}\n${copy}`, (ran, root) => {
    assert.is(results(ran)['node0/copy'], 'refused')
    assert.not.ok(existsSync(join(root, 'g')))
  })
})

test('a file that was written by another name is told as that', () =>
  besides(
    `- { name: other, copy: { dest: "{{ root }}/other", content: x } }\n${line}`,
    (root, times) => times === 1 && writeFileSync(join(root, 'f'), 'theirs\n'),
    ran => assert.match(warnings(ran)[0]!.text, 'by node0/other under another name, or by somebody else'),
  ))

test('mode and owner are set on what was seen, not on a link that has come in its place', () =>
  applied(
    `${lies('touch lies; chmod 644 f; mv f g; ln -s g f')}
     - { name: mode, file: { path: "{{ root }}/f", mode: "0600", follow: false } }`,
    (ran, root) => {
      assert.is(results(ran)['node0/mode'], 'failed')
      assert.is(statSync(join(root, 'g')).mode & 0o777, 0o644)
    },
  ))

test.run()
