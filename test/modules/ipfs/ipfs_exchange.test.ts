import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import exchange from '../../../modules/ipfs/ipfs_exchange.ts'
import { content } from '../../../src/core/value.ts'
import type { Step } from '../../../src/module/step.ts'
import { stepScript } from '../../../src/run/step-script.ts'
import { local, temporary } from '../../module/probes/local.ts'

// What the steps of a reading host do, on this machine: its kubo is a script that knows the blocks with good names.

const root = temporary()
const stamps = `${root}/.runbook-exchange`
mkdirSync(`${root}/bin`)
// Between two tries nobody waits here; and `both1` is only answered when `both2` has been asked for too, and the reverse.
writeFileSync(`${root}/bin/sleep`, '#!/bin/sh\nexit 0\n', { mode: 0o755 })
writeFileSync(
  `${root}/bin/ipfs`,
  `#!/bin/sh
for cid; do :; done
echo "$cid" >>${root}/asked
until=$(($(date +%s) + 10))
case $cid in
good*) exec head -c 64 /dev/zero ;;
both*) until grep -q both1 ${root}/asked && grep -q both2 ${root}/asked; do [ $(date +%s) -lt $until ] || cid=alone; [ $cid != alone ] || break; done ;;
esac
echo "Error: $cid: context deadline exceeded" >&2; exit 1\n`,
  { mode: 0o755 },
)
process.env.PATH = `${root}/bin:${process.env.PATH}`

const sources = ['node1', 'node2', 'node3']
const ended = (id: string): object => ({ id: { value: id }, started: { at: 'T' } })
const text = (lines: string[]): object => ({
  exists: true,
  kind: 'file',
  content: content(lines.map(line => `${line}\n`).join('')),
})

/** The phases of node0, which has read from node3 before, and from two that did not answer or are no more. */
const phases = (): Step[][] => {
  const args = { path: root, user: 'root', bin_dir: `${root}/bin`, api: '/ip4/127.0.0.1/tcp/5001', unit: 'ipfs' }
  const stood = ['Qsilent T Qnode0 T', 'Qnode3 T Qnode0 T', 'Qnode1 before Qnode0 T']
  const up = ['node0', ...sources]
  const seen: Record<string, object> = Object.fromEntries(
    up.map(host => [host, { ...ended(`Q${host}`), stamps: text([]) }]),
  )
  seen.node0 = { ...ended('Qnode0'), stamps: text(stood) }
  const together = {
    up,
    bystanders: [],
    each: (decide: (host: string, seen: unknown) => object) => ({ node0: decide('node0', seen.node0) }),
    change: (change: object) => change,
    from: () => '',
  }
  const all = Object.fromEntries(up.map(host => [host, { ...args, via: 'peering' }]))
  return (exchange.plan(all as never, seen as never, together as never).node0 as unknown as { phases: Step[][] }).phases
}

/** Runs the reading and the conclusion with what other hosts have made known; returns the status and the complaints. */
const run = (known: Record<string, string>): { status: number | null; said: string } => {
  rmSync(`${root}/asked`, { force: true })
  const [, reading = [], concluding = []] = phases()
  let last = { status: 0 as number | null, said: '' }
  for (const step of [...reading, ...concluding]) {
    const { status, stderr } = local(stepScript(step, new Map(Object.entries(known)), 'root')!)
    last = { status, said: stderr.toString() }
  }
  return last
}
const noted = (): string[] => readFileSync(stamps, 'utf8').trim().split('\n')
const here = { 'here.node1': 'here', 'here.node2': 'here' }
const check = process.getuid?.() === 0 ? test : test.skip

check('what could be read is noted, what others stand for stays, and nothing is left lying about', () => {
  assert.equal(run({ 'cid.node1': 'good1', 'cid.node2': 'good2', ...here }), { status: 0, said: '' })
  assert.equal(noted(), ['Qnode1 T Qnode0 T', 'Qnode2 T Qnode0 T', 'Qnode3 T Qnode0 T', 'Qsilent T Qnode0 T'])
  assert.not(existsSync(`${stamps}.new`))
})

check('dead sources are tried side by side, each is named, and the others count', () => {
  const { status, said } = run({ 'cid.node1': 'both1', 'cid.node2': 'both2', ...here })
  assert.is(status, 1)
  assert.match(said, 'node0 could not read a fresh block of node1: Error: both1: context deadline exceeded')
  assert.match(said, 'of node2: Error: both2')
  assert.match(said, 'systemctl restart')
  assert.equal(noted(), ['Qnode3 T Qnode0 T', 'Qsilent T Qnode0 T'])
  assert.not(existsSync(`${stamps}.new`))
})

check('a source that was lost before it gave is not tried, one that was lost since is no failure of the reader', () => {
  assert.equal(run({ 'cid.node2': 'bad2', 'here.node1': 'here' }), { status: 0, said: '' })
  assert.equal(readFileSync(`${root}/asked`, 'utf8').trim().split('\n'), ['bad2', 'bad2', 'bad2'])
  assert.equal(noted(), ['Qnode3 T Qnode0 T', 'Qsilent T Qnode0 T'])
})

check('what a killed run has left is no part of the next one', () => {
  mkdirSync(`${stamps}.new`)
  writeFileSync(`${stamps}.new/cids`, 'good0\n')
  writeFileSync(`${stamps}.new/failed.1`, 'old')
  assert.equal(run({ 'cid.node1': 'good1', 'cid.node2': 'good2', ...here }), { status: 0, said: '' })
  assert.is(noted().length, 4)
})

test.run()
