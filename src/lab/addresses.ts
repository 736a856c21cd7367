import { refuse } from '../core/failure.ts'

const NET = '10.77'

/** A lab's subnet is 10.77.SLOT.0/24, its bridge has .1. */
export const gateway = (slot: number): string => `${NET}.${slot}.1`
export const subnet = (slot: number): string => `${NET}.${slot}.0/24`
export const hostAddress = (slot: number, number: number): string => `${NET}.${slot}.${number}`

/** The slot that an address lies in, if any. */
export const slotOf = (ip: string): number | undefined => {
  const [a, b, c] = ip.split('.')
  return `${a}.${b}` === NET && c !== undefined ? Number(c) : undefined
}

/**
 * The slot to use: the one held before if it is still free, else the lowest free one.
 * @throws Refusal `lab-host` when this machine has 256 such networks already.
 */
export const pickSlot = (taken: ReadonlySet<number>, held?: number): number => {
  if (held !== undefined && !taken.has(held)) return held
  for (let slot = 0; slot < 256; slot++) if (!taken.has(slot)) return slot
  return refuse('lab-host', `no subnet of ${NET}.0.0/16 is free on this machine`, {
    fix: 'take down labs that are no longer needed: `runbook lab down`',
  })
}

/** The last number of a host's address: 10 + N for `nodeN`, or else the lowest free one from 10. */
export const pickNumber = (taken: ReadonlySet<number>, node: string): number => {
  const wanted = 10 + Number(/(\d{1,3})$/.exec(node)?.[1] ?? 0)
  if (wanted < 255 && !taken.has(wanted)) return wanted
  for (let number = 10; number < 255; number++) if (!taken.has(number)) return number
  return refuse('lab-host', 'the lab is full: a subnet has room for 245 hosts')
}
