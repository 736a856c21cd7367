import { readFileSync } from 'node:fs'
import { must, type Process, type Ran, root } from './timing.ts'

/** The bench's own hosts, and what it takes to run runbook and plain ssh on them. */
export type Rig = {
  inventory: string
  /** Arguments of `apply` for the main playbook. */
  main: string[]
  addresses(): string[]
  /** The key that the hosts know, and theirs. */
  key: string
  knownHosts: string
  /** ssh to one host, as the words before the command. */
  ssh(address: string): string[]
  /** The same command on all hosts at once over plain ssh, as one process to be timed. */
  everywhere(command: string, stdin?: string): Process
  /** What one host says to a command. */
  ask(address: string, command: string): Promise<string>
  add(node: string): Promise<void>
  /** Other hosts in the place of these, as fresh as can be: booted, and nothing on them. */
  renew(): Promise<void>
  /** The hand-written script on these hosts, as one process to be timed. */
  byHand(): Process
}

const name = 'bench'
export const playbook = 'playbooks/private-cluster.yml'
const installed = `${root}/.runbook/bench/dist`
/** Makes what people install of the sources, somewhere below this folder: packages are found from there. */
export const install = (): Promise<Ran> => must({ argv: [process.execPath, `${root}/build/build.ts`, installed] })
export const runbook = (...words: string[]): string[] => [process.execPath, `${installed}/runbook.mjs`, ...words]
const lab = (...words: string[]): Promise<Ran> => must({ argv: runbook('lab', ...words, '--name', name), keep: true })

/** Real programs where a folder of them is given, else the stand-in, built here. */
export const artifacts = async (given: string | undefined, say: (line: string) => void): Promise<string> => {
  if (given) {
    say(`Programs: those in ${given}.`)
    return given
  }
  const folder = `${root}/.runbook/standin`
  await must({ argv: ['sh', `${root}/test/standin/build.sh`, folder] })
  say('Programs: the stand-in for kubo and ipfs-cluster. --artifacts DIR takes the real ones.')
  return folder
}

type Inventory = { all: { children: { ipfs: { hosts: Record<string, { ansible_host: string }> } } } }

/** Takes the hosts away, whatever there is of them. */
export const takeDown = async (): Promise<void> => void (await lab('down'))

/** How often cluster peers ping, for whoever is timed: when the first ping that counts comes is a matter of luck. */
const interval = '1s'

/** Three fresh hosts. A lab that a killed bench has left behind goes first. */
export const raise = async (programs: string): Promise<Rig> => {
  const folder = `${root}/.runbook/lab/${name}`
  const inventory = `${folder}/inventory.json`
  const addresses = (): string[] => {
    const { all } = JSON.parse(readFileSync(inventory, 'utf8')) as Inventory
    return Object.values(all.children.ipfs.hosts).map(host => host.ansible_host)
  }
  const ssh = ['ssh', '-F', 'none', '-i', `${folder}/key`, '-o', `UserKnownHostsFile=${folder}/known_hosts`]
  const quiet = [...ssh, '-o', 'BatchMode=yes', '-o', 'LogLevel=ERROR']
  const everywhere = (command: string, stdin = '/dev/null'): Process => {
    const script =
      'command=$1 stdin=$2 hosts=$3; shift 3; for h in $hosts; do "$@" "root@$h" "$command" <"$stdin" & done; wait'
    return { argv: ['sh', '-c', script, 'sh', command, stdin, addresses().join(' '), ...quiet] }
  }
  const renew = async (): Promise<void> => {
    await takeDown()
    await lab('up', '--hosts', '3')
    await must(everywhere('systemctl is-system-running --wait; :'))
  }
  const script = ['sh', `${root}/test/bench/by-hand.sh`, programs, interval, `${folder}/key`, `${folder}/known_hosts`]
  await renew()
  return {
    inventory,
    main: [playbook, '-i', inventory, '--artifacts', programs, '-e', `monitor_ping_interval=${interval}`],
    addresses,
    key: `${folder}/key`,
    knownHosts: `${folder}/known_hosts`,
    ssh: address => [...quiet, `root@${address}`],
    everywhere,
    renew,
    byHand: () => ({ argv: [...script, ...addresses()] }),
    ask: async (address, command) =>
      (await must({ argv: [...quiet, `root@${address}`, command], keep: true })).stdout.trim(),
    add: async node => void (await lab('add', node)),
  }
}
