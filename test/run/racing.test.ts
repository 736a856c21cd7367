import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { stepScript } from '../../src/run/step-script.ts'
import { seed } from '../chance.ts'
import { rig } from '../plan/rig.ts'
import { createHosts, type Hosts, temporary } from './local.ts'
import { createRacer, GROUNDS, type Racer, racesHere } from './race.ts'
import { adoptingCluster, adoptingKubo, exchanging, type RacedSteps, setUpByHand, surveying } from './raced-steps.ts'

// Root's tasks write below a folder that somebody else owns, or may write to, who swaps what lies there: nothing outside of
// it becomes another. RUNBOOK_SWAPS=1000 has each module raced so often; RUNBOOK_RACED=NAME one of them alone.

type Entry = { planted?: string[]; fill?: (at: string) => void } & (
  | { task: string }
  | { steps: (at: string) => RacedSteps }
)

const shared = temporary()
const folder = join(shared, 'site')
mkdirSync(join(folder, 'sub'), { recursive: true })
for (const name of ['a', 'b', 'sub/c']) writeFileSync(join(folder, name), `${name}\n`)
symlinkSync('a', join(folder, 'l'))
writeFileSync(join(shared, 'big'), Buffer.alloc(6_000_000, 'big'))
writeFileSync(join(shared, 'tool'), 'tool\n')
chmodSync(join(shared, 'tool'), 0o4755)
execFileSync('tar', ['-cf', join(shared, 'site.tar'), '-C', shared, 'site'])
execFileSync('tar', ['-cf', join(shared, 'tool.tar'), '-C', shared, 'tool'])

const program = (name: string, text: string): void =>
  writeFileSync(join(shared, 'bin', name), `#!/bin/sh\nset -e\n${text}\n`, { mode: 0o755 })
mkdirSync(join(shared, 'bin'))
program(
  'ipfs',
  '[ "$1" != config ] || exit 0; cd -- "$IPFS_PATH"; mkdir blocks datastore keystore; for f in version datastore_spec config; do echo x >$f; done',
)
program('ipfs-cluster-service', 'cd -- "$2"; for f in service.json identity.json peerstore; do echo {} >$f; done')
for (let at = shared; at.includes('runbook-run-'); at = dirname(at)) chmodSync(at, 0o755)

const conf = (at: string): void => {
  writeFileSync(join(at, 'conf'), 'one\n')
  chmodSync(join(at, 'conf'), 0o640)
}
const json =
  (name: string) =>
  (at: string): void =>
    writeFileSync(join(at, name), '{\n  "cluster": {\n    "peername": "x",\n    "secret": ""\n  }\n}\n', {
      mode: 0o600,
    })
const tree = (at: string): void => {
  mkdirSync(join(at, 'd/sub'), { recursive: true })
  for (const name of ['d/a', 'd/sub/b']) writeFileSync(join(at, name), 'x\n')
}

