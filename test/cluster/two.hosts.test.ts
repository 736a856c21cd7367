import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needNothingToDo, silentPairs } from './network.ts'
import { counts, failures, resultsOf } from './reading.ts'
import { onLab, type Started, type Told, tell } from './rig.ts'

const { lab, check } = onLab('two')

const digestOf = (program: string): string =>
  createHash('sha256')
    .update(readFileSync(`${lab.standin}/bin/${program}`))
    .digest('hex')
const programs = ['ipfs', 'ipfs-cluster-service', 'ipfs-cluster-ctl']

const runOf = (told: Told): string => {
  const started = told.events.find(event => event.type === 'started')
  return started?.type === 'started' ? (started.run ?? '') : ''
}

/** Asserts that a run was refused because another one has a host, and has done nothing. */
const needLocked = (told: Told, winner: string): void => {
  assert.is(told.code, 5, failures(told).join('\n'))
  const [failure] = told.summary.failures
  assert.is(failure?.reason, 'host-locked')
  assert.match(failure!.what, `run ${winner} of root@`)
  assert.ok(resultsOf(told).every(({ status, unbegun }) => status === 'skipped' && unbegun === true))
  assert.ok(!told.events.some(({ type }) => type === 'running'))
}

/** Asserts that no run has left anything of its lease, or a program that keeps one. */
const needFree = async (): Promise<void> => {
  const look = `find / -xdev -name '*runbook*lease*' 2>/dev/null; find /run -name '*runbook*'; ps -eo args= | grep '[/]bin/sh$'; :`
  await lab.until('nothing is left of leases', 15, async () =>
    Object.values(await lab.everywhere(look)).every(text => text === ''),
  )
}

// A value, and a step that lasts until it is told to go on.
const slow = 'slow.yml'
const write = (): void =>
  writeFileSync(
    `${lab.folder}/${slow}`,
    `- hosts: all
  tasks:
    - { name: value, copy: { dest: /root/value, content: "{{ value }}" } }
    - { name: wait, command: { argv: [sh, -c, "while [ ! -e /root/go ]; do sleep 0.1; done"] }, when: 'waits == "yes"' }
    - { name: both, copy: { dest: /root/both, content: "{{ value }}" } }
`,
  )

const words = (value: string, waits: 'yes' | 'no', ...more: string[]): string[] => [
  ...['apply', slow, '-i', lab.inventory, '--format', 'json'],
  ...['-e', `value=${value}`, '-e', `waits=${waits}`, ...more],
]

const started: ChildProcess[] = []
test.after.each(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
})

/** Starts a run that waits in the middle, and comes back when it does so on all hosts. */
const startSlow = async (value: string): Promise<Started & { run: string }> => {
  await lab.everywhere('rm -f /root/go')
  const run = lab.start(...words(value, 'yes'))
  started.push(run.child)
  let said = ''
  const begun = new Promise<void>(resolve => {
    run.child.stdout!.on('data', (piece: string) => {
      said += piece
      if (lab.nodes.every(node => said.includes(`"type":"running","host":"${node}","node":"${node}/wait"`))) resolve()
    })
  })
  const ended = run.ended.then(ran => Promise.reject(new Error(`it ended too early: ${ran.stdout}${ran.stderr}`)))
  await Promise.race([begun, ended])
  ended.catch(() => {})
  return { ...run, run: /"run":"([^"]+)"/.exec(said)![1]! }
}

const release = (): Promise<unknown> => lab.everywhere('touch /root/go')
const values = async (): Promise<string[]> => [
  ...new Set(Object.values(await lab.everywhere('cat /root/value /root/both'))),
]

check('of two runs at once on a fresh group one does its work, the other is told whose it is', async () => {
  await lab.raise()
  const both = await Promise.all([lab.apply(), lab.apply()])
  const [winner, loser] = both[0].code === 0 ? both : both.toReversed()
  assert.is(winner!.code, 0, failures(winner!).join('\n'))
  needLocked(loser!, runOf(winner!))
  await needFree()
})

check('what it leaves is one group', async () => {
  await needNothingToDo(lab)
  assert.equal(await silentPairs(lab), [])
  const keys = await lab.everywhere(
    `sha256sum </var/lib/ipfs/swarm.key; grep '"secret"' /var/lib/ipfs-cluster/service.json`,
  )
  assert.is(new Set(Object.values(keys)).size, 1)
  const found = await lab.everywhere(`cd /usr/local/bin && sha256sum ${programs.join(' ')}`)
  const wanted = programs.map(program => `${digestOf(program)}  ${program}`).join('\n')
  for (const text of Object.values(found)) assert.is(text, wanted)
})

check('while one is at work a plan reads, an apply that has nothing to do is done, any other is refused', async () => {
  write()
  const first = await startSlow('one')
  const server = await lab.everywhere('read -r x x x server x </run/runbook.lease; cat /proc/$server/comm')
  assert.equal([...new Set(Object.values(server))], ['sshd'], 'whom the lease names as the server of its connection')
  needLocked(tell(await lab.start(...words('two', 'no')).ended), first.run)
  assert.is((await lab.plan()).code, 0)
  await needNothingToDo(lab)
  await release()
  assert.is((await first.ended).code, 0)
  assert.equal(await values(), ['oneone'])
  await needFree()
})

check('one that may wait does so, and then does what is left for it', async () => {
  const first = await startSlow('three')
  const second = lab.start(...words('four', 'no', '--lock-timeout', '60'))
  await new Promise<void>(resolve => {
    second.child.stdout!.on('data', (piece: string) => {
      if (piece.includes('waiting up to 60 s')) resolve()
    })
  })
  await release()
  assert.is((await first.ended).code, 0)
  const told = tell(await second.ended)
  assert.is(told.code, 0, failures(told).join('\n'))
  assert.equal(await values(), ['fourfour'])
  assert.equal([...new Set(Object.values(counts(told, 'changed')))], [2])
  await needFree()
})

check('what a killed run has held is free for the next one', async () => {
  const first = await startSlow('five')
  first.child.kill('SIGKILL')
  await first.ended
  const told = tell(await lab.start(...words('six', 'no')).ended)
  assert.is(told.code, 0, failures(told).join('\n'))
  assert.equal(await values(), ['sixsix'])
  await needFree()
})

check('a run that is heard of no more is given up after half a minute, and its steps are ended', async () => {
  const first = await startSlow('seven')
  first.child.kill('SIGSTOP')
  const told = tell(await lab.start(...words('eight', 'no', '--lock-timeout', '60')).ended)
  assert.is(told.code, 0, failures(told).join('\n'))
  assert.equal(await values(), ['eighteight'])
  first.child.kill('SIGCONT')
  const late = tell(await first.ended)
  assert.is(late.code, 3, failures(late).join('\n'))
  assert.equal(await values(), ['eighteight'])
  await needFree()
})

test.run()
