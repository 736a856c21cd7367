import type { Agreement } from './agreement.ts'
import type { HostKey } from './shared-key.ts'

// What hosts have, side by side: whose key is written where, and who has to see whom after a turn.

/** One of the two programs on a host: where its folder is, and how it stands. */
export type Holding = {
  path: string
  /** Where it is taken from; empty: it is in its place already. */
  from: string
  id: string
  isRunning: boolean
  key: HostKey
  /** Something else was in its file before: what runs has it still, until it is adopted. */
  hasFormer: boolean
  /** Of the key in its file, where that is not the one in force. */
  written: string | undefined
}
export type Surveyed = { host: string; address: string; isHere: boolean; holding: Holding | undefined }

export const keysByHost = (all: Surveyed[]): Record<string, HostKey> =>
  Object.fromEntries(all.flatMap(({ host, holding }) => (holding ? [[host, holding.key]] : [])))

/** Whether the file of a host has to be written for it to hold the one that all are to have. */
export const lacksKey = ({ holding, isHere }: Surveyed, agreed: Agreement): boolean =>
  agreed.is === 'one' && isHere && holding !== undefined && (holding.written ?? holding.key.print) !== agreed.print

/**
 * Whom a host has to see before it counts as adopted: of those before it all that were taken, and what runs with the same
 * key. Who holds another one comes into the network in its own turn.
 */
export const meetingOf = (all: Surveyed[], host: string, agreed: Agreement): Surveyed[] => {
  const own = all.findIndex(one => one.host === host)
  return all.filter((one, i) => {
    if (i === own || !one.holding || agreed.is !== 'one') return false
    const { from, isRunning, key, hasFormer } = one.holding
    const isOther = key.print !== agreed.print || (hasFormer && from !== '')
    return (i < own && from !== '' && one.isHere) || (isRunning && !isOther)
  })
}

/** All others that have a folder, taken or not. */
export const othersOf = (all: Surveyed[], host: string): Surveyed[] =>
  all.filter(one => one.host !== host && one.holding !== undefined)
