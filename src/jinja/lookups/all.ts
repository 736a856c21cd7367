import { fileLookups } from './files.ts'
import type { Lookup } from './lookup.ts'
import { loopLookups } from './loops.ts'
import { passwordLookups } from './password.ts'
import { programLookups } from './programs.ts'
import { renderedLookups } from './rendered.ts'
import { tableLookups } from './tables.ts'
import { variableLookups } from './variables.ts'

/** Every lookup by its name, without that of its collection. */
export const lookups: Readonly<Record<string, Lookup>> = {
  ...fileLookups,
  ...loopLookups,
  ...passwordLookups,
  ...programLookups,
  ...renderedLookups,
  ...tableLookups,
  ...variableLookups,
}

/** The name of a lookup without that of the collection that it comes from. */
export const lookupName = (name: string): string =>
  name.replace(/^ansible\.(?:builtin|legacy)\.|^community\.general\./, '')
