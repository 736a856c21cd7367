import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Known } from '../../src/plan/known.ts'
import { modulesWithCases } from '../modules/modules.ts'
import { failuresOf, results, verdicts, withRig } from '../plan/rig.ts'

// What the user that a task runs as may not do is told in the plan. Tasks run as nobody here, reads are made by root.

const isRoot = process.getuid?.() === 0
const check = isRoot ? test : test.skip
const nobody = 65534
const identity: Known['identity'] = (_, become) => (become ? undefined : { user: 'nobody' })

/** In `{{ root }}`: a folder of root's (`r`), one of nobody's (`own`), one as /tmp is (`tmp`), files of root's in each. */
const furnish = (root: string): void => {
  for (let at = root; at.includes('runbook-run-'); at = dirname(at)) chmodSync(at, 0o755)
  for (const [name, mode, uid] of [
    ['r', 0o755, 0],
    ['own', 0o755, nobody],
    ['tmp', 0o1777, 0],
    ['closed', 0o700, 0],
  ] as const) {
    mkdirSync(`${root}/${name}`)
    chownSync(`${root}/${name}`, uid, uid)
    chmodSync(`${root}/${name}`, mode)
    writeFileSync(`${root}/${name}/f.service`, 'one\n')
  }
  mkdirSync(`${root}/closed/open`)
  chmodSync(`${root}/closed/open`, 0o777)
  mkdirSync(`${root}/packed`)
  writeFileSync(`${root}/packed/f.service`, 'two\n')
  execFileSync('tar', ['-cf', `${root}/a.tar`, '-C', `${root}/packed`, 'f.service'])
  for (const name of ['mine', 'edit']) {
    writeFileSync(`${root}/own/${name}`, 'one\n')
    chownSync(`${root}/own/${name}`, nobody, nobody)
  }
}

const fails: [module: string, args: string, says: string][] = [
  ['copy', '{ dest: "{{ root }}/r/new", content: x }', 'nobody may not write to'],
  ['copy', '{ dest: "{{ root }}/r/f.service", content: x }', 'nobody may not write to'],
  ['copy', '{ dest: "{{ root }}/r/new", src: big }', 'nobody may not write to'],
  ['copy', '{ dest: "{{ root }}/own/new", src: "{{ root }}/closed/f.service", remote_src: true }', 'nobody may not'],
  ['copy', '{ dest: "{{ root }}/closed/open/new", content: x }', 'nobody may not enter'],
  ['copy', '{ dest: "{{ root }}/own/f.service", content: x }', 'belongs to root'],
  ['copy', '{ dest: "{{ root }}/own/new", content: x, owner: root }', 'only root may'],
  ['copy', '{ dest: "{{ root }}/own/new", content: x, group: root }', 'is not of the group'],
  ['template', '{ src: t.hbs, dest: "{{ root }}/r/t" }', 'nobody may not write to'],
  ['lineinfile', '{ path: "{{ root }}/r/f.service", line: two }', 'nobody may not write to'],
  ['lineinfile', '{ path: "{{ root }}/tmp/f.service", line: two }', 'sticky'],
  ['replace', '{ path: "{{ root }}/r/f.service", regexp: one, replace: two }', 'nobody may not write to'],
  ['file', '{ path: "{{ root }}/r/new", state: touch }', 'nobody may not write to'],
  ['file', '{ path: "{{ root }}/r/new", state: directory }', 'nobody may not write to'],
  ['file', '{ path: "{{ root }}/r/new/er", state: directory }', 'nobody may not write to'],
  ['file', '{ path: "{{ root }}/r/new", src: x, state: link, force: true }', 'nobody may not write to'],
  ['file', '{ path: "{{ root }}/r/f.service", state: absent }', 'nobody may not write to'],
  ['file', '{ path: "{{ root }}/tmp/f.service", state: absent }', 'sticky'],
  ['file', '{ path: "{{ root }}/own/f.service", mode: "0600" }', 'may not change its mode'],
  ['file', '{ path: "{{ root }}/own/mine", owner: root }', 'only root may'],
  ['file', '{ path: "{{ root }}/own/mine", group: root }', 'is not of the group'],
  ['unarchive', '{ src: "{{ root }}/a.tar", remote_src: true, dest: "{{ root }}/r" }', 'nobody may not write to'],
  [
    'systemd_unit',
    '{ name: "{{ root }}/r/x.service", content: "[Service]\\nExecStart=/bin/true\\n" }',
    'nobody may not',
  ],
  ['user', '{ name: nosuchuser }', 'nobody may not change user nosuchuser'],
  ['group', '{ name: nosuchgroup }', 'nobody may not change group nosuchgroup'],
  ['command', '{ cmd: ls, chdir: "{{ root }}/closed" }', 'nobody may not enter'],
]
const exempt: Record<string, string> = {
  assert: 'changes nothing',
  clocks: 'changes nothing',
  debug: 'changes nothing',
  service: 'of systemd only: see the lab',
  stat: 'changes nothing',
  wait_for: 'changes nothing',
}

