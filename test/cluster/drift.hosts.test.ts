import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../src/core/event.ts'
import { needApplied } from './network.ts'
import { onLab, playbook, type Told, tell } from './rig.ts'

const { lab, check } = onLab('drift')

type Drifted = Extract<Event, { type: 'drifted' }>
/** As cron would call it: what is not said is as it was applied. */
const drift = async (...more: string[]): Promise<Told> =>
  tell(await lab.start('drift', playbook, '--format', 'json', ...more).ended)
const moved = ({ events }: Told): Drifted[] => events.filter(event => event.type === 'drifted')
const compared = ({ events }: Told) => events.find(event => event.type === 'compared')!

check('right after an apply nothing has moved, told in one look at each host', async () => {
  await lab.raise()
  await needApplied(lab)
  const told = await drift()
  assert.is(told.code, 0, told.stdout)
  assert.equal(moved(told), [])
  assert.equal([...new Set(Object.values(told.summary.hosts).map(({ roundTrips }) => roundTrips))], [1])
})

check('a mode, a setting, a link and a stopped daemon are told, and nothing that only follows from them', async () => {
  await lab.ssh('node0', 'chmod 640 /etc/systemd/system/ipfs.service; rm /usr/local/bin/ipfs-cluster-ctl')
  await lab.ssh(
    'node1',
    'su -s /bin/sh ipfs -c "IPFS_PATH=/var/lib/ipfs /usr/local/bin/ipfs config Datastore.StorageMax 77GB"',
  )
  await lab.ssh('node2', 'systemctl stop ipfs')
  const told = await drift()
  assert.is(told.code, 2)
  assert.equal(
    moved(told).map(({ node }) => node),
    [
      'node0/install_ipfs_cluster',
      'node0/set_up_the_ipfs_service',
      'node1/configure_kubo_for_a_private_network',
      'node2/start_ipfs',
    ],
  )
  assert.ok(compared(told).follow > 0)
  const [link, mode, setting, daemon] = moved(told) as [Drifted, Drifted, Drifted, Drifted]
  const first = ({ traces }: Drifted) => traces[0]!
  assert.equal(
    [first(link).of, first(link).is, first(link).subject],
    ['path', 'gone', '/usr/local/bin/ipfs-cluster-ctl'],
  )
  assert.equal(mode.diff, [
    { kind: 'value', subject: '/etc/systemd/system/ipfs.service mode', before: '0644', after: '0640' },
  ])
  assert.is(first(mode).subject, '/etc/systemd/system/ipfs.service')
  const config = first(setting)
  assert.equal([config.of === 'path' && config.owner, config.subject], ['ipfs', '/var/lib/ipfs/config'])
  assert.match(JSON.stringify(setting.diff), '"before":"10GB","after":"77GB"')
  const unit = first(daemon)
  assert.ok(unit.of === 'unit' && unit.is === 'inactive' && unit.result === 'success')
  assert.match(unit.said.join('\n'), 'Stopped ipfs.service')
  for (const one of moved(told)) for (const { at } of one.traces) assert.ok(at >= one.since - 1000, one.node)
})

check('what is asked otherwise is no drift, only counted, and beside it what has moved is told', async () => {
  const told = await drift('-e', 'monitor_ping_interval=7s')
  assert.is(told.code, 2)
  assert.is(moved(told).length, 4)
  assert.ok(compared(told).edited >= 3, JSON.stringify(compared(told)))
})

check('nothing is written by looking, and after the next apply nothing has moved', async () => {
  const marks = 'find /etc /usr/local /var/lib/ipfs/config -newermt "@$(cat /tmp/mark)" | grep -v machine-id || :'
  await lab.everywhere('date +%s.%N > /tmp/mark')
  await drift()
  assert.equal(Object.values(await lab.everywhere(marks)).join(''), '')
  await needApplied(lab)
  const told = await drift()
  assert.is(told.code, 0, told.stdout)
})

check('a daemon that was killed and keeps failing is told with what systemd saw', async () => {
  await lab.ssh('node1', 'chmod 000 /var/lib/ipfs-cluster/service.json; systemctl kill -s KILL ipfs-cluster')
  await lab.until(
    'systemd gives up, or tries again',
    20,
    async () => (await lab.ssh('node1', 'systemctl show -p NRestarts --value ipfs-cluster')) !== '0',
  )
  const told = await drift('--limit', 'node1')
  assert.is(told.code, 2)
  assert.match(JSON.stringify(moved(told)), 'code=killed, status=9/KILL')
})

test.run()
