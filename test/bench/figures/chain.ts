import { mkdirSync, writeFileSync } from 'node:fs'
import { type Judged, judge, ofAnsible, ofPyinfra, ofRunbook, type Sayings, unnamed, unshown, words } from '../chain.ts'
import { type Told, tell, trips } from '../events.ts'
import { findPeers, givePython, type Peers } from '../peers.ts'
import { type Rig, runbook } from '../rig.ts'
import { checkRow, infoRow, type Row } from '../row.ts'
import { must, type Process, type Ran, root, runOnce } from '../timing.ts'

const own = `${root}/test/bench/chain`
const made = `${root}/.runbook/bench`
const archive = `${made}/app.tar.gz`

const seconds = ({ ms }: Ran): string => `${(ms / 1000).toFixed(1)} s`

const ours = async (rig: Rig): Promise<Row[]> => {
  const words = [`${own}/runbook.yml`, '-i', rig.inventory, '--limit', 'node0', '-e', `archive=${archive}`]
  const plan = await tell(runbook('plan', ...words))
  const apply = await tell(runbook('apply', ...words))
  const again = await tell(runbook('apply', ...words))
  return rowsOf(plan, apply, again)
}

const rowsOf = (plan: Told, apply: Told, again: Told): Row[] => {
  const { wrong, undecided, said } = judge(ofRunbook(plan.events, 'planned'), ofRunbook(apply.events, 'result'))
  const count = (name: string, tasks: string[], most: number): Row =>
    checkRow(`20 chained tasks: ${name}`, String(tasks.length), most === 0 ? '0' : `<= ${most}`, tasks.length <= most)
  return [
    count('wrong in check', said.length === 20 ? wrong : [...wrong, 'unsaid'], 0),
    count('undecided in check', undecided, 2),
    count('changes without a difference', unshown(plan.events), 0),
    count('2nd apply: what no warning named', unnamed(again.events), 0),
    checkRow('20 chained tasks: round trips of the plan', String(trips(plan)), '<= 2', trips(plan) <= 2),
    infoRow('20 chained tasks: round trips of the apply', String(trips(apply))),
    infoRow(
      '20 chained tasks: check, apply, 2nd apply',
      [plan, apply, again].map(({ ran }) => seconds(ran)).join(', '),
    ),
  ]
}

/** One row of another tool: what its check said, against what its run then did. */
const row = (name: string, judged: Judged, check: Ran, apply: Ran): Row =>
  infoRow(`  ${name}`, `${words(judged)}; check ${seconds(check)}, apply ${seconds(apply)}`)

/** What a tool said, if it came to say anything. */
const saidBy = (read: (stdout: string) => Sayings, { stdout }: Ran): Sayings => {
  try {
    return read(stdout)
  } catch {
    return new Map()
  }
}

const ofPeer = async (
  name: string,
  read: (stdout: string) => Sayings,
  check: Process,
  apply: Process,
): Promise<Row> => {
  const first = await runOnce({ ...check, keep: true })
  const said = saidBy(read, first)
  if (said.size === 0) return infoRow(`  ${name}`, `not measured: it says nothing: ${lastWords(first)}`)
  const then = await runOnce({ ...apply, keep: true })
  return row(name, judge(said, saidBy(read, then)), first, then)
}
const lastWords = ({ code, stderr }: Ran): string => `${stderr.trim().split('\n').at(-1)} (exit code ${code})`

const ansible = async (rig: Rig, peers: Peers, address: string): Promise<Row> => {
  const name = `ansible-core ${peers.versions.ansible}`
  if (!(await givePython(rig, peers, address)))
    return infoRow(`  ${name}`, "not measured: its host needs Python, and this machine's does not run there")
  const host = {
    ansible_host: address,
    ansible_user: 'root',
    ansible_ssh_private_key_file: rig.key,
    ansible_ssh_common_args: `-F none -o UserKnownHostsFile=${rig.knownHosts}`,
    ansible_python_interpreter: peers.python,
  }
  const inventory = `${made}/ansible.json`
  writeFileSync(inventory, JSON.stringify({ all: { hosts: { node1: host } } }))
  const argv = [peers.ansible, '-i', inventory, `${own}/ansible.yml`, '-e', `archive=${archive}`]
  // Its own, and no one else's that may lie about.
  const env = { ANSIBLE_CONFIG: `${own}/ansible.cfg`, ANSIBLE_HOME: `${made}/ansible`, LC_ALL: 'C.UTF-8' }
  return ofPeer(name, ofAnsible, { argv: [...argv, '--check', '--diff'], env }, { argv, env })
}

const pyinfra = async (rig: Rig, peers: Peers, address: string): Promise<Row> => {
  const host = { ssh_user: 'root', ssh_key: rig.key, ssh_known_hosts_file: rig.knownHosts, archive }
  const inventory = `${made}/pyinfra.py`
  writeFileSync(inventory, `hosts = [(${JSON.stringify(address)}, ${JSON.stringify(host)})]\n`)
  const argv = [peers.pyinfra, inventory, `${own}/deploy.py`, '--json']
  const [check, apply] = [{ argv: [...argv, '--dry'] }, { argv: [...argv, '-y'] }]
  return ofPeer(`pyinfra ${peers.versions.pyinfra}`, ofPyinfra, check, apply)
}

/**
 * Twenty ordinary tasks on a fresh host, each of which needs an earlier one: what a check says of them against what the
 * apply then does, by each tool's own words. The same chain for ansible-core and pyinfra where they can be had.
 */
export const chain = async (rig: Rig): Promise<Row[]> => {
  mkdirSync(made, { recursive: true })
  await must({ argv: ['tar', '-czf', archive, '-C', own, 'app'] })
  await rig.renew()
  const [, second, third] = rig.addresses() as [string, string, string]
  const rows = await ours(rig)
  const peers = await findPeers()
  if (typeof peers === 'string') return [...rows, infoRow('  ansible-core, pyinfra', `not measured: ${peers}`)]
  return [...rows, await ansible(rig, peers, second), await pyinfra(rig, peers, third)]
}
