import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { KindName } from '../../src/lab/kind.ts'
import { onLab, type Rig } from '../cluster/rig.ts'
import { applyKind, holds, raiseKind } from './kind-rig.ts'

// The same playbook on every kind of hosts that a lab makes, one host at a time.

const onKind = (kind: KindName, body: (lab: Rig) => Promise<void>): void => {
  const { lab, check } = onLab(`kind-${kind}`, '')
  check(`${kind}: a playbook does what it plans, once`, async () => {
    await raiseKind(lab, kind)
    await body(lab)
    await lab.takeDown()
  })
}

const asBoth = async (lab: Rig): Promise<void> => {
  await holds(lab, '/srv/root', 'lease')
  await holds(lab, '/srv/become', 'lease', '-e', 'ansible_user=admin', '-b')
  await holds(lab, '/var/tmp/own', 'lease', '-e', 'ansible_user=admin')
}

for (const kind of ['debian', 'bullseye', 'trixie', 'fish', 'csh', 'noisy', 'latin'] as const) onKind(kind, asBoth)

onKind('busybox', async lab => {
  await holds(lab, '/srv/root', 'lease')
  await holds(lab, '/var/tmp/own', 'lease', '-e', 'ansible_user=admin')
})

onKind('sudo', async lab => {
  const refused = await applyKind(lab, '/srv/become', '-b')
  assert.is(refused.code, 1)
  assert.match(refused.stdout, /host-become/)
  await holds(lab, '/var/tmp/own', 'lease')
})

onKind('homes', async lab => {
  for (const user of ['noexec', 'readonly', 'homeless']) {
    await holds(lab, `/srv/${user}`, 'lease', '-e', `ansible_user=${user}`, '-b')
    await holds(lab, `/tmp/${user}`, user === 'noexec' ? 'lease' : 'nobody', '-e', `ansible_user=${user}`)
  }
})

onKind('full', async lab => {
  await holds(lab, '/opt/kind', 'lease')
  const full = await applyKind(lab, '/srv/kind')
  assert.is(full.code, 1)
  assert.match(full.stdout, /No space left on device|disk is full/)
})

onKind('sessions', async lab => {
  await holds(lab, '/srv/one', 'nobody')
  await holds(lab, '/var/tmp/two', 'lease', '-e', 'ansible_user=admin')
})

test.run()
