import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Existing } from '../../../../modules/ipfs/lib/existing.ts'
import { isOwnUnit, unitSays } from '../../../../modules/ipfs/lib/existing-unit.ts'
import { root } from '../../../cluster/rig.ts'

const fixtures = fileURLToPath(new URL('../../../state/units/', import.meta.url))
const nothing: Existing = { units: [], daemons: [], repos: [], there: [], homes: [], ports: [], programs: [] }
const homes = [
  { user: 'root', home: '/root' },
  { user: 'ada', home: '/home/ada' },
]
const says = (text: string, file = '/etc/systemd/system/x.service', more: Partial<Existing> = {}, dropIns = '') =>
  unitSays({ file, text, dropIns, active: '', enabled: '' }, { ...nothing, homes, ...more })
const told = (...given: Parameters<typeof says>): string | undefined => {
  const said = says(...given)
  return said && [said.kind, said.program, said.user, said.repo].join(' ')
}

for (const name of readdirSync(fixtures)) {
  const text = readFileSync(fixtures + name, 'utf8')
  const without = text.replace(/^#.*\n/gm, '')
  test(`${name}: what an earlier playbook wrote is its own, also without the mark, and is read whole`, () => {
    assert.ok(isOwnUnit(text))
    assert.ok(isOwnUnit(without))
    assert.not.ok(isOwnUnit(without.replace('Restart=on-failure', 'Restart=always')))
    const program = name.startsWith('ipfs-') ? 'cluster /opt/p2p/bin/ipfs-cluster-service' : 'kubo /opt/p2p/bin/ipfs'
    assert.is(told(text), `${program} node ${name.startsWith('ipfs-') ? '/data/peer' : '/data/repo'}`)
  })
}

test('the units of today carry the mark', () => {
  for (const name of ['ipfs', 'ipfs-cluster'])
    assert.ok(isOwnUnit(readFileSync(`${root}/playbooks/templates/${name}.service.j2`, 'utf8')))
})

test('units of guides: whose repo it is follows from what they say, from their user, from their folder', () => {
  const unit = (...lines: string[]): string => ['[Service]', ...lines].join('\n')
  const cases: [string | undefined, ...Parameters<typeof says>][] = [
    [
      'kubo /usr/local/bin/ipfs ada /home/ada/.ipfs',
      unit('User=ada', 'ExecStart=/usr/local/bin/ipfs daemon --enable-gc'),
    ],
    ['kubo /usr/bin/ipfs root /root/.ipfs', unit('ExecStart=-/usr/bin/env IPFS_LOGGING=info /usr/bin/ipfs daemon')],
    [
      'kubo ipfs root /data/a b',
      unit('Environment="IPFS_PATH=/data/a b" X=1', "ExecStart=/bin/bash -lc 'ipfs daemon --migrate'"),
    ],
    [
      'kubo /usr/bin/ipfs ada /home/ada/node',
      unit('ExecStart=/usr/bin/ipfs daemon', 'Environment=IPFS_PATH=%h/node/'),
      '/home/ada/.config/systemd/user/ipfs.service',
    ],
    [
      'cluster /opt/ipfs-cluster-service/ipfs-cluster-service root /srv/c',
      unit('ExecStart=/opt/ipfs-cluster-service/ipfs-cluster-service \\', '  --config /srv/c daemon'),
    ],
    ['cluster /x/ipfs-cluster-service root /srv/d', unit('ExecStart=/x/ipfs-cluster-service -c=/srv/d daemon')],
    [
      'kubo /usr/local/bin/kubo-v0.30 root /srv/k',
      unit('ExecStart=/usr/local/bin/kubo-v0.30 --repo-dir=/srv/k daemon'),
    ],
    ['kubo /usr/bin/ipfs other ', unit('User=other', 'ExecStart=/usr/bin/ipfs daemon')],
    [undefined, unit('ExecStart=/usr/local/bin/ipfs-backup /var/lib/ipfs')],
    [undefined, unit('ExecStart=/usr/bin/vector', 'After=ipfs.service')],
    [
      'kubo /opt/ipfs/ipfs root /srv/i',
      '#!/bin/sh\n# ipfs daemon\nexport IPFS_PATH="/srv/i"\nexec /opt/ipfs/ipfs daemon &',
      '/etc/init.d/ipfs',
    ],
  ]
  for (const [wanted, ...given] of cases) assert.is(told(...given), wanted, given[0])
})

test('a drop-in has the last word, an empty value takes back', () => {
  const text = '[Service]\nUser=ada\nExecStart=/usr/bin/ipfs daemon'
  assert.is(
    told(
      text,
      undefined,
      {},
      '[Service]\nUser=root\nEnvironment=IPFS_PATH=/data\nExecStart=\nExecStart=/opt/ipfs daemon',
    ),
    'kubo /opt/ipfs root /data',
  )
})

test('what a file of variables says its daemon tells', () => {
  const daemon = {
    pid: '1',
    kind: 'kubo',
    exe: '/x',
    user: 'ada',
    repo: '/data',
    unit: 'x.service',
    isContained: false,
  } as const
  const text = '[Service]\nEnvironmentFile=/etc/default/ipfs\nExecStart=/usr/bin/ipfs daemon'
  assert.is(told(text, undefined, { daemons: [daemon] }), 'kubo /usr/bin/ipfs ada /data')
  assert.is(says(text, undefined, { daemons: [daemon] })?.isActive, true)
})

test.run()
