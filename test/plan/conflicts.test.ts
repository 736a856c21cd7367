import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Rig, results, verdicts, withRig } from './rig.ts'

const warnings = async (rig: Rig): Promise<string[]> => {
  const { events } = await rig.plan()
  return events.flatMap(e =>
    e.type === 'warning' ? [`${e.node}: ${e.text.replaceAll(rig.hosts.root('node0'), '')}`] : [],
  )
}

test('of all that touch a file those are named as rivals that undo each other, not who only comes last', async () => {
  const playbook = `
- hosts: all
  tasks:
    - { name: one, copy: { content: "a", dest: "{{ root }}/f" } }
    - { name: two, copy: { content: "b", dest: "{{ root }}/f" } }
    - { name: mode, file: { path: "{{ root }}/f", mode: "0600" } }
`
  await withRig(playbook, {}, async rig => {
    const said = (await warnings(rig)).map(text => text.split(' both set')[0])
    assert.equal(said, ['node0/one: it and node0/two', 'node0/two: it and node0/one'])
  })
})

test('a line that reads what a later one changes is named with that one, and what to do', async () => {
  const playbook = `
- hosts: all
  tasks:
    - { name: touch, file: { path: "{{ root }}/to", state: touch } }
    - { name: early, copy: { src: "{{ root }}/from", dest: "{{ root }}/to", remote_src: true } }
    - { name: late, copy: { content: "new", dest: "{{ root }}/from" } }
`
  await withRig(playbook, {}, async rig => {
    writeFileSync(`${rig.hosts.root('node0')}/from`, 'old')
    const again =
      'the next run will change it again, since node0/late changes what it depends on. Let it come after node0/late.'
    assert.equal(await warnings(rig), [`node0/early: ${again}`])
  })
})

test('a line that the next run would fail at is named in the first plan', async () => {
  const playbook = `
- hosts: all
  tasks:
    - { name: edit, replace: { path: "{{ root }}/f", regexp: a, replace: b } }
    - { name: gone, file: { path: "{{ root }}/f", state: absent } }
`
  await withRig(playbook, {}, async rig => {
    writeFileSync(`${rig.hosts.root('node0')}/f`, 'a')
    assert.equal(await warnings(rig), [
      'node0/edit: the next run will fail here: /f does not exist, since node0/gone changes what it depends on. Let the two agree.',
    ])
    await rig.apply()
    assert.match(verdicts(await rig.plan())['node0/edit']!, 'fail')
  })
})

test('what is made of the output of a command that is not run again is named, and what only asks whether it was run is not', () =>
  withRig(
    `
- hosts: all
  tasks:
    - { name: make, command: { argv: [sh, -c, 'echo x; touch "$0"', "{{ root }}/m"], creates: "{{ root }}/m" }, register: made }
    - { name: said, copy: { content: "{{ made.stdout }}", dest: "{{ root }}/said" } }
    - { name: status, copy: { content: "{{ made.rc }}", dest: "{{ root }}/rc" } }
    - { name: once, when: made.changed, copy: { content: "x", dest: "{{ root }}/once" } }
`,
    {},
    async rig => {
      const found = await warnings(rig)
      assert.is(found.length, 1)
      assert.match(found[0]!, 'node0/said: the next run will change it again: it is made of what node0/make says')
      await rig.apply()
      const next = verdicts(await rig.plan())
      assert.equal(
        Object.keys(next).filter(id => next[id] === 'change'),
        ['node0/said'],
      )
    },
  ))

for (const link of ['l/f', 'lf'])
  test(`what waits for a line that changes again is named too, also where it looks at it through the link ${link}`, async () => {
    const playbook = `
- hosts: all
  tasks:
    - { name: copied, copy: { src: "{{ root }}/from", dest: "{{ root }}/d/f", remote_src: true } }
    - { name: asked, command: { argv: [cat, "{{ root }}/${link}"], reads: ["{{ root }}/${link}"] }, register: said }
    - { name: kept, copy: { content: "{{ said.stdout }}", dest: "{{ root }}/kept" } }
    - { name: moved, copy: { content: "b", dest: "{{ root }}/from" } }
`
    await withRig(playbook, {}, async rig => {
      const root = rig.hosts.root('node0')
      mkdirSync(`${root}/d`)
      symlinkSync('d', `${root}/l`)
      symlinkSync('d/f', `${root}/lf`)
      writeFileSync(`${root}/from`, 'a')
      const said = await warnings(rig)
      assert.equal(
        said.map(text => text.split(' ')[0]),
        ['node0/copied:', 'node0/asked:', 'node0/kept:'],
      )
      await rig.apply()
      const second = await rig.plan()
      assert.equal(verdicts(second), {
        'node0/copied': 'change',
        'node0/asked': 'undecided: known after node0/copied',
        'node0/kept': 'undecided: known after node0/asked',
        'node0/moved': 'ok',
      })
      assert.is(results(await rig.apply())['node0/kept'], 'changed')
      assert.is(results(await rig.apply())['node0/kept'], 'ok')
    })
  })

test.run()
