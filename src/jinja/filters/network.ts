import { type Callable, callable } from '../callable.ts'
import { str } from '../repr.ts'
import { truth } from '../truth.ts'
import { typeName, usable, type Value, ValueFault } from '../value.ts'
import {
  type Address,
  addressFrom,
  addressText,
  firstAddress,
  isGlobal,
  isLinkLocal,
  isLoopbackAddress,
  isMask,
  isMulticast,
  lastAddress,
  liesIn,
  maskOf,
  sizeOf,
  widthOf,
} from './address.ts'

/** What a question is asked of: the address, how it was written, and whether with a prefix. */
type Asked = { address: Address; written: string; isNetwork: boolean }
type Answer = (asked: Asked) => Value

const of = (address: Address, value: bigint): string => addressText(address.version, value)
const host = ({ address }: Asked): string => of(address, address.value)
const whole = (asked: Asked): string => `${host(asked)}/${asked.address.prefix}`
const isFirst = ({ address }: Asked): boolean => address.value === firstAddress(address)
/** Of networks of two there is no address for all. */
const hasBroadcast = ({ address }: Asked): boolean => sizeOf(address) > 2n

const needNetwork = (asked: Asked): void => {
  if (!asked.isNetwork) throw new ValueFault('Not a network address')
}

/** The first and last that a host may have. */
const usableOf = (address: Address): [bigint, bigint] =>
  sizeOf(address) === 2n
    ? [firstAddress(address), lastAddress(address)]
    : [firstAddress(address) + 1n, lastAddress(address) - 1n]

const within =
  (answer: (asked: Asked, first: bigint, last: bigint) => Value): Answer =>
  asked => {
    needNetwork(asked)
    return sizeOf(asked.address) > 1n ? answer(asked, ...usableOf(asked.address)) : null
  }

const neighbour = (step: bigint): Answer =>
  within(({ address }, first, last) => {
    const next = address.value + step
    return next >= first && next <= last ? of(address, next) : null
  })

const peer: Answer = asked => {
  needNetwork(asked)
  const { address } = asked
  const size = sizeOf(address)
  if (size === 2n) return of(address, address.value ^ 1n)
  if (size !== 4n) throw new ValueFault('Not a point-to-point network')
  if (address.value % 4n === 0n || address.value % 4n === 3n) throw new ValueFault('The ends of a /30 have no peer')
  return of(address, address.value ^ 3n)
}

const onlyIf =
  (holds: (address: Address) => boolean): Answer =>
  ({ address, written }) =>
    holds(address) ? written : null

const reversed: Answer = ({ address }) => {
  if (address.version === 4) return `${of(address, address.value).split('.').reverse().join('.')}.in-addr.arpa.`
  const digits = address.value.toString(16).padStart(32, '0')
  return `${[...digits].reverse().join('.')}.ip6.arpa.`
}

const asIpv4: Answer = ({ address, written }) => {
  if (address.version === 4) return written
  const isMapped = address.value >> 32n === 0n || address.value >> 32n === 0xffffn
  if (!isMapped) return false
  return `${addressText(4, address.value & 0xffffffffn)}/${Math.max(address.prefix - 96, 0)}`
}
const asIpv6: Answer = ({ address, written }) => {
  if (address.version === 6) return written
  return `${addressText(6, (0xffffn << 32n) | address.value)}/${address.prefix + 96}`
}

const hostWithPrefix: Answer = asked => {
  const isEnd = isFirst(asked) || (hasBroadcast(asked) && asked.address.value === lastAddress(asked.address))
  return sizeOf(asked.address) > 2n && isEnd ? false : whole(asked)
}
const subnet: Answer = ({ address }) => `${of(address, firstAddress(address))}/${address.prefix}`
const address: Answer = asked => {
  const isOne = sizeOf(asked.address) === 1n || !isFirst(asked) || !hasBroadcast(asked) || asked.address.version === 6
  return isOne ? host(asked) : null
}
const mask =
  (isHost: boolean): Answer =>
  ({ address: one }) =>
    of(one, maskOf(one, isHost))
const network: Answer = ({ address: one }) => of(one, firstAddress(one))
const behind =
  (answer: Answer, mark: string, other: Answer): Answer =>
  asked =>
    `${answer(asked)}${mark}${other(asked)}`
/** Only where it is an address in a network, or one of two. */
const inside =
  (answer: Answer): Answer =>
  asked => {
    const size = sizeOf(asked.address)
    return size === 2n || (size > 1n && !isFirst(asked)) ? answer(asked) : null
  }

