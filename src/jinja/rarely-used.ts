import type { Callable } from './callable.ts'
import { dateFilters } from './filters/dates.ts'
import { diskFilters } from './filters/disk.ts'
import { jsonQueryFilters } from './filters/json-query.ts'
import { printFilters } from './filters/print.ts'
import { urlizeFilters } from './filters/urlize.ts'
import { vaultFilters } from './filters/vaults.ts'

export { diskTests as rareTests } from './disk-tests.ts'
export { now } from './filters/dates.ts'
export { lookupName, lookups } from './lookups/all.ts'
export { lookedUp } from './lookups/looked-up.ts'

/** Filters that few templates use. */
export const rareFilters: Readonly<Record<string, Callable>> = {
  ...dateFilters,
  ...diskFilters,
  ...jsonQueryFilters,
  ...printFilters,
  ...urlizeFilters,
  ...vaultFilters,
}
