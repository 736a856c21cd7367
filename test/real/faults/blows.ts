import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { cgroupMembers } from '../../../src/lab/cgroup.ts'
import { hangUp, link, needAnswers, powerOff } from '../../cluster/network.ts'
import type { Rig } from '../../cluster/rig.ts'

/** What befalls a run at a moment, and what befalls it when the next one has ended. */
export type Blow = {
  name: string
  /** Returns when everything is as reachable as before. */
  strike(lab: Rig, run: ChildProcess, ended: Promise<unknown>): Promise<void>
  later?(run: ChildProcess): void
}

const kill = (signal: 'SIGKILL' | 'SIGTERM'): Blow => ({
  name: signal,
  strike: async (_lab, run, ended) => {
    run.kill(signal)
    await ended
  },
})

const hungUp = (...nodes: string[]): Blow => ({
  name: `connections of ${nodes.join(', ')} hung up`,
  strike: async (lab, _run, ended) => {
    for (const node of nodes) hangUp(lab, node)
    await ended
  },
})

/** The host's kernel resets its connections. */
const reset = (...nodes: string[]): Blow => ({
  name: `connections of ${nodes.join(', ')} reset`,
  strike: async (lab, _run, ended) => {
    const kill = ['ss', '-K', 'sport', '=', ':22']
    await Promise.all(nodes.map(node => lab.must('ip', 'netns', 'exec', lab.netns(node), ...kill)))
    await ended
  },
})

const links = (lab: Rig, state: 'up' | 'down', nodes: string[]): Promise<unknown> =>
  Promise.all(nodes.map(node => link(lab, node, state)))

/** The network goes, and the controller meanwhile; its kernel tells the hosts as soon as it can. */
const silence = (...nodes: string[]): Blow => ({
  name: `killed in silence to ${nodes.join(', ')}`,
  strike: async (lab, run, ended) => {
    await links(lab, 'down', nodes)
    run.kill('SIGKILL')
    await ended
    await links(lab, 'up', nodes)
    await needAnswers(lab, nodes)
  },
})

/**
 * The same, and the kernel forgets the connections too: as a machine that burns down. Not among the first moments: a host
 * that was only read keeps the idle shell for as long as its kernel takes to ask, 2 hours, as after any ssh.
 */
const gone = (...nodes: string[]): Blow => ({
  name: `gone for good in silence to ${nodes.join(', ')}`,
  strike: async (lab, run, ended) => {
    await links(lab, 'down', nodes)
    run.kill('SIGKILL')
    await ended
    for (const node of nodes) await lab.must('ss', '-K', 'dst', lab.hosts[node]!.ansible_host, 'dport', '=', ':22')
    await links(lab, 'up', nodes)
    await needAnswers(lab, nodes)
  },
})

/** The controller sleeps, as a laptop that is closed, and wakes up when another run has done its work. */
const asleep: Blow = {
  name: 'controller asleep until the next run is through',
  strike: async (_lab, run) => void run.kill('SIGSTOP'),
  later: run => void run.kill('SIGCONT'),
}

/** The network goes for longer than either side waits. */
const longSilence = (node: string): Blow => ({
  name: `silence to ${node} for a minute`,
  strike: async (lab, _run, ended) => {
    await link(lab, node, 'down')
    await Promise.all([ended, sleep(60_000)])
    await link(lab, node, 'up')
    await needAnswers(lab, [node])
  },
})

/** The network goes for a moment, and nobody need notice. */
const shortSilence = (node: string): Blow => ({
  name: `silence to ${node} for 3 s`,
  strike: async (lab, _run, ended) => {
    await link(lab, node, 'down')
    await sleep(3000)
    await link(lab, node, 'up')
    await ended
  },
})

/** A host loses its power, which nobody is told, and comes back. */
const powerCut = (node: string): Blow => ({
  name: `${node} without power`,
  strike: async (lab, _run, ended) => {
    await link(lab, node, 'down')
    await powerOff(lab, node)
    await link(lab, node, 'up')
    await lab.lab('up')
    await Promise.all([ended, needAnswers(lab, [node])])
  },
})

/** In good order: its services are stopped first. */
const reboot = (node: string): Blow => ({
  name: `${node} rebooted`,
  strike: async (lab, _run, ended) => {
    await lab.ssh(node, 'systemctl --no-block poweroff')
    await lab.until(`${node} is down`, 60, async () => cgroupMembers(lab.netns(node)).length === 0)
    await lab.lab('up')
    await Promise.all([ended, needAnswers(lab, [node])])
  },
})

const all = ['node0', 'node1', 'node2']
const [a, b, c] = all as [string, string, string]

/** Moment by moment, from the beginning again when they are through. */
export const blows = {
  kills: [kill('SIGKILL'), kill('SIGKILL'), kill('SIGKILL'), kill('SIGKILL'), kill('SIGTERM')],
  cuts: [
    ...[hungUp(...all), silence(...all), hungUp(a), asleep, silence(b), reset(c), hungUp(b), shortSilence(a)],
    ...[gone(...all), reset(...all), longSilence(c), asleep, gone(a), silence(c), hungUp(c), reset(b)],
  ],
  frames: [kill('SIGKILL'), hungUp(...all), kill('SIGKILL'), hungUp(b)],
  reboots: [powerCut(a), reboot(b), powerCut(c), powerCut(b), reboot(c), powerCut(a)],
} satisfies Record<string, Blow[]>
