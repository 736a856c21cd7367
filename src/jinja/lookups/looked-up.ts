import { type Context, type Given, lostIn } from '../callable.ts'
import { str } from '../repr.ts'
import { truth } from '../truth.ts'
import { Dict, usable, type Value, ValueFault } from '../value.ts'
import { lookupName, lookups } from './all.ts'

/** Settings of `errors` by which nothing is the answer where a lookup fails. */
const LENIENT = ['warn', 'ignore']

/** What a lookup answers, in a list. */
const listFrom = (context: Context, name: Value, given: Given): Value => {
  const known = Object.keys(lookups)
  const plain = lookupName(str(name))
  if (!Object.hasOwn(lookups, plain)) {
    const fault = new ValueFault(`There is no lookup "${str(name)}".`, { name: plain, known })
    fault.isFinal = true
    throw fault
  }
  const lookup = lookups[plain]!
  const lost = lookup.takesAnything ? undefined : lostIn(given)
  return lost ?? lookup.run(context, { terms: given.args, options: given.named })
}

/** One member is itself, texts are one with commas between. */
const joined = (list: Value[]): Value => {
  if (list.length === 1) return list[0]!
  return list.length > 1 && list.every(one => typeof one === 'string') ? list.join(',') : list
}

/** What `lookup` answers, or `query`, which gives a list. */
export const lookedUp = (
  context: Context,
  { args: [name, ...terms], named }: Given,
  answers: 'one' | 'list',
): Value => {
  if (name === undefined) throw new ValueFault('A lookup begins with its name: lookup("file", "x").')
  const options = new Dict(named.entries().filter(([key]) => key !== 'wantlist' && key !== 'errors'))
  const wantsList = named.has('wantlist') ? truth(named.get('wantlist')!) : answers === 'list'
  const errors = named.has('errors') ? str(named.get('errors')!) : 'strict'
  try {
    const list = listFrom(context, usable(name), { args: terms, named: options })
    return wantsList || !Array.isArray(list) ? list : joined(list)
  } catch (error) {
    if (!(error instanceof ValueFault)) throw error
    if (LENIENT.includes(errors) && !error.isFinal) return wantsList ? [] : null
    error.isFinal = true
    throw error
  }
}
