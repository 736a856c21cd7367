import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needApplied, needNothingToDo } from './network.ts'
import { commandsIn, paste } from './pasted.ts'
import { counts, failures, pending, plannedOf } from './reading.ts'
import { onLab, playbook, type Told, tell } from './rig.ts'

// Settings that make a network useless or lay it open: what is told of them, and that they do what they say.

const { lab, check } = onLab('safe')

/** What a run has warned of, by host. */
const warnings = ({ events }: Told): string[] =>
  events.flatMap(event => (event.type === 'warning' ? [`${event.host}: ${event.text}`] : []))

const needGood = (told: Told): Told => {
  assert.is(told.code, 0, failures(told).join('\n'))
  return told
}

check('two hosts, of which there is nothing to warn', async () => {
  await lab.raise(2)
  const told = needGood(await lab.apply())
  assert.equal(warnings(told), [])
})

const program = 'tr "\\0" " " </proc/$(systemctl show -P MainPID ipfs)/cmdline'

check('gc: an option of the daemon, given and taken by one restart after the other', async () => {
  const plan = needGood(await lab.plan('-e', 'gc=true'))
  const turns = plannedOf(plan).flatMap(({ node, turn }) => (turn ? [node] : []))
  assert.equal(turns, ['node0/restart_ipfs', 'node1/restart_ipfs'])
  const words = ['-e', 'gc=true', '-e', 'gc_period=1s', '-e', 'storage_max=1KB']
  await needApplied(lab, ...words)
  for (const said of Object.values(await lab.everywhere(program)))
    assert.match(said, 'ipfs daemon --migrate --enable-gc')
  await needNothingToDo(lab, ...words)
  // It removes what nothing pins once more than 90 % of storage_max is there, and stores more than that all the same.
  const add = 'head -c 4000 /dev/urandom | ipfs --api /ip4/127.0.0.1/tcp/5001 add -Q --pin='
  const [kept, loose] = [await lab.ssh('node0', `${add}true`), await lab.ssh('node0', `${add}false`)]
  const has = async (cid: string): Promise<boolean> =>
    (await lab.ssh('node0', `ipfs --api /ip4/127.0.0.1/tcp/5001 --timeout=1s cat ${cid} 2>/dev/null | wc -c`)) ===
    '4000'
  await lab.until('the loose block is gone', 30, async () => !(await has(loose)))
  assert.ok(await has(kept))
  await needApplied(lab)
  for (const said of Object.values(await lab.everywhere(program))) assert.not.match(said, 'enable-gc')
  await needNothingToDo(lab)
})

check('an API that is open to a network is told once for each host, and is no change', async () => {
  const words = ['-e', 'gateway_listen=/ip4/0.0.0.0/tcp/8080', '-e', 'cluster_api_listen=/ip4/0.0.0.0/tcp/9094']
  const said = warnings(needGood(await lab.plan(...words)))
  for (const host of lab.nodes) {
    const own = said.filter(text => text.startsWith(`${host}: `))
    assert.is(own.length, 2, own.join('\n'))
    assert.match(own[0]!, "kubo's gateway is open to a network: it listens at /ip4/0.0.0.0/tcp/8080")
    assert.match(own[1]!, "ipfs-cluster's REST API is open to a network: it listens at /ip4/0.0.0.0/tcp/9094")
  }
})

const file = '/var/lib/ipfs-cluster/service.json'

check('so is one that a hand has opened, in a second apply of one round trip', async () => {
  await lab.ssh('node1', `cp -p ${file} /var/tmp; sed -i 's:/ip4/127.0.0.1/tcp/9095:/ip4/0.0.0.0/tcp/9095:' ${file}`)
  const told = needGood(await lab.apply())
  assert.equal(Object.values(counts(told, 'changed')), [0, 0])
  assert.equal(Object.values(counts(told, 'roundTrips')), [1, 1])
  const [only, ...more] = warnings(told)
  assert.match(
    only!,
    "node1: ipfs-cluster's proxy of kubo's API is open to a network: it listens at /ip4/0.0.0.0/tcp/9095",
  )
  assert.equal(more, [])
  await lab.ssh('node1', `cp -p /var/tmp/service.json ${file}`)
})

const restart = 'systemctl restart ipfs-cluster; until ss -ltn | grep -q 127.0.0.1:9094; do :; done'
const byHand = (password: string): string =>
  `sed -i 's/"basic_auth_credentials": .*/"basic_auth_credentials": { "ann": "${password}" },/' ${file}`
/** The member on lines of its own, as the daemon's own init writes it. */
const inLines = `sed -i 's/"basic_auth_credentials": { \\(.*\\) },/"basic_auth_credentials": {\\n        \\1\\n      },/' ${file}`

check('a password that was set by hand just works: what the host itself holds is used there', async () => {
  await lab.everywhere(`cp -p ${file} /var/tmp; ${byHand('by-hand-7')}; ${inLines}; ${restart}`)
  const ctl = 'ipfs-cluster-ctl --enc=json id'
  for (const said of Object.values(await lab.everywhere(`${ctl}; :`))) assert.match(said, '"code": 401')
  await needApplied(lab)
  await needNothingToDo(lab)
})

check('a daemon that takes another password than its file holds is told, and its fix is pasted', async () => {
  await lab.ssh('node1', `sed -i 's/by-hand-7/another-8/' ${file}`)
  const told = await lab.plan()
  assert.is(told.code, 1)
  const [failure] = told.summary.failures
  assert.match(failure!.what, "ipfs-cluster's API answers 401 (unauthorized: access denied)")
  assert.match(failure!.what, 'ipfs-cluster was started before that file last changed')
  for (const command of commandsIn(failure!.fix!)) await lab.ssh('node1', command)
  await needApplied(lab)
  await lab.everywhere(`cp -p /var/tmp/service.json ${file}; ${restart}`)
  await needApplied(lab)
})