test('each module of the collection is tried, or is exempt', () => {
  const tried = fails.map(([name]) => name)
  const builtin = modulesWithCases().filter(name => tried.includes(name) || name in exempt)
  assert.equal(builtin, [...new Set([...tried, ...Object.keys(exempt)])].sort())
})

const files = { 't.hbs': 'x', 'files/big': Buffer.alloc(1_100_000) }
for (const [module, args, says] of fails)
  check(`as a user: ${module} ${args}`, async () => {
    const playbook = `- hosts: all\n  tasks:\n    - { name: it, ${module}: ${args} }\n`
    await withRig(playbook, { files, identity }, async rig => {
      furnish(rig.hosts.root('node0'))
      const ran = await rig.apply()
      const line = ran.lines[0]!
      assert.is(line.verdict, 'fail', line.why)
      assert.match(line.why!, says)
      assert.match(line.fix!, 'become: true')
    })
  })

const ways = `
    - { name: new, copy: { dest: "{{ root }}/own/new", content: x } }
    - { name: edit, lineinfile: { path: "{{ root }}/own/edit", line: two } }
    - { name: mode, file: { path: "{{ root }}/own/mine", mode: "0600" } }
    - { name: gone, file: { path: "{{ root }}/own/f.service", state: absent } }
    - { name: tmp, file: { path: "{{ root }}/tmp/t", state: directory } }
    - { name: deep, file: { path: "{{ root }}/own/a/b/c", state: directory } }
    - { name: in it, copy: { dest: "{{ root }}/own/a/b/c/f", content: x, group: "65534" } }
    - { name: link, file: { path: "{{ root }}/own/l", src: new, state: link, force: true } }
    - { name: unpacked, unarchive: { src: "{{ root }}/a.tar", remote_src: true, dest: "{{ root }}/own/a" } }
    - { name: as root, become: true, copy: { dest: "{{ root }}/r/new", content: x } }
    - { name: handed over, become: true, file: { path: "{{ root }}/r/theirs", state: directory, owner: nobody } }
    - { name: in theirs, copy: { dest: "{{ root }}/r/theirs/f", content: x } }
    - { name: for all, become: true, file: { path: "{{ root }}/r/all", state: directory, mode: "0777" } }
    - { name: in all, file: { path: "{{ root }}/r/all/f", state: touch } }
    - { name: out of reach, command: { cmd: "true", creates: /etc/passwd } }
`
check('what the user may do is done as planned, also in folders that earlier tasks make', async () => {
  await withRig(`- hosts: all\n  tasks:${ways}`, { files, identity }, async rig => {
    const root = rig.hosts.root('node0')
    furnish(root)
    const plan = await rig.plan()
    assert.equal([...new Set(Object.values(verdicts(plan)))], ['change', 'ok'])
    const ran = await rig.apply()
    assert.equal(failuresOf(ran), {})
    assert.equal([...new Set(Object.values(results(ran)))], ['changed', 'ok'])
    assert.is(statSync(`${root}/own/new`).uid, nobody)
  })
})

const earlier: [about: string, tasks: string, says: RegExp][] = [
  [
    'a folder that root makes',
    `- { name: made, become: true, file: { path: "{{ root }}/own/app", state: directory } }
    - { name: it, copy: { dest: "{{ root }}/own/app/f", content: x } }`,
    /^fail: nobody may not write to .*\/own\/app$/,
  ],
  [
    'a folder that root closes',
    `- { name: closed, become: true, file: { path: "{{ root }}/own", state: directory, mode: "0700", owner: root } }
    - { name: it, copy: { dest: "{{ root }}/own/g", content: x } }`,
    /^fail: nobody may not (write to|enter) /,
  ],
]
for (const [about, tasks, says] of earlier)
  check(`what an earlier task makes counts as it will be: ${about}`, async () => {
    await withRig(`- hosts: all\n  tasks:\n    ${tasks}\n`, { files, identity }, async rig => {
      furnish(rig.hosts.root('node0'))
      assert.match(verdicts(await rig.plan())['node0/it']!, says)
    })
  })

test.run()
