import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Event } from '../../src/core/event.ts'
import { type AnsibleRun, ansible } from './ansible.ts'
import { differencesOf, stateScript } from './host-state.ts'
import type { Trial } from './list.ts'
import { type Kept, keptIn } from './verdicts.ts'

/** What there is to try roles with: the program's root, the folder of the checkouts, ansible-playbook. */
export type Means = { root: string; checkouts: string; program: string | undefined; work: string }

type OurRun = { code: number | null; seconds: number; events: Event[]; text: string }
/** All that was measured of a role. */
export type Measured = {
  name: string
  ours: { plan: number | null; first: OurRun; second: OurRun }
  kept: { fresh: Kept; converged: Kept }
  changedAgain: string[]
  theirs?: { check: AnsibleRun; first: AnsibleRun; second: AnsibleRun }
  differences: string[]
}

const runbook = ({ root }: Means, argv: string[], folder: string, env: Record<string, string>): OurRun => {
  const began = Date.now()
  const { status, stdout, stderr } = spawnSync('node', [join(root, 'src/runbook.mjs'), ...argv], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, ...env },
  })
  const lines = stdout.split('\n').filter(line => line.startsWith('{'))
  const events = lines.map(line => JSON.parse(line) as Event)
  return { code: status, seconds: (Date.now() - began) / 1000, events, text: `${stdout}${stderr}` }
}

type HostVars = { ansible_host: string; ansible_ssh_private_key_file: string; ansible_ssh_common_args: string }

/** Runs a script on a host over a plain connection. */
const sh = (
  { ansible_host, ansible_ssh_private_key_file, ansible_ssh_common_args }: HostVars,
  script: string,
): string => {
  const argv = ['-i', ansible_ssh_private_key_file, ...ansible_ssh_common_args.split(' '), `root@${ansible_host}`, 'sh']
  const { stdout, stderr, status } = spawnSync('ssh', argv, { input: script, encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (status !== 0 && stdout === '') throw new Error(stderr)
  return stdout
}

const playbookOf = (trial: Trial, role: string): string =>
  JSON.stringify([{ hosts: 'all', vars: trial.vars ?? {}, roles: [{ role }] }], null, 1)

const PREPARED = 'DEBIAN_FRONTEND=noninteractive apt-get install -y -q python3 python3-apt >/dev/null'

const changedIn = ({ events }: OurRun): string[] =>
  events.flatMap(event =>
    event.type === 'result' && event.status === 'changed' ? [`${event.node} (${event.why ?? ''})`] : [],
  )

/**
 * Tries a role on a fresh host, and with Ansible on a twin of it: plan, run, and run again. Both hosts have Python and its
 * apt from the beginning, for Ansible's sake.
 */
export const tried = (means: Means, trial: Trial): Measured => {
  const folder = join(means.work, trial.name)
  mkdirSync(folder, { recursive: true })
  const lab = ['--name', `role-${trial.name.replaceAll('_', '-')}`.slice(0, 24)]
  const up = runbook(means, ['lab', 'up', ...lab, '--hosts', '2', '--packages', '--format', 'json'], folder, {})
  try {
    if (up.code !== 0) throw new Error(up.text)
    const { inventory } = JSON.parse(up.text.slice(up.text.indexOf('{'), up.text.lastIndexOf('}') + 1))
    const hosts = JSON.parse(readFileSync(inventory, 'utf8')).all.children.ipfs.hosts as Record<string, HostVars>
    for (const host of Object.values(hosts)) sh(host, PREPARED)
    const [repository, name] = trial.repository.split('/')
    const checkout = join(means.checkouts, `${repository}+${name}`)
    const collections = join(means.work, 'collections')
    const role = trial.collection ? `${trial.collection}.${trial.name}` : join(checkout, trial.folder ?? '')
    if (trial.collection) {
      const at = join(collections, 'ansible_collections', ...trial.collection.split('.'))
      mkdirSync(join(at, '..'), { recursive: true })
      spawnSync('ln', ['-sfn', checkout, at])
    }
    writeFileSync(join(folder, 'site.yml'), playbookOf(trial, role))
    const env = { ANSIBLE_COLLECTIONS_PATH: collections }
    const words = (host: string) => ['site.yml', '-i', inventory, '--limit', host]
    const json = ['--format', 'json']
    const plan = runbook(means, ['plan', ...words('node0')], folder, env)
    writeFileSync(join(folder, 'plan.txt'), plan.text)
    const first = runbook(means, ['apply', ...words('node0'), ...json], folder, env)
    const second = runbook(means, ['apply', ...words('node0'), ...json], folder, env)
    writeFileSync(join(folder, 'first.jsonl'), first.text)
    writeFileSync(join(folder, 'second.jsonl'), second.text)
    const theirs =
      means.program === undefined
        ? undefined
        : {
            check: ansible(means.program, ['--check', ...words('node1')], folder, env),
            first: ansible(means.program, words('node1'), folder, env),
            second: ansible(means.program, words('node1'), folder, env),
          }
    for (const [what, run] of Object.entries(theirs ?? {}))
      writeFileSync(
        join(folder, `ansible-${what}.txt`),
        `${run.text}\n${[...run.tasks].map(([task, word]) => `${word.padEnd(8)} ${task}`).join('\n')}\n`,
      )
    const [one, other] = [sh(hosts.node0!, stateScript), sh(hosts.node1!, stateScript)]
    return {
      name: trial.name,
      ours: { plan: plan.code, first, second },
      kept: { fresh: keptIn(first.events), converged: keptIn(second.events) },
      changedAgain: changedIn(second),
      ...(theirs ? { theirs } : {}),
      differences: theirs ? differencesOf(one, other, trial.random) : [],
    }
  } finally {
    runbook(means, ['lab', 'down', ...lab], folder, {})
  }
}
