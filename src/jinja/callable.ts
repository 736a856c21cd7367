import { isUnknown } from '../core/unknown.ts'
import type { ControllerAnswers } from './controller-answers.ts'
import type { Delimiters } from './delimiters.ts'
import { Iterable } from './iterate.ts'
import { Dict, type FaultPlace, Tripped, Undefined, type Value, ValueFault } from './value.ts'

/** What something is called with: by position, and by name. */
export type Given = { args: Value[]; named: Dict }

/** What a filter or test may ask of the template that calls it. */
export type Context = {
  /** Calls a filter by its name, as `|` does. */
  filter(name: string, value: Value, given: Given): Value
  /** Asks a test by its name, as `is` does. */
  test(name: string, value: Value, given: Given): Value
  /** A variable of the host, or an Undefined. */
  variable(name: string): Value
  /** A member as `.` looks it up: Python's attribute, then the item; an Undefined where there is none. */
  member(owner: Value, name: Value): Value
  /** The names of all variables of the host. */
  names(): string[]
  /** Asks the controller; the same words at the same place, of the same host and item, have one answer in a run. */
  ask<T>(words: string, question: (controller: ControllerAnswers) => T): T
  /** What another template makes, by the path of its file, with variables besides. */
  render(path: string, how: Partial<Delimiters>, variables: Dict): Value
  /** Where the call stands that is carried out. */
  place: FaultPlace | undefined
}

/**
 * A filter or a test. `run` is given the values in the order of the parameters, the value before `|` or `is` first;
 * what was not given is undefined, so that a default is written where TypeScript has them.
 *
 * What is undefined, or unknown, as one of the values is the result without `run`, but where `accepts` is `anything`.
 * Members of a value may be either: `usable` and whatever compares, prints or tests them throws them, and the caller
 * makes them the result. So a filter that only moves members about keeps what is known of them.
 */
export type Callable = {
  parameters: readonly string[]
  accepts: 'what is there' | 'anything'
  run(context: Context, values: (Value | undefined)[]): Value
}

type Run = (...values: never[]) => Value

/**
 * A filter or a test of these parameters: `name` has to be given, `name?` need not be. Behind them `*` takes all further
 * values as a list, and `**` all that are named otherwise as a mapping.
 *
 * @example callable(['value', 'width?'], (value: Value, width: Value = 80n) => ...)
 */
export const callable = (parameters: readonly string[], run: Run): Callable => ({
  parameters,
  accepts: 'what is there',
  run: (_context, values) => run(...(values as never[])),
})

/** The same, for what calls other filters, or looks at variables: `run` is given the context first. */
export const callableIn = (
  parameters: readonly string[],
  run: (context: Context, ...values: never[]) => Value,
): Callable => ({
  parameters,
  accepts: 'what is there',
  run: (context, values) => run(context, ...(values as never[])),
})

/** The same, for the few that are given what is undefined or unknown too. */
export const acceptingAnything = (one: Callable): Callable => ({ ...one, accepts: 'anything' })

/** Puts what was given in the order of the parameters. Throws a ValueFault where it does not fit them. */
export const bind = (name: string, parameters: readonly string[], { args, named }: Given): (Value | undefined)[] => {
  const plain = parameters.filter(one => !one.startsWith('*'))
  const bound: (Value | undefined)[] = plain.map((_, index) => args[index])
  const rest = args.slice(plain.length)
  const others = new Dict()
  for (const [key, value] of named) {
    const index = plain.findIndex(one => one.replace('?', '') === key)
    if (index >= 0 && bound[index] !== undefined) throw new ValueFault(`${name}() got multiple values for "${key}".`)
    if (index >= 0) bound[index] = value
    else others.set(key, value)
  }
  if (rest.length > 0 && !parameters.includes('*'))
    throw new ValueFault(`${name}() takes ${plain.length} values and was given ${args.length}.`)
  const [stray] = others.keys()
  if (stray !== undefined && !parameters.includes('**')) throw new ValueFault(`${name}() takes no "${stray}".`)
  const lacking = plain.findIndex((one, index) => !one.endsWith('?') && bound[index] === undefined)
  if (lacking >= 0) throw new ValueFault(`${name}() lacks "${plain[lacking]}".`)
  if (parameters.includes('*')) bound.push(rest)
  if (parameters.includes('**')) bound.push(others)
  return bound
}

/** What is undefined among what something is called with, or else what is unknown. */
export const lostIn = ({ args, named }: Given): Value | undefined => {
  const all = [...args, ...named.values()]
  return all.find(value => value instanceof Undefined) ?? all.find(isUnknown)
}

/**
 * Calls a filter or a test. What is undefined or unknown among the values, or is met in them, is the result, and so is
 * what goes wrong: as an Undefined that fails where it is used.
 */
export const invoke = (name: string, one: Callable, context: Context, given: Given): Value => {
  const lost = one.accepts === 'what is there' ? lostIn(given) : undefined
  if (lost !== undefined) return lost
  return deferred(() => {
    const made = one.run(context, bind(name, one.parameters, given))
    return made instanceof Iterable ? made.items() : made
  })
}

/** The value, or what it waits for, or an Undefined of what went wrong and may be asked for. */
export const deferred = (compute: () => Value): Value => {
  try {
    return compute()
  } catch (error) {
    if (isUnknown(error)) return error
    if (error instanceof Tripped) return error.marker
    if (error instanceof ValueFault && !error.isFinal) return new Undefined(error)
    throw error
  }
}
