import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { failuresOf, results, verdicts, withRig } from '../plan/rig.ts'
import { makeWith } from './access-list.ts'

// What is made in a folder that hands on its group or has a default access control list, and folders on the way: a plan
// promises the modes that come about, or leaves them open.

const mode = (path: string): string => (statSync(path).mode & 0o7777).toString(8)
const folders: Record<string, (root: string) => void> = {
  'a folder that hands on its group': root => {
    mkdirSync(`${root}/g`)
    if (process.getuid?.() === 0) execFileSync('chgrp', ['4200', `${root}/g`])
    chmodSync(`${root}/g`, 0o2775)
  },
  'a folder with a default list': root =>
    makeWith(root, 'g/', '755', { default: 'user::rwx\nuser:5001:rwx\ngroup::r-x\nmask::rwx\nother::---\n' }),
  'a folder with both': root => {
    makeWith(root, 'g/', '755', { default: 'user::rwx\nuser:5001:rwx\ngroup::---\nmask::rwx\nother::---\n' })
    chmodSync(`${root}/g`, 0o2775)
  },
}
const tasks = `
    - { name: folders, file: { path: "{{ root }}/g/a/b", state: directory } }
    - { name: deeper, file: { path: "{{ root }}/g/a/c/d/e", state: directory } }
    - { name: plain, file: { path: "{{ root }}/g/p", state: directory } }
    - { name: below, file: { path: "{{ root }}/g/p/q/r", state: directory } }
    - { name: file, copy: { dest: "{{ root }}/g/f", content: x } }
    - { name: closed, copy: { dest: "{{ root }}/g/a/b/f", content: x, mode: "0640" } }
    - { name: big, copy: { dest: "{{ root }}/g/big", src: big } }
    - { name: rendered, template: { src: t.hbs, dest: "{{ root }}/g/t" } }
    - { name: line, lineinfile: { path: "{{ root }}/g/l", line: x, create: true } }
    - { name: touched, file: { path: "{{ root }}/g/touched", state: touch } }
    - { name: link, file: { path: "{{ root }}/g/link", src: f, state: link, force: true } }
    - { name: unit, systemd_unit: { name: "{{ root }}/g/u.service", content: "[Service]\\nExecStart=/bin/true\\n" } }
    - { name: unpacked, unarchive: { src: "{{ root }}/a.tar", remote_src: true, dest: "{{ root }}/g" } }
    - { name: into new, file: { path: "{{ root }}/g/into", state: directory } }
    - { name: unpacked new, unarchive: { src: "{{ root }}/a.tar", remote_src: true, dest: "{{ root }}/g/into" } }
`
for (const [about, make] of Object.entries(folders))
  test(`${about}: what is promised comes about, and a second apply changes nothing`, async () => {
    const files = { 't.hbs': 'x', 'files/big': Buffer.alloc(1_100_000) }
    await withRig(`- hosts: all\n  tasks:${tasks}`, { files }, async rig => {
      const root = rig.hosts.root('node0')
      make(root)
      mkdirSync(`${root}/packed/sub/er`, { recursive: true })
      for (const [name, bits] of [
        ['x', 0o644],
        ['sub/y', 0o755],
        ['sub/er/z', 0o600],
      ] as const)
        writeFileSync(`${root}/packed/${name}`, name, { mode: bits })
      execFileSync('tar', ['-cf', `${root}/a.tar`, '-C', `${root}/packed`, 'x', 'sub/y', 'sub/er'])
      const plan = await rig.plan()
      assert.equal([...new Set(Object.values(verdicts(plan)))], ['change'])
      const ran = await rig.apply()
      assert.equal(failuresOf(ran), {})
      assert.equal([...new Set(Object.values(results(ran)))], ['changed'])
      assert.equal([...new Set(Object.values(results(await rig.apply())))], ['ok'])
      assert.is(mode(`${root}/g/a/b`), '755')
      if (about.includes('group')) assert.is(mode(`${root}/g/a`), '2755')
    })
  })

test('of folders on the way the mode is promised exactly where nothing but their parent decides it', async () => {
  await withRig(`- hosts: all\n  tasks:${tasks}`, {}, async rig => {
    const root = rig.hosts.root('node0')
    folders['a folder that hands on its group']!(root)
    const { lines } = await rig.plan()
    const promised = lines[0]!.will.map(([query, patch]) => [
      query.item.slice(root.length),
      (patch as { mode: string }).mode,
    ])
    assert.equal(promised, [
      ['/g/a/b', '0755'],
      ['/g/a', '2755'],
    ])
  })
})

test.run()
