import { isUnknown } from '../core/unknown.ts'
import type { ControllerAnswers } from '../jinja/controller-answers.ts'
import { LookedUp } from '../jinja/looked-up.ts'
import { plainMember, toPlain } from '../jinja/plain.ts'
import type { Value } from '../jinja/value.ts'
import { type Source, told } from './template-faults.ts'

/**
 * What expressions see on a host, for the rest of the program: plain data, member by member, computed when it is read.
 * Reading throws an unknown where the value is not known, and a Refusal `playbook-value` where it cannot be computed.
 */
export type HostScope = Record<string, unknown>

const behind = new WeakMap<object, LookedUp>()
const views = new WeakMap<LookedUp, HostScope>()

const nowhere: Source = { text: '', place: () => ({ file: 'a value', line: 1, column: 1 }) }

const asData = (value: Value): unknown => {
  if (isUnknown(value)) throw value
  if (value instanceof LookedUp) return scopeOver(value)
  return told(nowhere, 'playbook-value', () => toPlain(value))
}

/** Values of the language as plain data, each made when it is read. */
export const scopeOver = (values: LookedUp): HostScope => {
  const known = views.get(values)
  if (known) return known
  const plain = new Map<string, unknown>()
  const read = (key: string): unknown => {
    if (!plain.has(key)) plain.set(key, asData(values.get(key)!))
    return plain.get(key)
  }
  const scope = new Proxy(Object.create(null), {
    get: (_, key) => (typeof key === 'string' && values.has(key) ? read(key) : undefined),
    has: (_, key) => typeof key === 'string' && values.has(key),
    ownKeys: () => values.keys() as string[],
    getOwnPropertyDescriptor: (_, key) =>
      typeof key === 'string' && values.has(key)
        ? { get: () => read(key), enumerable: true, configurable: true }
        : undefined,
  })
  behind.set(scope, values)
  views.set(values, scope)
  return scope
}

/** Whom templates ask in a scope, if there is anybody. */
export const controllerOf = (scope: HostScope): ControllerAnswers | undefined => behind.get(scope)?.controller

/** What a name stands for in a scope, as a value of the language; undefined where there is none. */
export const valueIn = (scope: HostScope, name: string): Value | undefined => {
  const values = behind.get(scope)
  if (values) return values.get(name)
  return Object.hasOwn(scope, name) ? plainMember(scope, name) : undefined
}
