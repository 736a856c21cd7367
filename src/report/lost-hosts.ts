import type { Event } from '../core/event.ts'
import type { Paint } from './paint.ts'
import { oneLine } from './printable.ts'
import { MOST_ALIKE } from './root-causes.ts'
import { hostList } from './wording.ts'

type Lost = Event & { type: 'host-lost' }

const single = ({ host, failure }: Lost, width: number, paint: Paint): string =>
  `${host.padEnd(width)}  ${paint.red('! lost')}: ${oneLine(failure.what)}`

const shared = (lost: Lost[], all: string[], paint: Paint): string => {
  const { why, what } = lost[0]!.failure
  const names = lost.map(({ host }) => host)
  return `${paint.red(`! ${lost.length} hosts lost`)}: ${hostList(names, all)}: ${oneLine((why ?? what).replaceAll('\n', '; '))}`
}

/** Lines for hosts that were lost, of which many for one reason share one. */
export type LostHosts = {
  add(event: Lost, isPlanning: boolean): string[]
  /** What has not been said yet. */
  flush(): string[]
}

/**
 * While hosts are planned all that are lost are told together at its end. Later the first few are told at once, and of
 * more, as when a network breaks, those that come before anything else is told.
 */
export const createLostHosts = (layout: () => { width: number; hosts: string[] }, paint: Paint): LostHosts => {
  let held: Lost[] = []
  let told = 0
  const lines = (): string[] => {
    const { width, hosts } = layout()
    const alike = Map.groupBy(held, ({ failure: { reason, why } }) => JSON.stringify([reason, why]))
    held = []
    return [...alike.values()].flatMap(lost =>
      lost.length > MOST_ALIKE ? [shared(lost, hosts, paint)] : lost.map(one => single(one, width, paint)),
    )
  }
  const add = (event: Lost, isPlanning: boolean): string[] => {
    held.push(event)
    if (isPlanning || told >= MOST_ALIKE) return []
    told += 1
    return lines()
  }
  const flush = (): string[] => {
    told = 0
    return lines()
  }
  return { add, flush }
}
