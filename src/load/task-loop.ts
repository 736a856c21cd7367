import type { Origin } from '../core/failure.ts'
import { didYouMean } from '../core/suggest.ts'
import { LookedUp } from '../jinja/looked-up.ts'
import { rarelyUsed } from '../jinja/on-demand.ts'
import { Undefined } from '../jinja/value.ts'
import { hasBraces } from './braces.ts'
import { compileExpression, compileTemplate, type Expression } from './expression.ts'
import { keyOrigin, type Located, locatedMember } from './located.ts'
import { nameFault } from './names.ts'
import { controllerOf, type HostScope, scopeOver, valueIn } from './scope-values.ts'
import { flag, mapping, type Problems, text } from './yaml-fields.ts'

/** What a task is done for, once for each. */
export type TaskLoop = {
  /** A list, or an expression of one; of a loop with a lookup what that is asked with. */
  over: Located
  /** The lookup that `with_NAME` names, and where it looks for files first. */
  lookup?: { name: string; subfolder: string }
  /** What an item is called in its task. */
  variable: string
  /** What its place, counted from 0, is called. */
  index?: string
  /** What an item is called where its line is shown. */
  label?: Located
  /** Whether `ansible_loop` tells where in the list an item is, and of the whole list. */
  extended?: 'alone' | 'with all items'
}

/** The names that a loop gives to its task and takes from nowhere else: of values, and of what only tells where it is. */
export const namesOfLoop = ({ variable, index, extended }: TaskLoop): string[] => [
  ...[variable, 'ansible_loop_var'],
  ...(index === undefined ? [] : [index, 'ansible_index_var']),
  ...(extended ? ['ansible_loop'] : []),
]

/** Whether a name stands for an item of a loop, or leads to one. */
export const leadsToItem = (loop: TaskLoop | undefined, name: string): boolean =>
  loop !== undefined && (name === loop.variable || (name === 'ansible_loop' && loop.extended !== undefined))

/** Lookups that go through lists or mappings: a word that is given to them is the name of a variable. */
const ofLists = ['dict', 'together', 'nested', 'cartesian', 'subelements']
/** Lookups whose terms are anything: one word in place of a list is the name of a variable, in a list it is itself. */
const ofAnything = ['items', 'list', 'flattened', 'indexed_items', 'random_choice']

const bareName = (word: string, at: Located, isSure: boolean): Problems[number] => ({
  reason: 'playbook-shape',
  what: `"${word}" takes no bare name of a variable.`,
  why: `"${at.value}" is only a text here.`,
  fix: `Write "{{ ${at.value} }}"${isSure ? '' : `, or [${at.value}] where the word itself is meant`}.`,
  origin: at.origin,
})

const bareNames = (word: string, lookup: string, at: Located): Problems => {
  const isName = ({ value }: Located): boolean =>
    typeof value === 'string' && !hasBraces(value) && /^[A-Za-z_][\w.]*(\[[^\]]*\][\w.]*)*$/.test(value.trim())
  if (ofAnything.includes(lookup)) return isName(at) ? [bareName(word, at, false)] : []
  if (!ofLists.includes(lookup)) return []
  const terms = Array.isArray(at.value) ? at.value.map((_, index) => locatedMember(at, index)) : [at]
  const wanted = lookup === 'subelements' ? terms.slice(0, 1) : terms
  return wanted.filter(isName).map(one => bareName(word, one, true))
}

/** Ansible looks for files of a loop where those of its module lie. */
const subfolderOf = (module: string): string =>
  `${['template', 'var', 'file'].find(word => module.includes(word)) ?? 'file'}s`

/** The words of a task that begin a loop: `loop`, and `with_` with the name of a lookup. */
export const isLoopWord = (word: string): boolean => word === 'loop' || word.startsWith('with_')

const lookupOf = (word: string, at: Located, origin: Origin, problems: Problems): string | undefined => {
  const { lookupName, lookups } = rarelyUsed()
  const name = lookupName(word.slice('with_'.length))
  const fail = (what: string, fix: string | undefined): undefined => {
    problems.push({ reason: 'playbook-shape', what, fix, origin })
    return undefined
  }
  if (!Object.hasOwn(lookups, name))
    return fail(`There is no lookup "${name}" for "${word}".`, didYouMean(name, Object.keys(lookups)) || undefined)
  if (at.value === null) return fail(`"${word}" says nothing to go through.`, `Write a list, or "{{ a_list }}".`)
  problems.push(...bareNames(word, name, at))
  return name
}

const controls = ['loop_var', 'index_var', 'label', 'pause', 'extended', 'extended_allitems', 'break_when']

