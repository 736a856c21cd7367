import { type Json, later } from '../../../src/module/module.ts'
import { type IpAddress, ipAddress } from '../../builtin/lib/ip-address.ts'
import type { Resolution } from '../../builtin/lib/network-identity.ts'
import { isInRange, listOf } from './address.ts'

/** Addresses that are names: what they lead to has to be asked. */
export const namesIn = (addresses: string[]): string[] => [
  ...new Set(addresses.filter(address => ipAddress(address) === undefined)),
]

/** Where an address leads, as far as it is known. */
export const ipsOf = (address: string, names: () => Resolution): IpAddress[] => {
  const ip = ipAddress(address)
  if (ip) return [ip]
  const found = later(() => names().names[address])
  return Array.isArray(found) ? found : []
}

/** What is left of a list of ranges when none of them is to cover one of these places. */
export const withoutRangesOf = (places: IpAddress[], filters: Json | undefined): string[] =>
  listOf(filters).filter(range => !places.some(place => isInRange(range, place)))

/** The first range that keeps this node from a peer, wherever that one's address leads to. */
export const barringRange = (
  address: string,
  names: () => Resolution,
  filters: Json | undefined,
): string | undefined => {
  const places = ipsOf(address, names)
  const barring = listOf(filters).filter(range => places.some(place => isInRange(range, place)))
  // A peer with two addresses is reached by the other one.
  const isBarred = places.length > 0 && places.every(place => barring.some(range => isInRange(range, place)))
  return isBarred ? barring[0] : undefined
}
