import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { temporary } from '../run/local.ts'
import { results, verdicts, withRig } from './rig.ts'

// An archive on a host is known from what an earlier task will put there.

/** A plain archive of a small file, a link to it, a folder, and a file of as many letters as are asked for. */
const packed = (letters: number): string => {
  const tree = temporary()
  mkdirSync(`${tree}/conf`)
  writeFileSync(`${tree}/conf/a.conf`, 'port=80\n')
  writeFileSync(`${tree}/big`, 'x'.repeat(letters))
  execFileSync('ln', ['-s', 'conf/a.conf', `${tree}/a`])
  execFileSync('tar', ['-cf', `${tree}.tar`, '-C', tree, '.'])
  return readFileSync(`${tree}.tar`, 'latin1')
}

const brought = `
- hosts: all
  tasks:
    - { name: bring, copy: { src: site.tar, dest: "{{ root }}/a.tar" } }
    - { name: twin, copy: { src: "{{ root }}/a.tar", remote_src: true, dest: "{{ root }}/b.tar" } }
    - { name: away, file: { path: "{{ root }}/a.tar", state: absent } }
    - { name: folder, file: { path: "{{ root }}/site", state: directory } }
    - { name: unpack, unarchive: { src: "{{ root }}/b.tar", remote_src: true, dest: "{{ root }}/site" } }
    - { name: copy, copy: { src: "{{ root }}/site/conf/a.conf", remote_src: true, dest: "{{ root }}/b.conf" } }
    - { name: mode, file: { path: "{{ root }}/site/conf/a.conf", mode: "0600" } }
    - { name: edit, replace: { path: "{{ root }}/b.conf", regexp: "80", replace: "81" } }
`

for (const [size, letters] of [
  ['small', 1],
  ['large', 3_000_000],
] as const)
  test(`a ${size} archive that is brought, copied on the host and unpacked there is known to its members`, async () => {
    await withRig(brought, { files: { 'files/site.tar': packed(letters) } }, async rig => {
      const planned = await rig.plan()
      const before = ['bring', 'twin', 'away', 'folder', 'unpack', 'copy', 'mode'].map(task => `node0/${task}`)
      assert.equal(verdicts(planned), {
        ...Object.fromEntries(before.map(node => [node, 'change'])),
        'node0/edit': 'undecided: known after node0/unpack',
      })
      const applied = await rig.apply()
      assert.equal(Object.values(results(applied)), Array(8).fill('changed'))
      assert.is(readFileSync(`${rig.hosts.root('node0')}/b.conf`, 'utf8'), 'port=81\n')
    })
  })

const alone = `
- hosts: all
  tasks:
    - { name: folder, file: { path: "{{ root }}/site", state: directory } }
    - { name: unpack, unarchive: { src: "{{ root }}/a.tar", remote_src: true, dest: "{{ root }}/site" } }
`
test('one that lies there is read there, once, and stays', async () => {
  await withRig(alone, {}, async rig => {
    writeFileSync(`${rig.hosts.root('node0')}/a.tar`, packed(3), 'latin1')
    assert.equal(verdicts(await rig.plan()), { 'node0/folder': 'change', 'node0/unpack': 'change' })
    assert.equal(results(await rig.apply()), { 'node0/folder': 'changed', 'node0/unpack': 'changed' })
    assert.equal(results(await rig.apply()), { 'node0/folder': 'ok', 'node0/unpack': 'ok' })
    assert.is(readFileSync(`${rig.hosts.root('node0')}/a.tar`, 'latin1').length, packed(3).length)
  })
})

test('one that was copied twice is not looked for where it once lay', async () => {
  const copied = alone.replace('a.tar', 'c.tar').replace(
    '  tasks:',
    `  tasks:
    - { name: first, copy: { src: "{{ root }}/a.tar", remote_src: true, dest: "{{ root }}/b.tar" } }
    - { name: away, file: { path: "{{ root }}/a.tar", state: absent } }
    - { name: second, copy: { src: "{{ root }}/b.tar", remote_src: true, dest: "{{ root }}/c.tar" } }`,
  )
  await withRig(copied, {}, async rig => {
    writeFileSync(`${rig.hosts.root('node0')}/a.tar`, packed(3), 'latin1')
    assert.is(verdicts(await rig.plan())['node0/unpack'], 'change')
    assert.is(results(await rig.apply())['node0/unpack'], 'changed')
  })
})

test('one that a command may change first is not known, and what waits for that says so', async () => {
  const made = alone.replace(
    '  tasks:',
    '  tasks:\n    - { name: pack, command: { cmd: "true", touches: ["{{ root }}/a.tar"] } }',
  )
  await withRig(made, {}, async rig => {
    writeFileSync(`${rig.hosts.root('node0')}/a.tar`, packed(3), 'latin1')
    const { 'node0/unpack': unpack } = verdicts(await rig.plan())
    assert.is(unpack, 'undecided: known after node0/pack')
  })
})

test('where there will be none, or something else, the plan says so', async () => {
  const gone = alone.replace(
    '  tasks:',
    '  tasks:\n    - { name: away, file: { path: "{{ root }}/a.tar", state: absent } }',
  )
  const text = alone.replace(
    '  tasks:',
    '  tasks:\n    - { name: write, copy: { content: "no", dest: "{{ root }}/c" } }\n    - { name: put, copy: { src: "{{ root }}/c", remote_src: true, dest: "{{ root }}/a.tar" } }',
  )
  for (const [playbook, why] of [
    [gone, 'does not exist'],
    [text, 'known after node0/put'],
  ] as const)
    await withRig(playbook, {}, async rig => {
      writeFileSync(`${rig.hosts.root('node0')}/a.tar`, packed(3), 'latin1')
      assert.match(verdicts(await rig.plan())['node0/unpack']!, why)
    })
})

test.run()