// What every process of a machine was started with and given, each line once in the end.
const watch = `set +m; (exec >/dev/null 2>&1 </dev/null; while [ ! -e /run/watch.stop ]; do
  cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | sort -u >>/run/watch.seen; sleep 0.02
done; touch /run/watch.done) &`
const watched = 'touch /run/watch.stop; until [ -e /run/watch.done ]; do sleep 0.1; done; sort -u /run/watch.seen'

check('passwords and a certificate as variables: gates use them, and no process shows them', async () => {
  const password = `pass 'w"o\\rd <&> 9`
  const words = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=lab']
  await lab.must('openssl', 'req', ...words, '-keyout', `${lab.folder}/api.key`, '-out', `${lab.folder}/api.crt`)
  const values = {
    cluster_api_listen: '/ip4/0.0.0.0/tcp/9094',
    cluster_api_credentials: { ann: password },
    cluster_api_certificate: `${lab.folder}/api.crt`,
    cluster_api_key: `${lab.folder}/api.key`,
  }
  writeFileSync(`${lab.folder}/api.json`, JSON.stringify(values))
  // Without a certificate it is told that everybody on the way reads the password.
  writeFileSync(
    `${lab.folder}/open.json`,
    JSON.stringify({ ...values, cluster_api_certificate: '', cluster_api_key: '' }),
  )
  const open = warnings(needGood(await lab.plan('-e', '@open.json')))
  assert.equal(open.filter(text => text.includes('a password, which travels there for everyone')).length, 2)

  await lab.everywhere(watch)
  const told = needGood(await lab.apply('-e', '@api.json'))
  assert.equal(warnings(told), [])
  assert.ok(lab.said.includes('cluster_api_listen') || !lab.said.includes(password))
  await needNothingToDo(lab, '-e', '@api.json')
  const shown = Object.values(await lab.everywhere(watched)).join('\n')
  const basic = Buffer.from(`ann:${password}`).toString('base64')
  for (const form of [password, JSON.stringify(password).slice(1, -1), basic]) {
    assert.not(shown.includes(form), `${form} in a process`)
    assert.not(lab.said.includes(form), `${form} in what was said`)
  }
  const ctl = 'ipfs-cluster-ctl --https --no-check-certificate --enc=json id'
  for (const said of Object.values(await lab.everywhere(`${ctl}; :`))) assert.match(said, '"code": 401')
  // What is not given any more stays: nobody's password is taken away in silence.
  await lab.everywhere(`cp -p /var/tmp/service.json ${file}; ${restart}`)
  await needApplied(lab)
})

check('a gate that waits in vain names what was measured from here, and its fix is pasted there', async () => {
  const at = lab.hosts.node1!.ansible_host
  const id = await lab.ssh('node1', `sed -n 's/^ *"id": "\\(.*\\)",/\\1/p' /var/lib/ipfs-cluster/identity.json`)
  const gate = (address: string): void =>
    writeFileSync(
      `${lab.folder}/gate.yml`,
      `- hosts: node0\n  become: true\n  tasks:\n    - cluster_peers: { monitor_ping_interval: 1ms, peers: [{ id: ${id}, address: ${address} }] }\n`,
    )
  gate(at)
  await lab.ssh('node1', 'systemctl stop ipfs-cluster')
  await lab.until(
    'it is off the list',
    40,
    async () => !(await lab.ssh('node0', 'ipfs-cluster-ctl --enc=json peers ls')).includes(id),
  )
  const [failure] = (await lab.applyOf('gate.yml')).summary.failures
  assert.is(failure!.what, `nothing listens at ${at}:9096: that host was reached, and refuses`)
  assert.match(failure!.why!, `measured: ${at}:9096 refuses connections from here`)
  assert.not.match(failure!.what + failure!.why, /secret|4001/i)
  await paste(lab, 'node1', failure!)
  assert.is((await lab.applyOf('gate.yml')).code, 0)
})

check('a host that was taken out of the inventory is told as a peer, and leaves by the words of that', async () => {
  const all = JSON.parse(readFileSync(`${lab.folder}/${lab.inventory}`, 'utf8'))
  delete all.all.children.ipfs.hosts.node1
  writeFileSync(`${lab.folder}/one.json`, JSON.stringify(all))
  const run = async (command: 'plan' | 'apply'): Promise<Told> =>
    tell(await lab.start(command, playbook, '-i', 'one.json', '--artifacts', lab.artifacts, '--format', 'json').ended)
  const id = await lab.ssh('node1', `sed -n 's/^ *"id": "\\(.*\\)",/\\1/p' /var/lib/ipfs-cluster/identity.json`)
  const first = needGood(await run('apply'))
  const peering = plannedOf(first).find(({ node }) => node === 'node0/connect_the_nodes')
  assert.match(peering?.why ?? '', `(/ip4/${lab.hosts.node1!.ansible_host}/tcp/4001) is not in the inventory`)
  const second = needGood(await run('apply'))
  assert.equal([counts(second, 'changed'), counts(second, 'roundTrips')], [{ node0: 0 }, { node0: 1 }])
  const [said, ...more] = warnings(second)
  assert.match(
    said!,
    `node0: the cluster peer ${id} (node1, /ip4/${lab.hosts.node1!.ansible_host}/tcp/9096) is not in the inventory`,
  )
  assert.equal(more, [])
  const commands = commandsIn(said!)
  assert.is(commands.length, 1)
  for (const command of commands) await lab.ssh('node1', command)
  await lab.until('it is forgotten', 40, async () => warnings(needGood(await run('plan'))).length === 0)
  assert.equal(pending(await run('plan')), [])
})

test.run()
