import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { hostname, release } from 'node:os'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Refusal } from '../../../../src/core/failure.ts'
import type { Json } from '../../../../src/core/value.ts'
import { allSubsets, gathered, gatheredBy, subsetFor } from '../../../../src/module/probes/ansible-facts/gather.ts'

type Facts = Record<string, Json>
const { probe } = gathered('platform')
const itemsOf = (subsets: readonly string[]) => subsets.map(item => ({ item, facets: [] }))

/** What this machine says of itself, in a shell. */
const here = (subsets: readonly string[], shell = ['sh']): Facts => {
  const [program = '', ...more] = shell
  const { stdout, stderr } = spawnSync(program, more, { input: probe.sh(itemsOf(subsets)), maxBuffer: 2 ** 26 })
  assert.is(stderr.toString(), '')
  return JSON.parse(JSON.stringify(Object.assign({}, ...probe.read({ stdout, stderr, status: 0 }, itemsOf(subsets)))))
}

/** What is made of sections that say this. */
const of = (subset: string, sections: Record<string, string>): Facts => {
  const text = Object.entries(sections).map(([name, said]) => `\n\x1eab-1 ${name}\n${said}`)
  const stdout = Buffer.from(`ab-1\n${text.join('')}\n\x1eab-1 end\n`)
  const [facts] = probe.read({ stdout, stderr: Buffer.alloc(0), status: 0 }, itemsOf([subset]))
  return JSON.parse(JSON.stringify(facts)) as Facts
}
const member = (value: Json | undefined, ...path: (string | number)[]): Json | undefined =>
  path.reduce<Json | undefined>((at, key) => (at as Record<string | number, Json> | undefined)?.[key], value)

