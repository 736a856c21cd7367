/** An address with the length of its network's prefix: `192.168.1.5/24`. */
export type Address = { version: 4 | 6; value: bigint; prefix: number }

export const widthOf = (version: 4 | 6): number => (version === 4 ? 32 : 128)
const most = (version: 4 | 6): bigint => (1n << BigInt(widthOf(version))) - 1n

const ipv4From = (text: string): bigint | undefined => {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every(part => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n)
}

const ipv6From = (text: string): bigint | undefined => {
  const [, head, tail] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text) ?? []
  const last = tail === undefined ? undefined : ipv4From(tail)
  if (tail !== undefined && last === undefined) return undefined
  const whole = last === undefined ? text : `${head}${(last >> 16n).toString(16)}:${(last & 0xffffn).toString(16)}`
  const halves = whole.split('::')
  if (halves.length > 2) return undefined
  const [left = [], right = []] = halves.map(half => (half === '' ? [] : half.split(':')))
  const filled = halves.length === 2 ? 8 - left.length - right.length : 0
  if (halves.length === 2 && filled < 1) return undefined
  const groups = [...left, ...Array<string>(filled).fill('0'), ...right]
  if (groups.length !== 8 || !groups.every(group => /^[\da-fA-F]{1,4}$/.test(group))) return undefined
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n)
}

/** The prefix that a mask stands for, or its opposite; undefined where it is neither. */
const prefixOfMask = (mask: bigint, version: 4 | 6): number | undefined => {
  const bits = mask.toString(2).padStart(widthOf(version), '0')
  if (/^1*0*$/.test(bits)) return bits.indexOf('0') < 0 ? bits.length : bits.indexOf('0')
  return /^0*1*$/.test(bits) ? bits.indexOf('1') : undefined
}

const prefixFrom = (text: string, version: 4 | 6): number | undefined => {
  if (/^\d+$/.test(text)) return Number(text) <= widthOf(version) ? Number(text) : undefined
  const mask = version === 4 ? ipv4From(text) : ipv6From(text)
  return mask === undefined ? undefined : prefixOfMask(mask, version)
}

/** An address, with a prefix behind a slash or without one; undefined where it is none. */
export const addressFrom = (text: string): Address | undefined => {
  const at = text.indexOf('/')
  const [host, behind] = at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
  const four = ipv4From(host!)
  const value = four ?? ipv6From(host!)
  const version = four === undefined ? 6 : 4
  const prefix = behind === undefined ? widthOf(version) : prefixFrom(behind, version)
  return value === undefined || prefix === undefined ? undefined : { version, value, prefix }
}

const ipv6Text = (value: bigint): string => {
  if (value >> 32n === 0xffffn || (value >> 32n === 0n && value > 0xffffn))
    return `${value >> 32n === 0n ? '::' : '::ffff:'}${addressText(4, value & 0xffffffffn)}`
  const groups = Array.from({ length: 8 }, (_, at) => ((value >> BigInt(16 * (7 - at))) & 0xffffn).toString(16))
  const runs = [...groups.join(':').matchAll(/(?<![\da-f])0(?::0)+(?![\da-f])/g)]
  const [longest] = runs.sort((a, b) => b[0].length - a[0].length)
  if (!longest) return groups.join(':')
  const whole = groups.join(':')
  return `${whole.slice(0, longest.index).replace(/:$/, '')}::${whole.slice(longest.index + longest[0].length).replace(/^:/, '')}`
}

export const addressText = (version: 4 | 6, value: bigint): string =>
  version === 4 ? [24n, 16n, 8n, 0n].map(shift => (value >> shift) & 255n).join('.') : ipv6Text(value)

/** The bits of a mask: those of the network, or with `isHost` those of what is in it. */
export const maskOf = ({ version, prefix }: Address, isHost: boolean): bigint => {
  const host = (1n << BigInt(widthOf(version) - prefix)) - 1n
  return isHost ? host : most(version) ^ host
}
export const firstAddress = (address: Address): bigint => address.value & maskOf(address, false)
export const lastAddress = (address: Address): bigint => address.value | maskOf(address, true)
export const sizeOf = ({ version, prefix }: Address): bigint => 1n << BigInt(widthOf(version) - prefix)

/** Whether all of a network lies in another. */
export const liesIn = (address: Address, other: Address): boolean =>
  address.version === other.version &&
  firstAddress(other) <= firstAddress(address) &&
  lastAddress(address) <= lastAddress(other)

const networks = (texts: string): Address[] => texts.split(' ').map(text => addressFrom(text)!)

/** What is reserved for a purpose and reached by nobody elsewhere, after the registries of IANA, and what is so again in it. */
const SPECIAL = networks(
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.168.0.0/16 ' +
    '198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4 ' +
    '::1/128 ::/128 ::ffff:0:0/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 fc00::/7 fe80::/10',
)
const REACHED = networks(
  '192.0.0.9/32 192.0.0.10/32 2001:1::1/128 2001:1::2/128 2001:3::/32 2001:4:112::/48 2001:20::/28 2001:30::/28',
)
const isIn = (address: Address, among: Address[]): boolean =>
  among.some(other => liesIn({ ...address, prefix: widthOf(address.version) }, other))

export const isGlobal = (address: Address): boolean => !isIn(address, SPECIAL) || isIn(address, REACHED)
const MULTICAST = networks('224.0.0.0/4 ff00::/8')
export const isMulticast = (address: Address): boolean => isIn(address, MULTICAST)
const LOOPBACK = networks('127.0.0.0/8 ::1/128')
export const isLoopbackAddress = (address: Address): boolean => isIn(address, LOOPBACK)
const LINK_LOCAL = networks('169.254.0.0/16 fe80::/10')
export const isLinkLocal = (address: Address): boolean => isIn(address, LINK_LOCAL)

/** Whether it could be a mask, of a network or of what is in one. */
export const isMask = ({ version, value }: Address): boolean => prefixOfMask(value, version) !== undefined
