import { execFileSync, spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { asOther, fedTo } from '../../src/core/quote.ts'
import { inBusybox, noBusybox } from '../host/busybox.ts'
import { failuresOf, rig, verdicts } from '../plan/rig.ts'
import { createHosts, temporary } from './local.ts'

// Playbooks on a host that has BusyBox and nothing else, under the real framing, uploads and lease. See host/busybox.ts.

process.env.RUNBOOK_USERLAND = 'busybox'
const check = noBusybox === '' ? test : test.skip

const archive = (...words: string[]): Buffer => {
  const folder = temporary()
  mkdirSync(join(folder, 'in/deep'), { recursive: true })
  writeFileSync(join(folder, 'in/tool'), '#!/bin/sh\n', { mode: 0o755 })
  writeFileSync(join(folder, 'in/deep/a -> b'), 'arrow\n')
  writeFileSync(join(folder, 'in/empty'), '')
  symlinkSync('deep/a -> b', join(folder, 'in/link'))
  execFileSync('ln', [join(folder, 'in/tool'), join(folder, 'in/twin')])
  execFileSync('tar', ['-C', folder, ...words, '-cf', join(folder, 'a.tar'), 'in'])
  return readFileSync(join(folder, 'a.tar'))
}

const playbook = `
- hosts: all
  tasks:
    - { name: folder, file: { path: "{{ root }}/d/e", state: directory, mode: "0750" } }
    - { name: link, file: { path: "{{ root }}/l", state: link, src: d } }
    - { name: small, copy: { dest: "{{ root }}/small", content: "one\\n", mode: "0640" } }
    - { name: over, copy: { dest: "{{ root }}/owned", content: "two\\n" } }
    - { name: big, copy: { dest: "{{ root }}/big", src: big, mode: "0600" } }
    - { name: there, copy: { dest: "{{ root }}/copied", src: "{{ root }}/small", remote_src: true } }
    - { name: tree, copy: { dest: "{{ root }}/tree", src: tree } }
    - { name: template, template: { src: t.hbs, dest: "{{ root }}/t" } }
    - { name: line, lineinfile: { path: "{{ root }}/there", line: three } }
    - { name: replace, replace: { path: "{{ root }}/owned too", regexp: one, replace: "{{ facts.hostname }}" } }
    - { name: unpack, unarchive: { src: a.tar.gz, dest: "{{ root }}/d" } }
    - { name: unpack there, unarchive: { src: "{{ root }}/b.tar.gz", remote_src: true, dest: "{{ root }}/l/e" } }
    - { name: mode, file: { path: "{{ root }}/owned", mode: "0604" } }
    - { name: gone, file: { path: "{{ root }}/gone", state: absent } }
    - { name: run, command: { cmd: touch made, chdir: "{{ root }}", creates: "{{ root }}/made" } }
    - { name: look, stat: { path: "{{ root }}/made" }, register: made }
    - { name: told, assert: { that: "made.stat.exists" } }
`

check(`what the modules for files do on BusyBox is what they plan, and is done once${noBusybox}`, async () => {
  const hosts = createHosts()
  const root = hosts.root('node0')
  for (const name of ['owned', 'owned too', 'there', 'gone']) writeFileSync(join(root, name), 'one\n')
  chownSync(join(root, 'owned'), 1000, 50)
  chownSync(join(root, 'owned too'), 12345, 54321)
  writeFileSync(join(root, 'b.tar.gz'), archive('-z'))
  const files = {
    'files/big': Buffer.alloc(1_300_000, 'big\n'),
    'files/a.tar.gz': archive('-z'),
    'files/tree/a b': 'x',
    'files/tree/below/ü': 'y',
    'templates/t.hbs': 'on {{ facts.distribution }}\n',
  }
  const made = rig(playbook, { files }, hosts)
  try {
    const planned = await made.plan()
    assert.equal(
      Object.entries(verdicts(planned)).filter(([, verdict]) => verdict.startsWith('fail')),
      [],
    )
    const first = await made.apply()
    assert.equal(failuresOf(first), {}, JSON.stringify(first.events.filter(e => e.type === 'result' && e.failure)))
    const again = await made.plan()
    assert.equal(
      Object.entries(verdicts(again)).filter(([, verdict]) => verdict !== 'ok'),
      [],
    )
    const owned = statSync(join(root, 'owned'))
    assert.equal([owned.uid, owned.gid, owned.mode & 0o7777], [1000, 50, 0o604])
    assert.equal([statSync(join(root, 'owned too')).uid, statSync(join(root, 'owned too')).gid], [12345, 54321])
    assert.is(statSync(join(root, 'big')).size, 1_300_000)
    assert.is(readFileSync(join(root, 'd/in/deep/a -> b'), 'utf8'), 'arrow\n')
    assert.is(readFileSync(join(root, 'd/e/in/twin'), 'utf8'), '#!/bin/sh\n')
  } finally {
    await made.close()
  }
})

check(`what is missing there fails in the plan by its name${noBusybox}`, async () => {
  const tasks: [task: string, verdict: RegExp][] = [
    ['user: { name: app }', /^fail: useradd is missing there/],
    ['group: { name: app }', /^fail: groupadd is missing there/],
    ['user: { name: ada, state: absent }', /^fail: userdel is missing there/],
    ['service: { name: cron, state: started }', /^fail: flock is missing there/],
    ['group: { name: none, state: absent }', /^ok$/],
  ]
  for (const [task, verdict] of tasks) {
    const made = rig(`- hosts: all\n  tasks:\n    - { name: task, ${task} }\n`, {}, createHosts())
    try {
      assert.match(verdicts(await made.plan())['node0/task']!, verdict)
    } finally {
      await made.close()
    }
  }
})

check(`another user runs what is to be run as one, without runuser${noBusybox}`, () => {
  const [program, ...args] = inBusybox('/bin/sh')
  const said = (script: string) => String(spawnSync(program, args, { input: script }).stdout)
  const fed = fedTo('ada', 'id -un; echo "$HOME it\'s"; exit 3')
  assert.is(said(`${fed}\necho "$?"`), "ada\n/home/ada it's\n3\n")
  assert.is(said(`${asOther('ada')} sh -c 'id -un; echo "$@"' x -i 'a  b'`), 'ada\n-i a  b\n')
})

test.run()
