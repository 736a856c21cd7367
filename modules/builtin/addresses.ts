import { defineCollective, type Static, T, uses } from '../../src/module/module.ts'
import { type IpAddress, ipAddress, ipText, isSameAddress, leadsNowhere } from './lib/ip-address.ts'
import { listenPlaces, ownAddresses } from './lib/listen-check.ts'
import {
  isOneMachine,
  isOneNetwork,
  type MachineIdentity,
  machineIdentity,
  type Resolution,
  resolution,
} from './lib/network-identity.ts'
import type { Obstacle } from './lib/paths.ts'

const args = T.Object(
  {
    hosts: T.Array(
      T.Object(
        {
          host: T.String(),
          address: T.String(),
          ports: T.Optional(T.Array(T.Union([T.Integer(), T.String()]))),
          listen: T.Optional(T.Array(T.String())),
        },
        { additionalProperties: false },
      ),
      {
        description:
          'All hosts, each by its name, with the `address` at which the others reach it: an IP address or a name. `ports`: where it is reached there; `listen`: where it listens, as `/ip4/0.0.0.0/tcp/4001` or `HOST:PORT`.',
        partial: 'absent',
      },
    ),
    absent: T.Array(T.Object({ host: T.String(), address: T.Unknown() }), {
      default: [],
      description: 'Filled in by runbook: hosts that did not answer. Nothing is asked of them, nor about them.',
    }),
  },
  { additionalProperties: false },
)
type Place = Static<typeof args>['hosts'][number]
type Seen = { machine: MachineIdentity; own: { all: IpAddress[] }; names: Resolution }

const isName = (address: string): boolean => ipAddress(address) === undefined

/** What is wrong with the text itself, whatever network it is for. */
const wrongText = ({ address }: Place): Obstacle | undefined => {
  const place = /^(\[[^\]]*\]|[^:]+):(\d+)$/.exec(address)
  if (place)
    return {
      why: `its address is to be ${address}, with a port: ports are said elsewhere`,
      fix: `write ${place[1]!.replace(/[[\]]/g, '')} alone`,
    }
  if (/^\[?fe[89ab][\da-f]:.*%|%/i.test(address))
    return {
      why: `its address is to be ${address}, which is good on one link alone, and there under another name on each host`,
      fix: 'give it an address that leads to it from all others: an IPv4 address, or an IPv6 address that does not begin with fe80',
    }
  if (/^[\d.]+$/.test(address) ? isName(address) : !/^[\w.-]+$/.test(address) && isName(address))
    return {
      why: `its address is to be ${address}, which is neither an IP address nor a name`,
      fix: 'write an IP address or a name alone, such as 192.0.2.7, fd00::7 or node7.example.com',
    }
  const word = /^(.+\.)?localhost\.?$/i.test(address) ? 'loopback' : leadsNowhereAt(address)
  return word === undefined
    ? undefined
    : {
        why: `its address is to be ${address} (${word}), which leads every other host to itself or nowhere`,
        fix: 'give it one that the others reach it by: `ip -brief address` there shows what it has',
      }
}
const leadsNowhereAt = (address: string): string | undefined => {
  const ip = ipAddress(address)
  return ip && leadsNowhere(ip)
}

const has = ({ own }: Seen, ip: IpAddress): boolean => own.all.some(one => isSameAddress(one, ip))
const portsOf = ({ ports }: Place): string[] => (ports ?? []).map(String)

/** Two that are to be reached at one address, with a port of both. */
const shared = (place: Place, others: Place[]): Obstacle | undefined => {
  const ip = ipAddress(place.address)
  for (const other of others) {
    const there = ipAddress(other.address)
    const isSame = ip && there ? isSameAddress(ip, there) : place.address === other.address
    const ports = portsOf(place).filter(port => portsOf(other).includes(port))
    if (isSame && (ports.length > 0 || portsOf(place).length === 0))
      return {
        why: `${place.host} and ${other.host} are both to be reached at ${place.address}${ports.length > 0 ? `, port ${ports[0]}` : ''}`,
        fix: `give each its own address${ports.length > 0 ? ', or ports of its own' : ''}`,
      }
  }
  return undefined
}

/** Where an address leads by what the hosts say of themselves; a name by what most others are told. */
const leadsOf = (place: Place, seen: Record<string, Seen | null>): IpAddress[] => {
  const ip = ipAddress(place.address)
  if (ip) return [ip]
  return Object.entries(seen).flatMap(([host, said]) =>
    host === place.host || !said ? [] : (said.names.names[place.address] ?? []),
  )
}

/** An address that another host has: who lives there reaches itself. */
const anothers = (place: Place, seen: Record<string, Seen | null>): Obstacle | undefined => {
  const ip = ipAddress(place.address)
  const own = seen[place.host]
  if (!ip) return undefined
  for (const [host, said] of Object.entries(seen)) {
    if (host === place.host || !said || !has(said, ip)) continue
    if (own && isOneNetwork(own.machine, said.machine)) continue
    const isBoth = own !== null && own !== undefined && has(own, ip)
    return {
      why: isBoth
        ? `its address is to be ${place.address}, which ${host} has too: from there it leads to ${host} itself`
        : `its address is to be ${place.address}, and that is one of ${host}`,
      fix: 'give it one that it alone has: `ip -brief address` there shows them',
    }
  }
  return undefined
}

