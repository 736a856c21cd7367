import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isStanding, needsOf, unitText } from '../../../src/module/probes/unit-text.ts'

test('what a unit needs, in lists that go on, are taken back and name themselves', () => {
  const { needs } = unitText(
    '[Unit]\nRequires=a.service b.service\nRequires=\nRequires=c.service\nBindsTo=d@%i.service \\\n  e.service\n# Wants=no.service\nWants=%p-%i.socket\nPartOf=app.target\nRequisite=r.service\nConflicts=x.service shutdown.target\n[Service]\nRequires=not.here\n',
    'w@1.service',
  )
  assert.equal(needs, {
    stopsWith: ['c.service', 'r.service', 'd@1.service', 'e.service', 'app.target'],
    pulls: ['c.service', 'd@1.service', 'e.service', 'w-1.socket'],
    conflicts: ['x.service'],
    requisites: ['r.service'],
  })
})

test('what [Install] asks for', () => {
  const { install } = unitText(
    '[Service]\nExecStart=/bin/a\n[Install]\nWantedBy=multi-user.target a.target\nRequiredBy=b.target\nAlias=c.service\nAlso=a.socket a.timer\nDefaultInstance=x\n',
    'a@.service',
  )
  assert.equal(install, {
    links: ['multi-user.target.wants', 'a.target.wants', 'b.target.requires', 'c.service'],
    also: ['a.socket', 'a.timer'],
    instance: 'x',
  })
  assert.equal(unitText('[Service]\n', 'a.service').install, { links: [], also: [], instance: '' })
})

test('a oneshot is over when it is done, unless it remains', () => {
  const stays = (text: string): boolean => unitText(`[Service]\n${text}\n`, 'a.service').stays
  assert.equal(['', 'Type=oneshot', 'Type=oneshot\nRemainAfterExit=yes', 'Type=notify'].map(stays), [
    true,
    false,
    true,
    true,
  ])
})

test('what systemd shows are the same lists; what every unit needs is nothing in particular', () => {
  const shown: Record<string, string[]> = { Requires: ['db.service'], ConflictedBy: ['y.service', 'shutdown.target'] }
  assert.equal(
    needsOf(name => shown[name] ?? []),
    {
      stopsWith: ['db.service'],
      pulls: ['db.service'],
      conflicts: ['y.service'],
      requisites: [],
    },
  )
  assert.equal(['sysinit.target', 'system.slice', 'app.target', 'a.service'].map(isStanding), [
    true,
    true,
    false,
    false,
  ])
})

test.run()
