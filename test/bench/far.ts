import { readFileSync, writeFileSync } from 'node:fs'
import { farAway } from './delay.ts'
import type { Rig } from './rig.ts'
import type { Process } from './timing.ts'

/** The bench's hosts at the end of a long way each: an inventory of them, and `ssh HOST true` on all at once. */
export type Far = { inventory: string; sshTrue: Process }

const knownAt = (rig: Rig, ports: number[]): string =>
  rig
    .addresses()
    .flatMap((address, i) =>
      readFileSync(rig.knownHosts, 'utf8')
        .split('\n')
        .filter(line => line.startsWith(`${address} `))
        .map(line => line.replace(address, `[127.0.0.1]:${ports[i]}`)),
    )
    .join('\n')

/** Does something with the bench's hosts as they are so many milliseconds away, there and back. */
export const onFarHosts = async <T>(rig: Rig, rtt: number, act: (far: Far) => Promise<T>): Promise<T> => {
  const ways = await Promise.all(rig.addresses().map(address => farAway(address, rtt)))
  try {
    const folder = rig.inventory.replace(/\/[^/]*$/, '')
    const ports = ways.map(({ port }) => port)
    const [inventory, known] = [`${folder}/far.json`, `${folder}/far_known_hosts`]
    writeFileSync(known, `${knownAt(rig, ports)}\n`)
    const vars = {
      ansible_host: '127.0.0.1',
      ansible_user: 'root',
      ansible_ssh_private_key_file: rig.key,
      ansible_ssh_common_args: `-o UserKnownHostsFile=${known}`,
    }
    const hosts = Object.fromEntries(ports.map((port, i) => [`far${i}`, { ansible_port: port }]))
    writeFileSync(inventory, JSON.stringify({ all: { hosts, vars } }))
    const quiet = ['-F', 'none', '-i', rig.key, '-o', `UserKnownHostsFile=${known}`, '-o', 'BatchMode=yes']
    const script = 'ports=$1; shift; for p in $ports; do ssh -p "$p" "$@" root@127.0.0.1 true </dev/null & done; wait'
    return await act({ inventory, sshTrue: { argv: ['sh', '-c', script, 'sh', ports.join(' '), ...quiet] } })
  } finally {
    for (const way of ways) way.close()
  }
}
