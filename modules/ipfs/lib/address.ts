import type { Json } from '../../../src/module/module.ts'
import { type IpAddress, ipAddress, ipText, isWithin } from '../../builtin/lib/ip-address.ts'

/**
 * The part of a multiaddress that names a machine: an address or a name as an inventory has it. In the writing that the
 * daemons print, so that both can be compared; a name may lead to addresses of either kind, which `dns4` would hide.
 */
const machineAddress = (address: string): string => {
  const ip = ipAddress(address)
  return ip ? `/ip${ip.family}/${ipText(ip)}` : `/dns/${address}`
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

/** Whether an address is in a range as kubo's filters name them, `/ip4/10.0.0.0/ipcidr/8`. */
export const isInRange = (range: string, address: IpAddress): boolean => {
  const [, text = '', bits] = /^\/ip[46]\/([^/]+)\/ipcidr\/(\d+)$/.exec(range) ?? []
  const first = ipAddress(text)
  return first !== undefined && isWithin(first, Number(bits), address)
}

/** Addresses as a config has them: a list, one text, or nothing. */
export const listOf = (value: Json | undefined): string[] =>
  value === undefined || value === null ? [] : (Array.isArray(value) ? value : [value]).map(String)

/** Whether a port can be one, wherever the address has some. */
export const hasPort = (text: string): boolean =>
  [...text.matchAll(/\/(?:tcp|udp)\/([^/]*)/g)].every(([, port]) => /^\d+$/.test(port!) && Number(port) < 65536)

/** Whether a daemon can listen there, or be called there: TCP or a socket in the file system. */
export const isListener = (text: string): boolean =>
  /^\/(ip4\/\d+(\.\d+){3}|ip6\/[\da-fA-F:.]+|ip6zone\/.+|dns[46]?\/[^/]+)\/tcp\/\d+(\/.*)?$|^\/unix\/./.test(text) &&
  hasPort(text)
