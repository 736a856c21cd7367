import { type Callable, callable } from '../callable.ts'
import { iterate } from '../iterate.ts'
import { str } from '../repr.ts'
import { truth } from '../truth.ts'
import type { Value } from '../value.ts'
import { versionOrders } from '../versions.ts'

const versionSort = (value: Value, reverse: Value = false): Value => {
  const sign = truth(reverse) ? -1 : 1
  return [...iterate(value)].sort((a, b) => sign * versionOrders.loose!(str(a), str(b)))
}

/** A filter that sorts versions by what they mean: 1.10 comes behind 1.9. */
export const versionFilters: Record<string, Callable> = {
  version_sort: callable(['value', 'reverse?'], versionSort),
  'community.general.version_sort': callable(['value', 'reverse?'], versionSort),
}
