/**
 * An IP address as a number in 32 hex digits, so that two writings of one are one. A text, since answers of hosts are kept in
 * saved plans, which are JSON.
 */
export type IpAddress = { family: 4 | 6; bits: string }

const addressOf = (family: 4 | 6, number: bigint): IpAddress => ({
  family,
  bits: number.toString(16).padStart(32, '0'),
})
const numberOf = ({ bits }: IpAddress): bigint => BigInt(`0x${bits}`)

const fourth = (text: string): bigint | undefined => {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every(part => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n)
}

/** Groups of hex digits; the last may be an IPv4 address. */
const groups = (text: string): bigint[] | undefined => {
  if (text === '') return []
  const all: bigint[] = []
  for (const [i, part] of text.split(':').entries()) {
    const tail = part.includes('.') && i === text.split(':').length - 1 ? fourth(part) : undefined
    if (tail !== undefined) all.push(tail >> 16n, tail & 0xffffn)
    else if (/^[\da-f]{1,4}$/i.test(part)) all.push(BigInt(`0x${part}`))
    else return undefined
  }
  return all
}

const sixth = (text: string): bigint | undefined => {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map(groups)
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined
  const zeros = 8 - head.length - (tail?.length ?? 0)
  if (halves.length === 2 ? zeros < 1 : zeros !== 0) return undefined
  return [...head, ...Array<bigint>(halves.length === 2 ? zeros : 0).fill(0n), ...(tail ?? [])].reduce(
    (sum, part) => sum * 65536n + part,
    0n,
  )
}

/** An address as people write it, in brackets or not; undefined: a name, or nothing of the kind. */
export const ipAddress = (text: string): IpAddress | undefined => {
  const plain = text.replace(/^\[(.*)\]$/, '$1')
  const four = fourth(plain)
  if (four !== undefined) return addressOf(4, four)
  const six = plain.includes(':') ? sixth(plain) : undefined
  if (six === undefined) return undefined
  return six >> 32n === 0xffffn ? addressOf(4, six & 0xffffffffn) : addressOf(6, six)
}

/** As Go and the kernel write it: the longest run of zeros is left out. */
export const ipText = (address: IpAddress): string => {
  const number = numberOf(address)
  if (address.family === 4) return [24n, 16n, 8n, 0n].map(at => (number >> at) & 255n).join('.')
  const all = Array.from({ length: 8 }, (_, i) => ((number >> BigInt(112 - 16 * i)) & 0xffffn).toString(16))
  const runs = all.map((_, i) => all.slice(i).findIndex(group => group !== '0')).map((n, i) => (n < 0 ? 8 - i : n))
  const longest = Math.max(...runs)
  const at = runs.indexOf(longest)
  if (longest < 2) return all.join(':')
  return `${all.slice(0, at).join(':')}::${all.slice(at + longest).join(':')}`
}

export const isSameAddress = (a: IpAddress, b: IpAddress): boolean => a.family === b.family && a.bits === b.bits

/** Whether an address is in the range of all that begin with the same bits. */
export const isWithin = (first: IpAddress, length: number, one: IpAddress): boolean => {
  const rest = BigInt(Math.max(0, (one.family === 4 ? 32 : 128) - length))
  return first.family === one.family && numberOf(first) >> rest === numberOf(one) >> rest
}

/** Ranges that lead from one host to another one never, with the word for them. */
const nowhere: [range: string, length: number, word: string][] = [
  ['0.0.0.0', 8, 'unspecified'],
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'link-local'],
  ['224.0.0.0', 4, 'multicast'],
  ['255.255.255.255', 32, 'broadcast'],
  ['::', 128, 'unspecified'],
  ['::1', 128, 'loopback'],
  ['fe80::', 10, 'link-local'],
  ['ff00::', 8, 'multicast'],
]

/** Why an address leads to no other host; undefined: it may. */
export const leadsNowhere = (one: IpAddress): string | undefined =>
  nowhere.find(([range, length]) => isWithin(ipAddress(range)!, length, one))?.[2]