/** Listeners that nobody reaches at the address that is given. A forwarded port or address is not known of here. */
const unheard = (place: Place, seen: Record<string, Seen | null>): Obstacle | undefined => {
  const leads = leadsOf(place, seen)
  if (leads.length === 0) return undefined
  const own = seen[place.host]
  const listen = place.listen ?? []
  for (const port of portsOf(place)) {
    const texts = listen.filter(text => new RegExp(`(/tcp/|:)${port}(/|$)`).test(text))
    const places = listenPlaces(texts).map(({ at }) => ipAddress(at))
    if (texts.length === 0 || places.length < texts.length) continue
    const isHeard = leads.some(ip =>
      places.some(at => {
        if (at === undefined) return true
        if (at.family !== ip.family || leadsNowhere(at) === 'loopback') return false
        return /^0+$/.test(at.bits) || isSameAddress(at, ip) || !own || !has(own, ip)
      }),
    )
    if (!isHeard)
      return {
        why: `the others reach it at ${place.address}, and at port ${port} it is to listen at ${texts.join(', ')} alone`,
        fix: `let it listen at ${leads[0]!.family === 4 ? '/ip4/0.0.0.0' : '/ip6/::'}/tcp/${port} too, or give an address of the other kind`,
      }
  }
  return undefined
}

/** What keeps one host from another one's address, asked on the one. */
const unreachable = (place: Place, from: Seen, of: Seen | null | undefined): Obstacle | undefined => {
  const { address, host } = place
  if (of && isOneNetwork(from.machine, of.machine)) return undefined
  const found = isName(address) ? from.names.names[address] : [ipAddress(address)!]
  if (!from.names.told || found === undefined) return undefined
  const usual = of?.own.all.filter(ip => leadsNowhere(ip) === undefined) ?? []
  const better = usual.length === 0 ? '' : ` (it has ${usual.map(ipText).join(', ')})`
  if (found.length === 0)
    return {
      why: `${address}, the address of ${host}, is no name that this host knows (getent ahosts ${address})`,
      fix: `let it be found there: by your DNS, or by a line in /etc/hosts; or give ${host} an IP address${better}`,
    }
  const good = found.filter(ip => leadsNowhere(ip) === undefined && !has(from, ip))
  if (good.length === 0)
    return {
      why: `${address}, the address of ${host}, leads to ${found.map(ipText).join(', ')} on this host, which is not ${host}`,
      fix: `mend /etc/hosts or the DNS of this host, or give ${host} an IP address${better}`,
    }
  const families = new Set(from.own.all.filter(ip => leadsNowhere(ip) === undefined).map(({ family }) => family))
  if (families.size > 0 && !good.some(({ family }) => families.has(family)))
    return {
      why: `${host} is to be reached at ${address}, and this host has no IPv${good[0]!.family} address`,
      fix: `give this host one, or ${host} an IPv${good[0]!.family === 4 ? 6 : 4} address`,
    }
  return undefined
}

/** Names of one machine: two of them are one too many. */
const twinOf = (host: string, seen: Record<string, Seen | null>): string | undefined =>
  Object.keys(seen).find(
    other => other !== host && seen[other] && seen[host] && isOneMachine(seen[other].machine, seen[host].machine),
  )

/**
 * What an inventory says of addresses is believed by all others, and shows late when it is wrong: a daemon that is given its
 * own address, or a name that only the controller knows, waits in silence. All is read, nothing is dialled.
 */
export default defineCollective({
  name: 'addresses',
  about:
    'The hosts find each other at the addresses that are given: names are known on each, no address is of another host, and each is listened at. Changes nothing.',
  args,
  examples: [
    '# in the play\'s vars: place: { host: "{{ inventory_hostname }}", address: "{{ ansible_host }}" }\n- name: Compare the addresses\n  addresses:\n    hosts: "{{ groups.all | map(\'extract\', hostvars, \'place\') }}"',
  ],
  reads: ({ hosts }, host) => ({
    machine: uses(machineIdentity),
    own: uses(ownAddresses),
    names: uses(
      resolution([...new Set(hosts.filter(one => one.host !== host).map(one => one.address))].filter(isName)),
    ),
  }),
  plan: (args, seen, context) => {
    const { hosts } = Object.values(args)[0]!
    return context.each((host, own) => {
      const twin = twinOf(host, seen)
      if (twin)
        return context.fail(
          `${[host, twin].sort().join(' and ')} are one machine: it is listed twice`,
          'take one of the two names out of the inventory; nothing on the machine has to be changed',
        )
      const place = hosts.find(one => one.host === host)
      const others = hosts.filter(one => one.host !== host)
      const wrong =
        place && (wrongText(place) ?? shared(place, others) ?? anothers(place, seen) ?? unheard(place, seen))
      const reachable = others.filter(one => !wrongText(one) && !anothers(one, seen))
      const obstacle = wrong ?? reachable.flatMap(one => unreachable(one, own, seen[one.host]) ?? [])[0]
      return obstacle ? context.fail(obstacle.why, obstacle.fix) : context.ok()
    })
  },
})
