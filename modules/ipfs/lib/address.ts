/** The part of a multiaddress that names a machine: an address or a name as an inventory has it. */
const machineAddress = (address: string): string => {
  if (/^\d+(\.\d+){3}$/.test(address)) return `/ip4/${address}`
  return address.includes(':') ? `/ip6/${address.replace(/^\[|\]$/g, '')}` : `/dns4/${address}`
}

export const multiaddress = (address: string, port: number): string => `${machineAddress(address)}/tcp/${port}`

/** A peer as others dial it. `/p2p/` and the older `/ipfs/` are one protocol; this is the spelling of today. */
export const peerAddress = (address: string, port: number, id: string): string =>
  `${multiaddress(address, port)}/p2p/${id}`

/** Whether a multiaddress, in whatever spelling and at whatever port, is of the machine at `address`. */
export const isAddressOf = (multi: string, address: string): boolean =>
  `${multi}/`.startsWith(`${machineAddress(address)}/`)

/** Whether only the host itself reaches a listener. What is no address of a network (`/unix`) is of the host, too. */
export const isLoopback = (multi: string): boolean =>
  /^\/(ip4\/127\.|ip6\/(::1|0*(:0*){6}:0*1|::ffff:127\.[\d.]+)(\/|$)|dns[46]?\/localhost(\/|$))/i.test(multi) ||
  !/^\/(ip[46]|ip6zone|dns[46]?)\//.test(multi)

export const modernAddress = (multi: string): string => multi.replace('/ipfs/', '/p2p/')

const number = (ip4: string): number => ip4.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)

/** Whether an IPv4 address is in a range as kubo's AddrFilters name them, `/ip4/10.0.0.0/ipcidr/8`. */
export const isInRange = (range: string, address: string): boolean => {
  const [, first, bits] = /^\/ip4\/([\d.]+)\/ipcidr\/(\d+)$/.exec(range) ?? []
  if (first === undefined || !/^\d+(\.\d+){3}$/.test(address)) return false
  const size = 2 ** (32 - Number(bits))
  return Math.floor(number(first) / size) === Math.floor(number(address) / size)
}