const loopName = (at: Located | undefined, word: string, problems: Problems): string | undefined => {
  const name = at && text(at, `"${word}"`, problems)
  const fault = name === undefined || name === 'item' ? undefined : nameFault(name)
  if (fault === undefined) return name
  problems.push({ reason: 'playbook-name', what: `The ${word} "${name}" ${fault}.`, origin: at!.origin })
  return undefined
}

const controlOf = (at: Located | undefined, problems: Problems): Omit<TaskLoop, 'over'> => {
  if (at === undefined) return { variable: 'item' }
  const members = mapping(at, '"loop_control"', problems)
  const refuse = (key: string, what: string, fix: string | undefined): void =>
    void problems.push({ reason: 'playbook-shape', what, fix, origin: keyOrigin(at, key) })
  for (const key of members.keys())
    if (key === 'break_when')
      refuse(
        key,
        '"break_when" is not supported.',
        'Leave out of the list what is not to be done, or say it with when.',
      )
    else if (!controls.includes(key))
      refuse(key, `"loop_control" has no "${key}".`, didYouMean(key, controls) || undefined)
  const [index, label, paused] = ['index_var', 'label', 'pause'].map(word => members.get(word))
  const named = loopName(index, 'index_var', problems)
  if (paused !== undefined && paused.value !== 0)
    refuse(
      'pause',
      '"pause" is not supported yet: nothing waits between items.',
      'Let a task behind it wait for what it is for.',
    )
  const [extended, all] = (['extended', 'extended_allitems'] as const).map(word => {
    const found = members.get(word)
    return found && flag(found, `"${word}"`, problems)
  })
  return {
    variable: loopName(members.get('loop_var'), 'loop_var', problems) ?? 'item',
    ...(named === undefined ? {} : { index: named }),
    ...(label ? { label } : {}),
    ...(extended ? { extended: all === false ? 'alone' : 'with all items' } : {}),
  }
}

/** Reads what a task says of its loop; undefined where it has none. */
export const loopOf = (
  task: Located,
  members: Map<string, Located>,
  module: string,
  problems: Problems,
): TaskLoop | undefined => {
  const control = controlOf(members.get('loop_control'), problems)
  const [word, ...more] = [...members.keys()].filter(isLoopWord)
  if (more.length > 0) {
    const what = `The task has two loops: "${word}" and "${more[0]}".`
    problems.push({ reason: 'playbook-shape', what, fix: 'A task has one.', origin: keyOrigin(task, more[0]!) })
  }
  if (word === undefined) return undefined
  const over = members.get(word)!
  if (word === 'loop') return { ...control, over }
  const name = lookupOf(word, over, keyOrigin(task, word), problems)
  return name === undefined ? undefined : { ...control, over, lookup: { name, subfolder: subfolderOf(module) } }
}

/** What a lookup is asked with is called so in its expression. */
const TERMS = '_terms_of_loop'

/** A scope in which the terms of a lookup have a name besides. */
const withTerms = (scope: HostScope, terms: () => ReturnType<Expression['value']>): HostScope =>
  scopeOver(
    new LookedUp({
      names: () => Object.keys(scope),
      find: name => {
        if (name === TERMS) return terms
        const found = valueIn(scope, name)
        return found === undefined ? undefined : () => found
      },
      controller: () => controllerOf(scope),
    }),
  )

/**
 * The list that a loop goes through. A lookup is asked as `query` in an expression is, with the place of its terms.
 * Throws a Refusal (`playbook-expression`) where an expression does not parse.
 */
export const compileLoop = ({ over, lookup }: TaskLoop): Expression => {
  if (lookup === undefined)
    return typeof over.value === 'string'
      ? compileExpression(over.value, over.origin)
      : compileTemplate(over.value, over)
  const terms = compileTemplate(over.value, over)
  const { length: _, ...origin } = over.origin
  const option = lookup.name === 'first_found' ? `, subfolder='${lookup.subfolder}'` : ''
  const isOne = typeof over.value !== 'string' && !Array.isArray(over.value)
  const asked = compileExpression(`query('${lookup.name}', *${TERMS}${option})`, origin)
  const within = (scope: HostScope): HostScope =>
    withTerms(scope, () => {
      const given = terms.value(scope)
      return Array.isArray(given) && !isOne ? given : [given]
    })
  return {
    get references() {
      return terms.references
    },
    literal: false,
    // What is not there is told in the words of the terms.
    evaluate: scope => (terms.value(scope) instanceof Undefined ? terms : asked).evaluate(within(scope)),
    value: scope => asked.value(within(scope)),
  }
}
