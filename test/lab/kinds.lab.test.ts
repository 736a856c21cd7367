import { writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { onLab } from '../cluster/rig.ts'
import { applyKind, holds, raiseKind } from './kind-rig.ts'

// BusyBox and Dropbear on a host of its own; the other kinds are tried by `npm run test:hosts`.

const { lab, check } = onLab('busybox', '')

check(
  'BusyBox with Dropbear: all is done once, by root and by a plain user, and the host is kept for the run',
  async () => {
    await raiseKind(lab, 'busybox')
    await holds(lab, '/srv/kind', 'lease')
    await holds(lab, '/var/tmp/kind', 'lease', '-e', 'ansible_user=admin')
  },
)

check('what is missing there fails in the plan by its name', async () => {
  writeFileSync(`${lab.folder}/user.yml`, '- hosts: all\n  tasks:\n    - { name: app, user: { name: app } }\n')
  const { stdout } = await lab.start('plan', 'user.yml', '-i', lab.inventory).ended
  assert.match(stdout, /useradd is missing there/)
  const refused = await applyKind(lab, '/srv/kind', '-b', '-e', 'ansible_user=admin')
  assert.is.not(refused.code, 0)
  assert.match(refused.stdout, /sudo/)
})

test.run()