/** Of each module that writes where a task says: tasks, in a folder AT that is not root's alone. */
const tasks: Record<string, Entry> = {
  'copy content': { task: 'copy: { dest: AT/conf, content: "two\\n", mode: "0644" }' },
  'copy over': { task: 'copy: { dest: AT/conf, content: "two\\n", mode: "0644" }', fill: conf, planted: ['conf'] },
  'copy over, kept': { task: 'copy: { dest: AT/conf, content: "two\\n" }', fill: conf, planted: ['conf'] },
  'copy owner': {
    task: 'copy: { dest: AT/conf, content: "two\\n", owner: daemon, mode: "0600" }',
    fill: conf,
    planted: ['conf'],
  },
  'copy big': { task: `copy: { dest: AT/big, src: ${shared}/big, mode: "0644" }`, planted: ['.big.receipt'] },
  'copy folder': { task: `copy: { dest: AT/www/, src: ${folder}/, mode: "0644", owner: daemon }` },
  'copy folder over': {
    task: `copy: { dest: AT/, src: ${folder}/, mode: "0644", owner: daemon }`,
    fill: at => writeFileSync(join(at, 'a'), 'other\n'),
  },
  'copy remote': { task: `copy: { dest: AT/tool, src: ${shared}/tool, remote_src: true, mode: "4755" }` },
  template: { task: 'template: { src: t.hbs, dest: AT/conf, mode: "0644" }', fill: conf, planted: ['conf'] },
  lineinfile: { task: 'lineinfile: { path: AT/conf, line: two, mode: "0644" }', fill: conf, planted: ['conf'] },
  replace: { task: 'replace: { path: AT/conf, regexp: one, replace: two }', fill: conf, planted: ['conf'] },
  'file mode': { task: 'file: { path: AT/conf, mode: "0666", owner: daemon }', fill: conf, planted: ['conf'] },
  'file folder mode': { task: 'file: { path: AT/d, state: directory, mode: "0777", owner: daemon }', fill: tree },
  'file folder': { task: 'file: { path: AT/new/er, state: directory, mode: "0777", owner: daemon }' },
  'file owner of all': {
    task: 'file: { path: AT/d/sub, state: directory, mode: "0700", owner: daemon }',
    fill: tree,
    planted: ['d/sub', 'd'],
  },
  'file touch': { task: 'file: { path: AT/new, state: touch, mode: "0666", owner: daemon }' },
  'file link': {
    task: 'file: { path: AT/current, state: link, src: d, owner: daemon }',
    planted: ['current.runbook-new'],
  },
  'file absent': { task: 'file: { path: AT/d, state: absent }', fill: tree },
  unarchive: {
    task: `unarchive: { src: ${shared}/site.tar, dest: AT }`,
    planted: ['.runbook-new'],
  },
  'unarchive over, owner': {
    task: `unarchive: { src: ${shared}/site.tar, dest: AT, owner: daemon }`,
    planted: ['.runbook-new'],
    fill: at => {
      mkdirSync(join(at, 'site'))
      writeFileSync(join(at, 'site/a'), 'other\n')
    },
  },
  'unarchive remote, set-ID': { task: `unarchive: { src: ${shared}/tool.tar, remote_src: true, dest: AT }` },
  'unarchive remote, from there': {
    task: 'unarchive: { src: AT/site.tar, remote_src: true, dest: AT, owner: daemon }',
    fill: at => copyFileSync(join(shared, 'site.tar'), join(at, 'site.tar')),
    planted: ['site.tar'],
  },
  // An account that every machine has gets another home: what would change it does nothing here.
  user: { task: 'user: { name: daemon, home: AT/home }' },
  ipfs_init: {
    task: `ipfs_init: { path: AT/repo, user: daemon, bin_dir: ${shared}/bin }`,
    planted: ['.repo.new'],
  },
  'ipfs_init, a link': {
    task: `ipfs_init: { path: AT/repo, user: daemon, bin_dir: ${shared}/bin }`,
    fill: at => {
      mkdirSync(join(at, 'disk'))
      symlinkSync('disk', join(at, 'repo'))
    },
    planted: ['disk/.runbook-made', 'disk/.runbook-making'],
  },
  cluster_init: {
    task: `cluster_init: { path: AT/peer, user: daemon, bin_dir: ${shared}/bin }`,
    planted: ['.peer.new'],
  },
  swarm_key: { task: `swarm_key: { path: AT, user: daemon, value: ${'a'.repeat(64)} }` },
  systemd_unit: { task: 'systemd_unit: { name: AT/app, content: "[Service]\\nExecStart=/bin/true\\n" }' },
  'systemd_unit over': {
    task: 'systemd_unit: { name: AT/conf.service, content: "[Service]\\nExecStart=/bin/true\\n", mode: "0600" }',
    fill: at => writeFileSync(join(at, 'conf.service'), '[Service]\n'),
  },
  ipfs_config: {
    task: `ipfs_config: { path: AT, user: daemon, bin_dir: ${shared}/bin, settings: { Routing.Type: dht }, stamp: AT/stamp }`,
    fill: json('config'),
  },
  cluster_config: {
    task: 'cluster_config: { path: AT, user: daemon, settings: { cluster.peername: one }, stamp: AT/stamp }',
    fill: json('service.json'),
  },
  cluster_secret: {
    task: `cluster_secret: { path: AT, user: daemon, value: ${'a'.repeat(64)}, stamp: AT/stamp }`,
    fill: json('service.json'),
  },
  ipfs_exchange: {
    steps: at => exchanging(at, `${shared}/bin`),
    planted: ['.runbook-exchange.new', '.runbook-exchange'],
  },
  ipfs_survey: { steps: surveying, fill: setUpByHand, planted: ['.ipfs/swarm.key.before-runbook'] },
  ipfs_adopt: { steps: at => adoptingKubo(at), fill: setUpByHand, planted: ['.ipfs/config.before-runbook', '.ipfs/x'] },
  'ipfs_adopt, copied': { steps: at => adoptingKubo(at, true), fill: setUpByHand, planted: ['.adopted.new'] },
  cluster_adopt: { steps: adoptingCluster, fill: setUpByHand, planted: ['.peer/service.json.before-runbook'] },
  'copy remote, from there': {
    task: 'copy: { src: AT/conf, dest: AT/copied, remote_src: true, mode: "0644" }',
    fill: conf,
    planted: ['conf'],
  },
  fetch: { task: `fetch: { src: AT/conf, dest: ${shared}/fetched/ }`, fill: conf, planted: ['conf'] },
  'command creates': { task: 'command: { argv: [touch, made], chdir: /, creates: AT/made }' },
}