test('all facts of this machine, in one script', () => {
  const facts = here(allSubsets)
  assert.is(facts.hostname, hostname().split('.')[0])
  assert.is(facts.kernel, release())
  assert.is(facts.system, 'Linux')
  assert.type(facts.os_family, 'string')
  assert.ok((facts.memtotal_mb as number) > 0 && (facts.processor_vcpus as number) > 0)
  assert.is(member(facts.env, 'PATH'), process.env.PATH)
  assert.match((facts.date_time as Facts).iso8601 as string, /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  assert.is(
    (facts.date_time as Facts).epoch,
    String(Math.floor(Date.parse((facts.date_time as Facts).iso8601 as string) / 1000)),
  )
  assert.ok((facts.mounts as Json[]).every(one => (member(one, 'mount') as string).startsWith('/')))
})

for (const shell of [['dash'], ['bash', '--posix'], ['busybox', 'sh']])
  test(`the same is told by ${shell.join(' ')}`, () => {
    if (spawnSync(shell[0]!, [...shell.slice(1), '-c', ':']).status !== 0) return
    const still = allSubsets.filter(
      name => !['clock', 'uptime', 'memory', 'mountedFileSystems', 'environment'].includes(name),
    )
    assert.equal(here(still, shell), here(still))
  })

test('one subset asks for no more than its own', () => {
  assert.is(probe.sh(itemsOf(['distribution'])).includes('ip addr'), false)
  assert.equal(Object.keys(here(['memory'])).sort(), [
    'memfree_mb',
    'memory_mb',
    'memtotal_mb',
    'swapfree_mb',
    'swaptotal_mb',
  ])
})

test('each fact is in one subset, and what nobody names may be an interface', () => {
  assert.is(subsetFor('os_family'), 'distribution')
  assert.is(subsetFor('default_ipv4'), 'network')
  assert.is(subsetFor('eth0'), 'network')
})

test('mounts: octal digits, binds, sizes and identities', () => {
  const { mounts } = of('mountedFileSystems', {
    'mount-table':
      '/dev/sda1 / ext4 rw,relatime 0 1\nproc /proc proc rw 0 0\n/dev/sdb1 /srv/with\\040blank xfs rw 0 2\nnas:/x /mnt nfs rw 0 0\n',
    'mount-roots': '22 1 8:1 / / rw - ext4 /dev/sda1 rw\n23 1 8:17 /sub /srv/with\\040blank rw - xfs /dev/sdb1 rw\n',
    identities: '/dev/sda  \n/dev/sda1 0a1b\n',
    'mount-sizes': '4096 4096 1000 400 50 20 /\n512 4096 10 4 5 2 /srv/with blank\n',
  })
  assert.equal(mounts, [
    {
      mount: '/',
      device: '/dev/sda1',
      fstype: 'ext4',
      options: 'rw,relatime',
      dump: 0,
      passno: 1,
      size_total: 4096000,
      size_available: 1638400,
      block_size: 4096,
      block_total: 1000,
      block_available: 400,
      block_used: 600,
      inode_total: 50,
      inode_available: 20,
      inode_used: 30,
      uuid: '0a1b',
    },
    {
      mount: '/srv/with blank',
      device: '/dev/sdb1',
      fstype: 'xfs',
      options: 'rw,bind',
      dump: 0,
      passno: 2,
      size_total: 5120,
      size_available: 2048,
      block_size: 4096,
      block_total: 10,
      block_available: 4,
      block_used: 6,
      inode_total: 5,
      inode_available: 2,
      inode_used: 3,
      uuid: 'N/A',
    },
    { mount: '/mnt', device: 'nas:/x', fstype: 'nfs', options: 'rw', dump: 0, passno: 0, uuid: 'N/A' },
  ])
})

test('disks: their parts, links, holders and what they are plugged in by', () => {
  const { devices, device_links } = of('disks', {
    'disk-links':
      'folder=id\ntotal 0\nlrwxrwxrwx 1 root root 9 Jan  1 00:00 wwn-0x5000 -> ../../sda\nlrwxrwxrwx 1 root root 10 Jan  1 00:00 wwn-0x5000-part1 -> ../../sda1\nfolder=uuid\nlrwxrwxrwx 1 root root 10 Jan  1 00:00 0a1b -> ../../sda1\nslave=dm-0 sda1\n',
    disks:
      'disk=sda\npath=/sys/devices/pci0000:00/0000:00:1f.2/ata1/block/sda\nvendor=ATA     \nmodel=DISK 1\nremovable=0\nsize=2097152\nrotational=1\nscheduler=none [mq-deadline] kyber\nlogical_block_size=512\ndiscard_granularity=0\npart=sda1\nstart=2048\nsize=2048\nholder=dm-0\nmapped=vg-root\npci=0000:00:1f.2 SATA controller: X\n',
  })
  assert.equal(devices, {
    sda: {
      virtual: 1,
      links: { ids: ['wwn-0x5000'], uuids: [], labels: [], masters: [] },
      vendor: 'ATA',
      model: 'DISK 1',
      sas_address: null,
      sas_device_handle: null,
      removable: '0',
      support_discard: '0',
      wwn: '0x5000',
      partitions: {
        sda1: {
          links: { ids: ['wwn-0x5000-part1'], uuids: ['0a1b'], labels: [], masters: ['dm-0'] },
          start: '2048',
          sectors: 2048,
          sectorsize: 512,
          size: '1.00 MB',
          uuid: '0a1b',
          holders: ['vg-root'],
        },
      },
      rotational: '1',
      scheduler_mode: 'mq-deadline',
      sectors: 2097152,
      sectorsize: '512',
      size: '1.00 GB',
      host: 'SATA controller: X',
      holders: [],
    },
  })
  assert.equal(member(device_links, 'masters'), { sda1: ['dm-0'] })
})

test('SELinux as the kernel has it; volumes as root is told them; capabilities', () => {
  const policy =
    'selinux=yes\nenforce=1\npolicyvers=33\nSELINUX=permissive\nSELINUXTYPE=targeted\nfips=1\napparmor=yes\n'
  assert.equal(of('policies', { policy }), {
    selinux: { status: 'enabled', policyvers: 33, config_mode: 'permissive', mode: 'enforcing', type: 'targeted' },
    selinux_python_present: true,
    apparmor: { status: 'enabled' },
    fips: true,
  })
  assert.equal(of('policies', {}).selinux, { status: 'disabled' })
  const volumes =
    'vgs=vg0,1,2,0,wz--n-,99.50,9.50\nlvs=root,vg0,-wi-ao----,20.00,,,,\npvs=/dev/sda1,vg0,lvm2,a--,99.50,9.50\nanswered\n'
  assert.equal(of('volumes', { volumes }).lvm, {
    lvs: { root: { size_g: '20.00', vg: 'vg0' } },
    vgs: { vg0: { size_g: '99.50', free_g: '9.50', num_lvs: '2', num_pvs: '1' } },
    pvs: { '/dev/sda1': { size_g: '99.50', free_g: '9.50', vg: 'vg0' } },
  })
  assert.is(of('volumes', {}).lvm, 'N/A')
  assert.equal(of('capabilities', { capabilities: 'Current: cap_chown,cap_kill=ep\nanswered\n' }), {
    system_capabilities: ['ep'],
    system_capabilities_enforced: 'True',
  })
  assert.is(of('capabilities', { capabilities: 'Current: =ep\nanswered\n' }).system_capabilities_enforced, 'False')
})

test('zones north and south of the equator name their summer', () => {
  const at = (winter: string, summer: string): Json | undefined =>
    member(
      of('clock', {
        time: `2026\n07\nWednesday\n3\n26\n01\n12\n00\n00\n1782900000\nX\n+0200\nN\nwinter ${winter}\nsummer ${summer}\n`,
      }).date_time,
      'tz_dst',
    )
  assert.is(at('+0100 CET', '+0200 CEST'), 'CEST')
  assert.is(at('+1100 AEDT', '+1000 AEST'), 'AEDT')
  assert.is(at('+0900 JST', '+0900 JST'), 'JST')
})

test('what is not told is not there', () => {
  assert.equal(of('platform', {}).hostname, '')
  for (const subset of [
    'processors',
    'memory',
    'python',
    'systemd',
    'account',
    'clock',
    'uptime',
    'kernelArguments',
    'hostKeys',
    'machineId',
    'network',
  ])
    assert.equal(of(subset, {}), {}, subset)
})

test('who chooses a name on the host cannot end what is told of it', () => {
  const facts = of('resolver', { resolver: 'nameserver 1\n\x1eother end\n\x1dx\nnameserver 2\n' })
  assert.equal(facts.dns, { nameservers: ['1', '2'] })
})

test('facts of another user are those that he would be told', () => {
  if (process.getuid?.() !== 0) return
  const [mine, his] = ['root', 'nobody'].map(user => {
    const items = itemsOf(['account', 'environment'].map(subset => gatheredBy(subset, user, undefined).item))
    const { stdout, stderr } = spawnSync('sh', { input: probe.sh(items) })
    return JSON.parse(JSON.stringify(Object.assign({}, ...probe.read({ stdout, stderr, status: 0 }, items)))) as Facts
  })
  assert.equal([mine!.user_id, mine!.user_uid, member(mine!.env, 'USER')], ['root', 0, 'root'])
  assert.equal(
    [his!.user_id, his!.user_uid, his!.effective_user_id, member(his!.env, 'USER')],
    ['nobody', 65534, 65534, 'nobody'],
  )
  assert.is(gatheredBy('memory', 'nobody', undefined).item, 'memory')
})

test('what no host says of itself is no answer', () => {
  const read = (text: string) => () =>
    probe.read({ stdout: Buffer.from(text), stderr: Buffer.alloc(0), status: 0 }, itemsOf(['customFacts']))
  assert.throws(read(''))
  assert.throws(read('ab-1\n\n\x1eab-1 custom-facts\n'), /ends before its end/)
  const deep = `${'['.repeat(200)}${']'.repeat(200)}`
  const wide = `[${'0,'.repeat(200_000)}0]`
  const long = JSON.stringify('x'.repeat(5_000_000))
  for (const fact of [deep, wide, long])
    assert.throws(
      () => of('customFacts', { 'custom-facts': `\n\x1dx.fact read\n${fact}` }),
      (error: unknown) => error instanceof Refusal,
    )
  assert.is(Object.hasOwn(of('environment', { environment: '__proto__=x\0' }).env as Facts, '__proto__'), true)
})

test('facts that a host has of its own are in the order of their files', () => {
  if (existsSync('/etc/ansible/facts.d')) return
  assert.equal(here(['customFacts']).local, {})
})

test.run()
