import { same } from '../core/value.ts'
import { kindOf } from './yaml-fields.ts'

/** What is wrong with a call, as a sentence; rendering adds the place. */
export class CallFault extends Error {}

/** What a template can call: a function of its values. It is given nothing that is missing, `default` excepted. */
type TemplateFunction = (params: unknown[], options: Record<string, unknown>) => unknown

const textOf = (value: unknown, name: string): string => {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new CallFault(`"${name}" wants text, not ${kindOf(value)}.`)
}

const needs = (name: string, params: unknown[], count: number): void => {
  if (params.length !== count) throw new CallFault(`"${name}" wants ${count} values and was given ${params.length}.`)
}

/** How a value reads in a text. Numbers and booleans print plainly, null is nothing. */
export const printed = (value: unknown, written: string): string => {
  if (value === null) return ''
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new CallFault(`"${written}" is ${kindOf(value)} and has no text of its own: use {{json ${written}}}.`)
}

export const functions: Record<string, TemplateFunction> = {
  json: ([value, ...rest], options) => {
    needs('json', [value, ...rest], 1)
    return JSON.stringify(value, null, typeof options.indent === 'number' ? options.indent : 0)
  },
  join: ([list, separator = ',', ...rest], options) => {
    if (!Array.isArray(list)) throw new CallFault(`"join" wants a list, not ${kindOf(list)}.`)
    if (rest.length > 0) throw new CallFault('"join" wants a list and a separator.')
    const between = String(options.sep ?? separator)
    return list.map(item => textOf(item, 'join')).join(between)
  },
  lower: params => {
    needs('lower', params, 1)
    return textOf(params[0], 'lower').toLowerCase()
  },
  upper: params => {
    needs('upper', params, 1)
    return textOf(params[0], 'upper').toUpperCase()
  },
  default: params => {
    needs('default', params, 2)
    return params[0] ?? params[1]
  },
  eq: params => {
    needs('eq', params, 2)
    return same(params[0], params[1])
  },
  ne: params => {
    needs('ne', params, 2)
    return !same(params[0], params[1])
  },
}

export const functionNames = [...Object.keys(functions), 'lookup']
export const blockNames = ['each', 'if', 'unless', 'with']

/** Whether a value is false in a condition, as in Handlebars: an empty list is, an empty mapping is not. */
export const isEmpty = (value: unknown): boolean => !value || (Array.isArray(value) && value.length === 0)