const wanted = process.env.RUNBOOK_SWAPS === undefined ? 0 : Number(process.env.RUNBOOK_SWAPS)
/** So many rounds of each at least; and at most, where the racer hardly comes to act: then the row says so. */
const fewest = 2
const most = fewest + wanted
const files = { 't.hbs': 'two\n' }
const patience = 20_000
const races = suite('races')

/** Hosts that say when a step, or a file, is about to be sent to one. */
const watched = (begin: () => void): Hosts => {
  const hosts = createHosts((_, fragments) => {
    if (fragments.some(({ step }) => step)) begin()
  })
  const connect: Hosts['connect'] = async name => {
    const transport = await hosts.connect(name)
    const upload: typeof transport.upload = (...words) => {
      begin()
      return transport.upload(...words)
    }
    const watching = Object.create(transport, { upload: { value: upload }, as: { value: () => watching } })
    return watching
  }
  return { ...hosts, connect }
}

/** Applies a task to this machine; one that does not end in time counts as hung. */
const applied = async (task: string, begin: () => void, isEarly: boolean): Promise<boolean> => {
  const hosts = watched(begin)
  const made = rig(`- hosts: all\n  tasks:\n    - ${task}\n`, { files }, hosts)
  if (isEarly) begin()
  let isHung = false
  const late = setTimeout(() => {
    isHung = true
    hosts.kill('node0')
  }, patience)
  await made.apply().catch(() => undefined)
  clearTimeout(late)
  await made.close()
  return isHung
}

/** Runs steps on this machine, until one fails. */
const stepped = async ({ steps, memory = {} }: RacedSteps, begin: () => void): Promise<boolean> => {
  const hosts = createHosts()
  const transport = await hosts.connect('node0')
  let isHung = false
  const late = setTimeout(() => {
    isHung = true
    hosts.kill('node0')
  }, patience)
  begin()
  const known = new Map(Object.entries(memory))
  await transport
    .run(steps.map(step => ({ sh: stepScript(step, known, 'root')!, step: true as const })))
    .catch(() => undefined)
  clearTimeout(late)
  await hosts.close()
  return isHung
}

type Sum = { swaps: number; rounds: number; hung: number; escapes: string[] }

/** Runs a task as often as it takes for so many swaps, each time on another ground and from another seed. */
const raced = async (racer: Racer, name: string, first: number): Promise<Sum> => {
  const entry = tasks[name]!
  const { planted = [], fill = () => {} } = entry
  const sum: Sum = { swaps: 0, rounds: 0, hung: 0, escapes: [] }
  const learnt = new Set(planted)
  while (sum.rounds < fewest || (sum.swaps < wanted && sum.rounds < most)) {
    const turn = first + sum.rounds
    const ground = GROUNDS[turn % GROUNDS.length]!
    const number = seed + 7919 * turn
    const run = async (at: string, begin: () => void): Promise<void> => {
      const hung =
        'steps' in entry
          ? stepped(entry.steps(at), begin)
          : applied(entry.task.replaceAll('AT', at), begin, turn % 5 === 4)
      if (await hung) sum.hung++
    }
    const one = await racer.race({ ground, planted: [...learnt], seed: number, tight: turn % 4 === 3, fill, run })
    for (const each of one.names) if (learnt.size < 20) learnt.add(each)
    sum.swaps += one.swaps
    sum.rounds++
    sum.escapes.push(...one.escapes.map(text => `${ground} ${number}: ${text}`))
  }
  return sum
}

const chosen = Object.keys(tasks).filter(name => name.startsWith(process.env.RUNBOOK_RACED ?? ''))
const racer = racesHere ? createRacer() : undefined
for (const [i, name] of chosen.entries()) {
  const why = racer ? '' : ' (needs root)'
  const race = why === '' ? races : races.skip
  race(`${name}${why}`, async () => {
    const { escapes, hung, swaps, rounds } = await raced(racer!, name, i)
    if (wanted > 0) console.log(`${name}: ${swaps} swaps in ${rounds} rounds, ${escapes.length} escapes, ${hung} hung`)
    const short = swaps < wanted ? [`only ${swaps} of ${wanted} swaps in ${rounds} rounds`] : []
    assert.equal([...escapes, ...(hung > 0 ? [`${hung} hung`] : []), ...short], [])
  })
}
races.after(() => racer?.close())
races.run()
