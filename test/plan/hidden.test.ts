import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isUnknown } from '../../src/core/unknown.ts'
import { type FileAnswer, file, stat } from '../../src/module/probes/file.ts'
import { pack } from '../artifact/rig.ts'
import { createSky, text } from '../world/sky.ts'
import { type Rig, verdicts, withRig } from './rig.ts'

// What cannot be told behind a change that is not, or not wholly, known.

/** `l` leads to `d`, and there is a file in it. */
const prepare = (rig: Rig): void => {
  const root = rig.hosts.root('node0')
  for (const folder of ['d', 'e']) mkdirSync(join(root, folder))
  writeFileSync(join(root, 'd/f'), 'x\n')
  symlinkSync('d', join(root, 'l'))
}
const behind = (task: string): Promise<void> =>
  withRig(
    `- hosts: all
  tasks:
    - { name: make, command: { cmd: "sh -c 'echo e; touch {{ root }}/made'", creates: "{{ root }}/made" }, register: made }
    - { name: maybe, ${task} }
    - { name: below, copy: { dest: "{{ root }}/l/f", content: "x\\n" } }
`,
    {},
    async rig => {
      prepare(rig)
      const { 'node0/maybe': maybe, 'node0/below': below } = verdicts(await rig.plan())
      assert.equal([maybe, below], ['undecided: known after node0/make', 'undecided: known after node0/maybe'])
    },
  )
const unknown = 'made.stdout == "e"'

test('behind a link that may be switched nothing is known', () =>
  behind(`when: '${unknown}', file: { path: "{{ root }}/l", src: e, state: link, force: true }`))

test('nor behind one that will be switched to a place which is not known', () =>
  behind(`file: { path: "{{ root }}/l", src: "{{ made.stdout }}", state: link, force: true }`))

test('nor in a folder that may be removed', () =>
  behind(`when: '${unknown}', file: { path: "{{ root }}/d", state: absent }`))

test('what a command reads behind a link that will be switched is asked when that is done', () =>
  withRig(
    `- hosts: all
  tasks:
    - { name: switch, file: { path: "{{ root }}/l", src: e, state: link, force: true } }
    - { name: ask, command: { argv: [sh, -c, 'cat "$0" || echo none', "{{ root }}/l/f"], reads: ["{{ root }}/l/f"] }, register: asked }
    - { name: say, copy: { dest: "{{ root }}/said", content: "{{ asked.stdout }}" } }
`,
    {},
    async rig => {
      prepare(rig)
      assert.is(verdicts(await rig.plan())['node0/ask'], 'undecided: known after node0/switch')
      await rig.apply()
      assert.is(readFileSync(join(rig.hosts.root('node0'), 'said'), 'utf8'), 'none')
    },
  ))

test('an owner that is promised by number has a name that is not known, and is not the one before', () => {
  const sky = createSky()
  sky.seen('/f', { ...text('x'), owner: 'daemon', uid: 1, group: 'games', gid: 60 } as FileAnswer)
  sky.change('own', [[stat('/f'), { uid: 0 }]])
  const found = sky.ask(file('/f')) as Record<string, unknown>
  assert.equal([found.uid, found.group, found.gid], [0, 'games', 60])
  assert.ok(isUnknown(found.owner))
})

test('what is done again because of a conflict is newer than what came after it the first time', () => {
  const sky = createSky()
  sky.seen('/unit', text('one'))
  const changedAt = (): number => (sky.ask(stat('/unit')) as { changed: number }).changed
  sky.writes('write', '/unit', 'two')
  const once = changedAt()
  sky.writes('other', '/other', 'x')
  sky.writes('write', '/unit', 'two')
  assert.ok(changedAt() > once + 1)
})

test('what takes the place of a file belongs to whoever puts it there', () =>
  withRig(
    `- hosts: all
  tasks:
    - { name: bring, unarchive: { src: a.tar, dest: "{{ root }}/d" } }
    - { name: own, file: { path: "{{ root }}/d/f", owner: 0 } }
    - { name: switch, file: { path: "{{ root }}/l", src: e, state: link, force: true } }
    - { name: own it, file: { path: "{{ root }}/l", src: e, state: link, force: true, follow: false, group: 0 } }
`,
    { files: { 'files/a.tar': pack({ f: 'y\\n' }) } },
    async rig => {
      prepare(rig)
      assert.equal(verdicts(await rig.plan()), {
        'node0/bring': 'change',
        'node0/own': 'undecided: known after node0/bring',
        'node0/switch': 'change',
        'node0/own_it': 'undecided: known after node0/switch',
      })
    },
  ))

test.run()
