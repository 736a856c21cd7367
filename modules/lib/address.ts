/** The part of a multiaddress that names a machine: an address or a name as an inventory has it. */
export const machine = (address: string): string => {
  if (/^\d+(\.\d+){3}$/.test(address)) return `/ip4/${address}`
  return address.includes(':') ? `/ip6/${address.replace(/^\[|\]$/g, '')}` : `/dns4/${address}`
}

export const multiaddress = (address: string, port: number): string => `${machine(address)}/tcp/${port}`

/** A peer as others dial it. `/p2p/` and the older `/ipfs/` are one protocol; this is the spelling of today. */
export const peerAddress = (address: string, port: number, id: string): string =>
  `${multiaddress(address, port)}/p2p/${id}`

/** Whether a multiaddress, in whatever spelling and at whatever port, is of the machine at `address`. */
export const isAt = (multi: string, address: string): boolean => `${multi}/`.startsWith(`${machine(address)}/`)

export const modern = (multi: string): string => multi.replace('/ipfs/', '/p2p/')
