import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { existing } from '../../../../modules/ipfs/lib/existing.ts'

const asked = {
  path: '/var/lib/ipfs',
  cluster_path: '/var/lib/ipfs-cluster',
  bin_dir: '/usr/local/bin',
  units: ['/etc/systemd/system/ipfs.service', '/etc/systemd/system/ipfs-cluster.service'],
}
const query = existing(asked)
const printed = (...fields: string[]) =>
  query.parse({
    stdout: Buffer.from(`${fields.join('\0')}\0`),
    stderr: Buffer.from(''),
    status: 0,
    cut: false,
  } as never)

test('a daemon is known by its program, its repo by its words, its environment, its home', () => {
  const { daemons } = printed(
    ...['parent', '10 1', 'parent', '11 1', 'parent', '12 1', 'parent', '13 9', 'contained', '12'],
    'exes',
    [
      "root '/proc/10/exe' -> '/usr/local/bin/ipfs'",
      "ubuntu '/proc/11/exe' -> '/opt/kubo-0.30 (deleted)'",
      "root '/proc/12/exe' -> '/usr/bin/ipfs-cluster-service'",
      'app /proc/13/exe',
      "root '/proc/14/exe' -> '/usr/bin/less'",
      "root '/proc/15/exe' -> '/usr/local/bin/ipfs'",
    ].join('\n'),
    'groups',
    '/proc/10/cgroup:0::/system.slice/ssh.service\n/proc/11/cgroup:0::/user.slice/user-1000.slice/user@1000.service/app.slice/old.service',
    'words',
    [
      ...['/proc/10/cmdline:ipfs', '/proc/10/cmdline:daemon'],
      ...['/proc/11/cmdline:kubo', '/proc/11/cmdline:--repo-dir=/data/a b/', '/proc/11/cmdline:daemon'],
      ...['/proc/12/cmdline:x', '/proc/12/cmdline:--config', '/proc/12/cmdline:/data/c', '/proc/12/cmdline:daemon'],
      ...['/proc/13/cmdline:/home/app/ipfs', '/proc/13/cmdline:daemon'],
      ...['/proc/14/cmdline:less', '/proc/14/cmdline:/var/log/ipfs', '/proc/14/cmdline:daemon'],
      ...['/proc/15/cmdline:ipfs', '/proc/15/cmdline:get'],
      ...[
        '/proc/9/cmdline:sh',
        '/proc/9/cmdline:/u/.runbook/service',
        '/proc/9/cmdline:supervise',
        '/proc/9/cmdline:ipfs.service',
      ],
    ].join('\n'),
    'words',
    '/proc/10/environ:HOME=/root\n/proc/11/environ:IPFS_PATH=/elsewhere\n/proc/12/environ:HOME=/',
  )
  assert.equal(
    daemons.map(({ pid, kind, exe, user, repo, unit, isContained }) =>
      [pid, kind, exe, user, repo, unit, isContained].join(),
    ),
    [
      '10,kubo,/usr/local/bin/ipfs,root,/root/.ipfs,,false',
      '11,kubo,/opt/kubo-0.30,ubuntu,/data/a b,old.service,false',
      '12,cluster,/usr/bin/ipfs-cluster-service,root,/data/c,,true',
      '13,kubo,,app,,/u/ipfs.service,false',
    ],
  )
})

test("a unit of runbook's own manager is known by the words of its supervisor", () => {
  const unitOf = (...words: string[]): string | undefined =>
    printed(
      ...['parent', '13 9', 'exes', "app '/proc/13/exe' -> '/usr/local/bin/ipfs'"],
      ...[
        'words',
        ['13/cmdline:ipfs', '13/cmdline:daemon', ...[...words, ...words].map(one => `9/cmdline:${one}`)]
          .map(one => `/proc/${one}`)
          .join('\n'),
      ],
    ).daemons[0]?.unit
  assert.is(unitOf('sh', '/home/app/a b/.runbook/service', 'supervise', 'ipfs.service'), '/home/app/a b/ipfs.service')
  assert.is(unitOf('sh', '/var/lib/runbook/service', 'supervise', 'ipfs.service'), 'ipfs.service')
  assert.is(unitOf('-sh'), '')
})

test('a folder is told with its id, the digest of its key, its owner and the pins of a daemon that runs', () => {
  const { repos, there, ports, programs } = printed(
    ...['there', 'cluster', 'repo', '/root/.ipfs', 'kubo', 'a'.repeat(64), 'repo', '/data/x y', 'cluster', 'absent'],
    ...['ids', '/root/.ipfs/config:"PeerID": "12D3KooA"\n/data/x y/identity.json:"id": "12D3KooB"'],
    ...['owners', 'root /root/.ipfs\nubuntu /data/x y', 'pins', '/root/.ipfs', 'QmA\nQmB'],
    ...['program', '/usr/local/bin/ipfs'],
    'ports',
    '  sl  local_address\n   0: 0100007F:1389 00000000:0000 0A 00000000:0\n   1: 0100007F:1390 00000000:0000 01 00000000:0\n',
  )
  assert.equal(repos, [
    { path: '/root/.ipfs', kind: 'kubo', owner: 'root', id: '12D3KooA', print: 'a'.repeat(64), pins: 2 },
    { path: '/data/x y', kind: 'cluster', owner: 'ubuntu', id: '12D3KooB', print: '', pins: undefined },
  ])
  assert.equal([there, ports, programs], [['cluster'], [5001], ['/usr/local/bin/ipfs']])
})

test('what systemd says of a unit is told with its file', () => {
  const { units } = printed(
    ...[
      'unit',
      '/etc/systemd/system/ipfs.service',
      '[Service]\nExecStart=/x daemon',
      '',
      'unit',
      '/etc/init.d/kubo',
      '#!/bin/sh',
      '',
    ],
    ...[
      'states',
      'Id=kubo.service\nActiveState=active\nUnitFileState=generated\n\nId=ipfs.service\nActiveState=failed\n',
    ],
  )
  assert.equal(
    units.map(({ file, active, enabled }) => [file, active, enabled].join()),
    ['/etc/systemd/system/ipfs.service,failed,', '/etc/init.d/kubo,active,generated'],
  )
})

test('on a host without either nothing is told', () => {
  const none = printed('homes', 'root:/root')
  assert.equal(none.homes, [{ user: 'root', home: '/root' }])
  assert.equal([none.units, none.daemons, none.repos, none.there, none.ports, none.programs].flat(), [])
})

test.run()
