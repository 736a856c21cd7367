import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  dropInNames,
  fileNames,
  isUnitFolder,
  unitFileLooks,
  unitLabels,
} from '../../../src/module/probes/unit-path.ts'

test('an instance has the file of its template, and drop-ins of all that its name begins with', () => {
  assert.equal(fileNames('worker@1.service'), ['worker@1.service', 'worker@.service'])
  assert.equal(fileNames('worker@.service'), ['worker@.service'])
  assert.equal(fileNames('a.b.service'), ['a.b.service'])
  assert.equal(dropInNames('a-b-c.service'), ['a-b-c.service', 'a-b-.service', 'a-.service'])
  assert.equal(dropInNames('a-b@x-y.timer'), ['a-b@x-y.timer', 'a-b@.timer', 'a-.timer'])
  assert.equal(dropInNames('srv-my\\x2ddata.mount'), ['srv-my\\x2ddata.mount', 'srv-.mount'])
  assert.equal(unitFileLooks('a.socket'), ['unit-file:a.socket', 'unit-file:socket'])
})

test('a file touches the units that it may be of, wherever it lies', () => {
  const of = {
    '/etc/systemd/system/a.service': ['a.service'],
    '/opt/app/a.service': ['a.service'],
    '/etc/systemd/system/a.service.d': ['a.service'],
    '/etc/systemd/system/a.service.d/x.conf': ['a.service'],
    '/run/systemd/system/service.d/x.conf': ['service'],
    '/etc/systemd/system/multi-user.target.wants/a.service': ['a.service'],
    '/var/lib/runbook/service': [],
    '/etc/profile.d/x.sh': [],
  }
  assert.equal(
    Object.keys(of).map(unitLabels),
    Object.values(of).map(units => units.map(unit => `unit-file:${unit}`)),
  )
  assert.equal(['/lib/systemd/system', '/usr/lib/systemd/system', '/etc/systemd'].map(isUnitFolder), [
    true,
    true,
    false,
  ])
})

test.run()
