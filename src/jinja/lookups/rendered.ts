import type { Context } from '../callable.ts'
import type { Delimiters } from '../delimiters.ts'
import type { Dict, Value } from '../value.ts'
import { ValueFault } from '../value.ts'
import type { Lookup, LookupTerms } from './lookup.ts'
import { flagOption, mappingOption, textOption, textTerm } from './options.ts'
import { located } from './search.ts'

const TEXTS: [option: string, member: 'variableStart' | 'variableEnd' | 'commentStart' | 'commentEnd'][] = [
  ['variable_start_string', 'variableStart'],
  ['variable_end_string', 'variableEnd'],
  ['comment_start_string', 'commentStart'],
  ['comment_end_string', 'commentEnd'],
]

const delimitersOf = (options: Dict): Partial<Delimiters> => {
  const texts = TEXTS.flatMap(([option, member]) => {
    const given = textOption(options, option)
    return given === undefined ? [] : [[member, given]]
  })
  return { ...Object.fromEntries(texts), trimBlocks: flagOption(options, 'trim_blocks', true) }
}

const template = (context: Context, { terms, options }: LookupTerms): Value[] =>
  terms.map(term => {
    const name = textTerm(term)
    const path = located(context, 'templates', name)
    if (path === undefined) throw new ValueFault(`The template ${name} could not be found for the lookup.`)
    return context.render(path, delimitersOf(options), mappingOption(options, 'template_vars'))
  })

/** The lookup of what another template makes. */
export const renderedLookups: Record<string, Lookup> = { template: { run: template } }
