import { writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { broken, failures, plannedOf, resultsOf } from '../../../cluster/reading.ts'
import { onLab, type Told } from '../../../cluster/rig.ts'
import { dropInForms, enablementForms } from './made-forms.ts'
import { absentForms, placeForms, relationForms } from './placed-forms.ts'
import type { UnitForm } from './unit-form.ts'

// Units in all their forms on a real systemd: plan, apply, and an apply that has nothing to do, judged by systemctl.

const { lab, check } = onLab('units')
const node = 'node0'

const apply = (file: string): Promise<Told> => lab.applyOf(file)

/** What the plan says of each task in a word; of what it does not say anything of is not planned. */
const verdicts = (told: Told): string =>
  plannedOf(told)
    .map(({ verdict }) => verdict)
    .join(' ')
const statuses = (told: Told): string =>
  resultsOf(told)
    .map(({ status }) => status)
    .join(' ')
const warnings = ({ events }: Told): string =>
  events.flatMap(event => (event.type === 'warning' ? [event.text] : [])).join('\n')

const form = (one: UnitForm, file: string): void =>
  check(one.title, async () => {
    if (one.given) await lab.ssh(node, one.given)
    const tasks = one.tasks.map(task => `    ${task}\n`).join('')
    writeFileSync(`${lab.folder}/${file}`, `- hosts: ipfs\n  tasks:\n${tasks}`)
    const applied = await apply(file)
    const said = `${failures(applied).join('\n')}\n${warnings(applied)}`
    assert.is(verdicts(applied), one.plan, said)
    if (one.warns) assert.ok(warnings(applied).includes(one.warns), `no warning of "${one.warns}": ${said}`)
    else if (!one.second) assert.is(warnings(applied), '')
    if (one.fails) assert.ok(said.includes(one.fails), said)
    else assert.equal([...failures(applied), ...broken(applied)], [])
    assert.is(await lab.ssh(node, one.shows), one.gives)
    if (one.fails) return
    const again = await apply(file)
    assert.equal(failures(again), [])
    assert.is(statuses(again), one.second ?? one.tasks.map(() => 'ok').join(' '))
    assert.is(await lab.ssh(node, one.shows), one.gives)
  })

check('a host', async () => {
  await lab.raise(1)
})
// Some of a kind go on where the one before has ended.
for (const [i, one] of [...dropInForms, ...enablementForms, ...placeForms, ...absentForms, ...relationForms].entries())
  form(one, `form-${i}.yml`)

test.run()
