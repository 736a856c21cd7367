import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needNothingToDo, silentPairs } from './network.ts'
import { broken, counts, failures, plannedOf } from './reading.ts'
import { onLab, type Told } from './rig.ts'

const { lab, check } = onLab('fresh')

/** Every file with its ctime, and every process but those of the login that asks. */
const snapshot = (): Promise<Record<string, string>> =>
  lab.everywhere(
    `find / -xdev \\( -path /proc -o -path /sys -o -path /run -o -path /var/log -o -path /tmp \\) -prune -o -printf '%p %C@\\n' | sort
     ps -e -o pid=,args= --sort=pid | grep -vE 'sshd|ps -e|grep|sort|find|bash -c'; :`,
  )

const changed = (before: Record<string, string>, after: Record<string, string>): string[] =>
  Object.keys(before).flatMap(node => {
    const [was, is] = [new Set(before[node]!.split('\n')), new Set(after[node]!.split('\n'))]
    return [...was.symmetricDifference(is)].map(line => `${node}: ${line}`)
  })

let plan: Told

check('three fresh hosts are planned in two round trips, and nothing is written', async () => {
  await lab.raise()
  const first = await snapshot()
  assert.ok(Object.values(first).every(text => text.split('\n').length > 5000))
  await lab.everywhere('true')
  const second = await snapshot()
  plan = await lab.plan()
  const third = await snapshot()
  assert.is(plan.code, 0, failures(plan).join('\n'))
  const trips = Object.values(counts(plan, 'roundTrips'))
  assert.is(trips.length, 3)
  assert.ok(Math.max(...trips) <= 2, `round trips: ${trips}`)
  const control = changed(first, second)
  const paths = new Set(control.map(line => line.replace(/ \S+$/, '')))
  assert.equal(
    changed(second, third).filter(line => !paths.has(line.replace(/ \S+$/, ''))),
    [],
  )
})

check('every node is decided on fresh hosts, and of four in five nothing is left to be known', async () => {
  const asserted = /\/(look_who_logs_in|give_each_listener_a_port_of_its_own)$/
  const nodes = plannedOf(plan).filter(({ verdict, node }) => verdict !== 'skipped' && !asserted.test(node))
  assert.ok(nodes.length >= 45)
  assert.equal(
    nodes.filter(({ verdict }) => verdict === 'undecided').map(({ node }) => node),
    [],
  )
  const waiting = nodes.filter(({ verdict, needs }) => verdict === 'change' && needs !== undefined)
  assert.ok(1 - waiting.length / nodes.length >= 0.8, `${waiting.length} of ${nodes.length} wait for details`)
  assert.equal(
    plan.events.flatMap(event => (event.type === 'warning' ? [event.text] : [])),
    [],
  )
  // All that is waited for are ids that hosts are still to make.
  for (const { node, needs } of waiting) assert.match(needs!, /\/make_the_(ipfs_repo|cluster_peer)$/, node)
  assert.equal(
    nodes.filter(({ verdict }) => verdict === 'fail'),
    [],
  )
})

check('apply does what the plan said', async () => {
  const told = await lab.apply()
  assert.equal(failures(told), [])
  assert.is(told.code, 0)
  const verdicts = (of: Told): string[] => plannedOf(of).map(({ node, verdict }) => `${node} ${verdict}`)
  assert.equal(verdicts(told), verdicts(plan))
  assert.equal(broken(told), [])
  const trips = Object.values(counts(told, 'roundTrips'))
  assert.ok(Math.max(...trips) <= 43, `round trips: ${trips}`)
})

check('a second apply runs no step and looks at each host once', async () => {
  await needNothingToDo(lab)
})

check('every node reads a fresh block of every other', async () => {
  assert.equal(await silentPairs(lab), [])
})

check('what is added to the cluster on one node is pinned everywhere and readable on each', async () => {
  const ipfs = 'ipfs --api=/ip4/127.0.0.1/tcp/5001'
  const put =
    'head -c 300000 /dev/urandom >/root/file && sha256sum </root/file && ipfs-cluster-ctl add --quieter /root/file'
  const [digest, cid] = (await lab.ssh('node0', put)).split('\n')
  const pins = async (): Promise<string> => lab.ssh('node0', `ipfs-cluster-ctl status ${cid}`)
  await lab.until('pinned on three', 20, async () => (await pins()).match(/ PINNED /g)?.length === 3)
  const said = await lab.everywhere(
    `${ipfs} pin ls --type=recursive ${cid} && ${ipfs} --timeout=5s cat ${cid} | sha256sum`,
  )
  for (const text of Object.values(said)) assert.is(text, `${cid} recursive\n${digest}`)
})

test.run()
