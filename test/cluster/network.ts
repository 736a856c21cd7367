import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { cgroupMembers } from '../../src/lab/cgroup.ts'
import { stopMachine } from '../../src/lab/machine.ts'
import { counts, failures } from './reading.ts'
import type { Rig } from './rig.ts'

// What users of the network would see, asked by other means than the playbook's own.

// Where a playbook without root has put it, it is not in everybody's path.
const ipfs = 'PATH=$PATH:/home/app/.local/bin ipfs --api=/ip4/127.0.0.1/tcp/5001'

/** Ordered pairs of which the second does not read a fresh block of the first within five seconds. */
export const silentPairs = async (lab: Rig, nodes = lab.nodes): Promise<string[]> => {
  const add = `for reader in ${nodes.join(' ')}; do echo "$reader $(head -c 64 /dev/urandom | ${ipfs} add -Q --pin=false)"; done`
  const added = Object.entries(await lab.everywhere(add, nodes)).flatMap(([from, text]) =>
    text.split('\n').map(line => ({ from, reader: line.split(' ')[0]!, cid: line.split(' ')[1]! })),
  )
  const read = async (reader: string): Promise<string[]> => {
    const blocks = added.filter(block => block.reader === reader && block.from !== reader)
    const cats = blocks.map(
      ({ from, cid }) => `[ "$(${ipfs} --timeout=5s cat ${cid} 2>&1 | wc -c)" = 64 ] || echo '${from} > ${reader}' &`,
    )
    return (await lab.ssh(reader, `${cats.join(' ')} wait`)).split('\n').filter(Boolean)
  }
  return (await Promise.all(nodes.map(read))).flat()
}

/** Asserts that a run finds everything as it should be: no step, and one look at each host. */
export const needNothingToDo = async (lab: Rig, ...more: string[]): Promise<void> => {
  const told = await lab.apply(...more)
  assert.equal(failures(told), [])
  assert.is(told.code, 0)
  for (const [host, counted] of Object.entries(told.summary.hosts)) {
    assert.is(counted.steps, 0, `steps on ${host}`)
    assert.is(counted.changed, 0, `changed on ${host}`)
    assert.is(counted.failed, 0, `failed on ${host}`)
  }
  assert.equal([...new Set(Object.values(counts(told, 'roundTrips')))], [1])
}

/** Asserts that a run does its work. */
export const needApplied = async (lab: Rig, ...more: string[]): Promise<void> => {
  const told = await lab.apply(...more)
  assert.equal(failures(told), [])
  assert.is(told.code, 0)
}

/** Which processes the daemons are. */
export const daemonsAre = (lab: Rig, nodes = lab.nodes): Promise<Record<string, string>> =>
  lab.everywhere('systemctl show -p Id,MainPID,ExecMainStartTimestampMonotonic ipfs ipfs-cluster', nodes)

/** Ends a host as a power cut does; `lab up` starts it again. */
export const powerOff = (lab: Rig, node: string): Promise<void> => stopMachine(lab.netns(node))

const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** The ssh server's processes of all connections to a host die: what they have started hears that its input has ended. */
export const hangUp = (lab: Rig, node: string): void => {
  for (const pid of cgroupMembers(lab.netns(node)))
    if (/^sshd: \w+[@ ]/.test(commandOf(pid))) process.kill(pid, 'SIGKILL')
}

/** Puts a host on the network, or takes it off without a word to anybody. */
export const link = (lab: Rig, node: string, state: 'up' | 'down'): Promise<string> =>
  lab.must('ip', '-n', lab.netns(node), 'link', 'set', 'eth0', state)

const answers = async (lab: Rig, node: string): Promise<boolean> => {
  try {
    return (await lab.ssh(node, 'echo here')) === 'here'
  } catch {
    return false
  }
}

/** Waits until hosts let themselves be logged in to. */
export const needAnswers = async (lab: Rig, nodes = lab.nodes): Promise<void> => {
  for (const node of nodes) await lab.until(`${node} answers`, 60, () => answers(lab, node))
}

/** Takes a host off the network for as long as `inside` takes. */
export const silence = async (lab: Rig, node: string, inside: () => Promise<void>): Promise<void> => {
  await link(lab, node, 'down')
  try {
    await inside()
  } finally {
    await link(lab, node, 'up')
    await needAnswers(lab, [node])
  }
}
