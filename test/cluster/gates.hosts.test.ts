import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { daemonsAre, silentPairs } from './network.ts'
import { failures } from './reading.ts'
import { onLab, playbook, type Told, tell } from './rig.ts'

// What used to end well or not by chance: ports and addresses of a network that lives, and a port that is closed on one
// side. `RUNBOOK_TIMES` says how often each is tried.

const { lab, check } = onLab('gates')
const times = Number(process.env.RUNBOOK_TIMES ?? 1)

/** The addresses of a round, on a link of their own, so that who logs in is not touched by a change of them. */
const addressOf = (node: string, net: string): string => `${net}${Number(node.replace(/\D/g, '')) + 1}`
const prefixOf = (net: string): string => (net.includes(':') ? '/64' : '/24')

const move = async (from: string | undefined, to: string): Promise<void> => {
  for (const node of lab.nodes) {
    const ip = ['ip', '-n', lab.netns(node), 'address']
    const nodad = to.includes(':') ? ['nodad'] : []
    await lab.must(...ip, 'add', addressOf(node, to) + prefixOf(to), 'dev', 'eth0', ...nodad)
    if (from) await lab.must(...ip, 'del', addressOf(node, from) + prefixOf(from), 'dev', 'eth0')
  }
}

/** No answer goes out from an address of a host, nor a dial: nobody finds it by what this test logs in by. */
const hide = async (node: string, ports: number[]): Promise<void> => {
  const rule = ['ip', '-n', lab.netns(node), 'rule', 'add', 'from', lab.hosts[node]!.ansible_host]
  for (const port of ports) await lab.must(...rule, 'ipproto', 'tcp', 'sport', String(port), 'blackhole')
}

/** Whether anybody who dials a host's daemons gets an answer, from their next start on. */
const closed = (node: string, is: boolean): Promise<string> => {
  const units = ['ipfs', 'ipfs-cluster'].map(unit => `/etc/systemd/system/${unit}.service.d`)
  const on = units.map(at => `mkdir -p ${at}; printf '[Service]\\nEnvironment=FAKE_CLOSED=1\\n' >${at}/closed.conf`)
  return lab.ssh(node, `${(is ? on : units.map(at => `rm -r ${at}`)).join('; ')}; systemctl daemon-reload`)
}

let net = '10.99.0.'
/** Applies with the addresses of this round. */
const applied = async (...more: string[]): Promise<Told> => {
  const inventory = JSON.parse(readFileSync(`${lab.folder}/${lab.inventory}`, 'utf8'))
  for (const [node, vars] of Object.entries<Record<string, unknown>>(inventory.all.children.ipfs.hosts))
    vars.address = addressOf(node, net)
  writeFileSync(`${lab.folder}/net.json`, JSON.stringify(inventory))
  const words = ['apply', playbook, '-i', 'net.json', '--artifacts', lab.artifacts, '--format', 'json']
  return tell(await lab.start(...words, '-e', 'monitor_ping_interval=2s', ...more).ended)
}
const needWell = async (...more: string[]): Promise<void> => {
  const told = await applied(...more)
  assert.equal(failures(told), [])
  assert.is(told.code, 0)
  assert.equal(await silentPairs(lab), [])
  const again = await applied(...more)
  assert.equal([again.code, ...Object.values(again.summary.hosts).map(({ changed }) => changed)], [0, 0, 0, 0])
}

check('a network on addresses of its own', async () => {
  await lab.raise()
  await move(undefined, net)
  for (const node of lab.nodes) {
    const ports = [4001, 9096, ...Array.from({ length: times }, (_, i) => [4101 + i, 9196 + i]).flat()]
    await hide(node, ports)
  }
  await needWell()
})

for (let i = 0; i < times; i++)
  check(`another port for the swarm, and one for the cluster (${i + 1})`, () =>
    needWell('-e', `swarm_port=${4101 + i}`, '-e', `cluster_port=${9196 + i}`),
  )

const ports = ['-e', `swarm_port=${4100 + times}`, '-e', `cluster_port=${9195 + times}`]
for (let i = 0; i < times; i++)
  check(`one host that nobody can dial, while all are restarted one by one (${i + 1})`, async () => {
    const node = lab.nodes[i % 3]!
    await closed(node, true)
    await needWell(
      ...ports,
      '-e',
      `storage_max=${20 + i}GB`,
      '-e',
      `replication_factor_min=${1 + (i % 2)}`,
      '-e',
      'replication_factor_max=3',
    )
    await closed(node, false)
  })

for (let i = 0; i < times; i++)
  check(`new addresses for all, under running daemons (${i + 1})`, async () => {
    const before = await daemonsAre(lab)
    await move(net, `10.99.${i + 1}.`)
    net = `10.99.${i + 1}.`
    assert.equal(await daemonsAre(lab), before)
    await needWell(...ports)
  })

check('IPv6 alone', async () => {
  await move(net, 'fd99::')
  net = 'fd99::'
  const listen = (name: string, port: number): string[] => ['-e', `{"${name}": ["/ip6/::/tcp/${port}"]}`]
  await needWell(...ports, ...listen('swarm_listen', 4100 + times), ...listen('cluster_listen', 9195 + times))
  const told = await applied(
    ...ports,
    ...listen('swarm_listen', 4100 + times),
    '-e',
    `{"cluster_listen": ["/ip4/0.0.0.0/tcp/${9195 + times}"]}`,
  )
  assert.match(failures(told).join('\n'), 'at port')
  assert.equal(
    Object.values(told.summary.hosts).map(({ steps }) => steps),
    [0, 0, 0],
  )
})

test.run()
