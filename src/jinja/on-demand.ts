import { createRequire } from 'node:module'
import { bind, type Callable } from './callable.ts'
import type { Dict, Value } from './value.ts'

// What few templates use is loaded when one of them does: 30 files that most runs start without. A template is rendered in one go,
// so that cannot be waited for as an import is.

type RarelyUsed = typeof import('./rarely-used.ts')

let loaded: RarelyUsed | undefined
export const rarelyUsed = (): RarelyUsed => {
  // An installed runbook has it as a file of its own, beside all others.
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'mjs'
  loaded ??= createRequire(import.meta.url)(`./rarely-used.${ending}`) as RarelyUsed
  return loaded
}

/** Filters or tests of these names, which are loaded when one is called. */
const onDemand = (table: 'rareFilters' | 'rareTests', names: readonly string[]): Record<string, Callable> =>
  Object.fromEntries(
    names.map(name => {
      const run: Callable['run'] = (context, [args, named]) => {
        const one = rarelyUsed()[table][name]!
        return one.run(context, bind(name, one.parameters, { args: args as Value[], named: named as Dict }))
      }
      return [name, { parameters: ['*', '**'], accepts: 'what is there', run }]
    }),
  )

export const filtersOnDemand = onDemand('rareFilters', [
  ...['json_query', 'strftime', 'to_datetime', 'pprint', 'wordwrap', 'urlize', 'vault', 'unvault'],
  ...['realpath', 'fileglob', 'expanduser', 'expandvars'],
])

export const testsOnDemand = onDemand('rareTests', [
  ...['directory', 'file', 'link', 'exists', 'link_exists', 'mount', 'same_file'],
  ...['is_dir', 'is_file', 'is_link', 'is_mount', 'is_same_file', 'vaulted_file'],
])
