import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { labsIn } from '../../src/lab/list.ts'
import { labAt, labOfFolder } from '../../src/lab/names.ts'
import { enteredFolders, enterLab, strikeLab } from '../../src/lab/register.ts'

const register = mkdtempSync(`${tmpdir()}/runbook-labs-`)
test.after(() => rmSync(register, { recursive: true }))
const [ann, bob] = [labAt('/home/ann/site', 'demo'), labAt('/home/bob/site', 'demo')]

test('labs of one name in two folders are both entered, and struck one by one', () => {
  for (const lab of [ann, bob, ann]) enterLab(lab, register)
  assert.equal(enteredFolders(register).sort(), [ann.folder, bob.folder])
  strikeLab(ann, register)
  strikeLab(ann, register)
  assert.equal(enteredFolders(register), [bob.folder])
  writeFileSync(`${register}/notes-lab`, 'no link')
  assert.equal(enteredFolders(register), [bob.folder], 'what is no link hides none')
  rmSync(`${register}/notes-lab`)
  assert.equal(enteredFolders(`${register}/none`), [])
})

test('a folder tells its lab, and one that is no lab none', () => {
  assert.equal(labOfFolder(ann.folder), ann)
  for (const folder of ['/home/ann/site', '/home/ann/.runbook/lab', '/x/.runbook/lab/a/b', '/x/.runbook/lab/-'])
    assert.is(labOfFolder(folder), undefined, folder)
})

test('each lab is listed once, by name and then by folder', () => {
  const other = labAt('/srv', 'a')
  assert.equal(
    labsIn([bob.folder, ann.folder, bob.folder, other.folder]).map(({ base, name }) => `${name} ${base}`),
    ['a /srv', 'demo /home/ann/site', 'demo /home/bob/site'],
  )
})

test.run()
