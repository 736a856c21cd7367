import type { Callable } from '../callable.ts'
import { filtersOnDemand } from '../on-demand.ts'
import { chanceFilters } from './chance.ts'
import { choiceFilters } from './choices.ts'
import { combinationFilters } from './combinations.ts'
import { documentFilters } from './documents.ts'
import { encodingFilters } from './encodings.ts'
import { existenceFilters } from './existence.ts'
import { hashFilters } from './hashes.ts'
import { listFilters } from './lists.ts'
import { mappingFilters } from './mappings.ts'
import { networkFilters } from './network.ts'
import { numberFilters } from './numbers.ts'
import { pathFilters } from './paths.ts'
import { regexFilters } from './regex.ts'
import { setFilters } from './sets.ts'
import { textFilters } from './text.ts'
import { versionFilters } from './version-sort.ts'

/** Every filter by its name, Ansible's and Jinja's. */
export const filters: Readonly<Record<string, Callable>> = {
  ...chanceFilters,
  ...choiceFilters,
  ...combinationFilters,
  ...documentFilters,
  ...encodingFilters,
  ...filtersOnDemand,
  ...existenceFilters,
  ...hashFilters,
  ...listFilters,
  ...mappingFilters,
  ...networkFilters,
  ...numberFilters,
  ...pathFilters,
  ...regexFilters,
  ...setFilters,
  ...textFilters,
  ...versionFilters,
}
