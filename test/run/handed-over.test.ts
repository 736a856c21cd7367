import { chownSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { pack } from '../artifact/rig.ts'
import { resultsIn } from '../laws/promises.ts'
import { withRig } from '../plan/rig.ts'

const isRoot = process.getuid?.() === 0

for (const [whose, owner, told] of [
  ['another', 4100, ['f owner: 4100 -> (known after node0/unpacked)', 'f group: 4101 -> (known after node0/unpacked)']],
  ['root', 0, []],
] as const)
  (isRoot ? test : test.skip)(
    `an archive over a file of ${whose}: that it may belong to another then is shown (needs root)`,
    async () => {
      const playbook =
        '- hosts: all\n  tasks:\n    - { name: unpacked, unarchive: { src: p.tar, dest: "{{ root }}" } }\n'
      await withRig(playbook, { files: { 'files/p.tar': pack({ f: 'new\n' }) } }, async rig => {
        const at = rig.hosts.root('node0')
        writeFileSync(`${at}/f`, 'old\n')
        chownSync(`${at}/f`, owner, owner === 0 ? 0 : 4101)
        for (const diff of [(await rig.plan()).lines[0]!.diff, resultsIn(await rig.apply())[0]!.diff])
          assert.equal(
            diff.flatMap(one =>
              one.kind === 'value' && /owner|group/.test(one.subject)
                ? [`${one.subject.replace(`${at}/`, '')}: ${one.before} -> ${one.after}`]
                : [],
            ),
            told,
          )
      })
    },
  )

test.run()
