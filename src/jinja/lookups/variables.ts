import { isUnknown } from '../../core/unknown.ts'
import type { Context } from '../callable.ts'
import { patternOf } from '../filters/regex.ts'
import { iterate } from '../iterate.ts'
import { str } from '../repr.ts'
import { Dict, typeName, Undefined, usable, type Value, ValueFault } from '../value.ts'
import type { Lookup, LookupTerms } from './lookup.ts'
import { textTerm } from './options.ts'

const vars = (context: Context, { terms, options }: LookupTerms): Value[] => {
  const other = options.get('default')
  return terms.map(term => {
    const name = usable(term)
    if (typeof name !== 'string') throw new ValueFault(`Variable name must be 'str' not '${typeName(name)}'.`)
    const value = context.variable(name)
    return value instanceof Undefined && other !== undefined && other !== null && !context.names().includes(name)
      ? other
      : value
  })
}

const varnames = (context: Context, { terms }: LookupTerms): Value[] => {
  const names = context.names()
  return terms.flatMap(term => {
    const pattern = patternOf(textTerm(term), {})
    return names.filter(name => pattern.test(name))
  })
}

const env = (context: Context, { terms, options }: LookupTerms): Value[] => {
  const other = options.get('default') ?? ''
  return terms.map((term): Value => {
    if (isUnknown(term)) return term
    const name = textTerm(term).trim().split(/\s+/)[0]!
    const value = context.ask(`environment ${name}`, controller => controller.environment(name))
    if (value !== undefined) return value
    return other instanceof Undefined
      ? new Undefined(new ValueFault(`The environment variable '${name}' is not set.`))
      : other
  })
}

const hostnames = (context: Context, { terms }: LookupTerms): Value[] => {
  const patterns = terms.map(textTerm)
  const all = usable(context.variable('groups'))
  if (!(all instanceof Dict)) throw new ValueFault('The variable "groups" is no mapping of groups here.')
  const groups = Object.fromEntries(all.entries().map(([name, hosts]) => [str(name), iterate(hosts).map(str)]))
  return context.ask(`hosts ${patterns.join()}`, controller => controller.hosts(patterns, groups))
}

/** Lookups of what the playbook, the inventory and the environment say. */
export const variableLookups: Record<string, Lookup> = {
  vars: { run: vars },
  varnames: { run: varnames },
  env: { takesAnything: true, run: env },
  inventory_hostnames: { run: hostnames },
}
