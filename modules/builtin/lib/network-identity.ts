import { program, type Query, quote } from '../../../src/module/module.ts'
import { type IpAddress, ipAddress } from './ip-address.ts'

/**
 * Which machine this is: the boot of its kernel, and its network and processes there, for containers share a kernel.
 * Machine ids and host keys are no proof: they are copied with the disk. Empty where the kernel does not tell.
 */
export type MachineIdentity = { boot: string; network: string; processes: string }

export const machineIdentity: Query<MachineIdentity> = program({
  key: 'machine',
  sh: 'read -r b </proc/sys/kernel/random/boot_id; echo "$b $(readlink /proc/self/ns/net) $(readlink /proc/self/ns/pid)"',
  looks: [],
  parse: ({ stdout }) => {
    const [boot = '', network = '', processes = ''] = stdout.toString().trim().split(' ')
    return { boot, network, processes }
  },
  subject: 'which machine this is',
})

export const isOneNetwork = (a: MachineIdentity, b: MachineIdentity): boolean =>
  a.boot !== '' && a.network !== '' && a.boot === b.boot && a.network === b.network

export const isOneMachine = (a: MachineIdentity, b: MachineIdentity): boolean =>
  isOneNetwork(a, b) && a.processes !== '' && a.processes === b.processes

/** What names lead to on a host. `told` is false where it has nothing to ask. */
export type Resolution = { told: boolean; names: Record<string, IpAddress[]> }

/** All at once, by what every program there asks too: files and servers as nsswitch.conf has them. */
export const resolution = (names: string[]): Query<Resolution> =>
  program({
    key: `live:names/${names.join()}`,
    sh:
      names.length === 0
        ? ':'
        : `if command -v getent >/dev/null; then for n in ${names.map(quote).join(' ')}; do ( echo "$n $(timeout 5 getent ahosts "$n" | awk '!s[$1]++ { printf "%s ", $1 }')" ) & done; wait; else echo /untold; fi`,
    looks: ['path:/etc/hosts', 'path:/etc/resolv.conf', 'path:/etc/nsswitch.conf'],
    parse: ({ stdout }) => {
      const lines = stdout.toString().split('\n').filter(Boolean)
      const all = lines.map((line): [string, IpAddress[]] => {
        const [name = '', ...found] = line.trim().split(' ')
        return [name, found.flatMap(one => ipAddress(one.replace(/%.*/, '')) ?? [])]
      })
      return { told: !lines.includes('/untold'), names: Object.fromEntries(all) }
    },
    subject: `where ${names.join(', ')} lead`,
  })