const ANSWERS: Record<string, Answer> = {
  '': asked => (asked.isNetwork ? whole(asked) : host(asked)),
  address,
  ip: address,
  'address/prefix': hostWithPrefix,
  gateway: hostWithPrefix,
  gw: hostWithPrefix,
  router: hostWithPrefix,
  hostnet: hostWithPrefix,
  'host/prefix': hostWithPrefix,
  bool: () => true,
  broadcast: asked => (hasBroadcast(asked) ? of(asked.address, lastAddress(asked.address)) : null),
  cidr: whole,
  first_usable: within(({ address: one }, first) => of(one, first)),
  last_usable: within(({ address: one }, _first, last) => of(one, last)),
  range_usable: within(({ address: one }, first, last) => `${of(one, first)}-${of(one, last)}`),
  next_usable: neighbour(1n),
  previous_usable: neighbour(-1n),
  host: asked => (sizeOf(asked.address) === 1n || !isFirst(asked) || !hasBroadcast(asked) ? whole(asked) : null),
  hostmask: mask(true),
  wildcard: mask(true),
  netmask: mask(false),
  int: ({ address: one, isNetwork }) => (isNetwork ? `${one.value}/${one.prefix}` : one.value),
  'ip/prefix': inside(whole),
  ip_netmask: inside(behind(host, ' ', mask(false))),
  ipv4: asIpv4,
  v4: asIpv4,
  ipv6: asIpv6,
  v6: asIpv6,
  'link-local': onlyIf(isLinkLocal),
  lo: onlyIf(isLoopbackAddress),
  loopback: onlyIf(isLoopbackAddress),
  multicast: onlyIf(isMulticast),
  unicast: onlyIf(one => !isMulticast(one)),
  private: onlyIf(one => !isGlobal(one)),
  public: onlyIf(one => !isMulticast(one) && isGlobal(one) && !isLoopbackAddress(one) && !isMask(one)),
  net: asked => (sizeOf(asked.address) > 1n && isFirst(asked) ? whole(asked) : null),
  network,
  network_id: network,
  'network/prefix': subnet,
  subnet,
  network_netmask: behind(network, ' ', mask(false)),
  network_wildcard: behind(network, ' ', mask(true)),
  peer,
  prefix: ({ address: one }) => BigInt(one.prefix),
  revdns: reversed,
  size: ({ address: one }) => sizeOf(one),
  size_usable: ({ address: one }) => (sizeOf(one) === 1n ? 0n : sizeOf(one) === 2n ? 2n : sizeOf(one) - 2n),
  type: asked => (sizeOf(asked.address) > 1n && isFirst(asked) ? 'network' : 'address'),
  version: ({ address: one }) => BigInt(one.version),
  wrap: asked => {
    if (asked.address.version === 4) return asked.written
    return asked.isNetwork ? `[${host(asked)}]/${asked.address.prefix}` : `[${host(asked)}]`
  },
}

type Version = 4 | 6 | undefined

/** A whole number is the address of that value. */
const numbered = (value: bigint, version: Version): Asked | undefined => {
  const kind = version ?? (value < 1n << 32n ? 4 : 6)
  if (value >= 1n << BigInt(widthOf(kind))) return undefined
  const made = { version: kind, value, prefix: widthOf(kind) }
  return { address: made, written: `${addressText(kind, value)}/${made.prefix}`, isNetwork: false }
}

const askedOf = (value: Value, version: Version): Asked | undefined => {
  const written = str(value)
  if (!truth(value) || value === true) return undefined
  if (/^\d+$/.test(written)) return numbered(BigInt(written), version)
  const found = addressFrom(written)
  if (found) return { address: found, written, isNetwork: written.includes('/') }
  const [, number, prefix] = /^(\d+)\/(\d+)$/.exec(written) ?? []
  const address = number === undefined ? undefined : numbered(BigInt(number), undefined)?.address
  if (!address || Number(prefix) > widthOf(address.version)) return undefined
  const one = { ...address, prefix: Number(prefix) }
  return { address: one, written: `${of(one, one.value)}/${prefix}`, isNetwork: true }
}

/** The address at a position of a network. */
const positioned = (asked: Asked, position: bigint): Value => {
  const { address: one, isNetwork } = asked
  if (sizeOf(one) === 1n) return isNetwork ? whole(asked) : host(asked)
  const at = position < 0n ? lastAddress(one) + 1n + position : firstAddress(one) + position
  return at < firstAddress(one) || at > lastAddress(one) ? false : `${of(one, at)}/${one.prefix}`
}

const answered = (value: Value, query: string, version: Version, name: string): Value => {
  if (Array.isArray(value)) return value.map(one => answered(usable(one), query, version, name)).filter(truth)
  const asked = askedOf(value, version)
  if (!asked || (version !== undefined && asked.address.version !== version)) return false
  if (Object.hasOwn(ANSWERS, query)) return ANSWERS[query]!(asked)
  const network = /^\d+$/.test(query) ? undefined : addressFrom(query)
  if (network) return liesIn(asked.address, network) ? asked.written : null
  if (/^-?\d+$/.test(query)) return positioned(asked, BigInt(query))
  throw new ValueFault(`${name}: unknown filter type: ${query}`)
}

const filterOf = (name: string, only: Version): Callable =>
  callable(['value', 'query?', 'version?'], (value: Value, query: Value = '', version: Value = null) => {
    const there = usable(value)
    if (!(typeof there === 'string' || Array.isArray(there) || typeof there === 'bigint' || typeof there === 'boolean'))
      throw new ValueFault(`Unrecognized type ${typeName(there)} for ${name} filter <value>`)
    const wanted = version === 4n ? 4 : version === 6n ? 6 : undefined
    return answered(there, str(query), only ?? wanted, name)
  })

/** What is no address stays as it is. */
const ipwrap = (value: Value): Value => {
  const there = usable(value)
  if (Array.isArray(there)) return there.map(one => (Array.isArray(one) ? one : wrapped(usable(one))))
  if (typeof there !== 'string' && typeof there !== 'boolean')
    throw new ValueFault(`Unrecognized type ${typeName(there)} for ipwrap filter <value>`)
  return wrapped(there)
}
const wrapped = (value: Value): Value => {
  const asked = askedOf(value, undefined)
  if (!asked) return value
  const shown = ANSWERS['']!(asked)
  return ANSWERS.wrap!({ ...asked, written: str(shown) })
}

const families: Record<string, Callable> = {
  ipaddr: filterOf('ipaddr', undefined),
  ipv4: filterOf('ipv4', 4),
  ipv6: filterOf('ipv6', 6),
  ipwrap: callable(['value'], ipwrap),
}

/** Filters on addresses and networks, under their short names too, as older playbooks have them. */
export const networkFilters: Record<string, Callable> = Object.fromEntries(
  Object.entries(families).flatMap(([name, one]) =>
    [name, `ansible.utils.${name}`, `ansible.netcommon.${name}`].map(known => [known, one]),
  ),
)
