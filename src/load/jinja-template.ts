import { attempt, type Origin, originBehind, refuse } from '../core/failure.ts'
import { isUnknown } from '../core/unknown.ts'
import { ansibleDelimiters, type Delimiters } from '../jinja/delimiters.ts'
import { variableReads } from '../jinja/free-names.ts'
import { normalized } from '../jinja/lexer.ts'
import { isWrittenAsTemplate, withoutHeader } from '../jinja/overrides.ts'
import { str } from '../jinja/repr.ts'
import { SyntaxFault } from '../jinja/syntax-fault.ts'
import { type JinjaTemplate, readTemplate, renderValue, withNewlinesOf } from '../jinja/template.ts'
import { type FaultPlace, Tripped, ValueFault } from '../jinja/value.ts'
import { didYouMean } from './suggest.ts'
import type { Template } from './template.ts'

/** A file of templates: its text, and its path for failures. */
export type TemplateFile = { text: string; file: string }

/** What the places of a template's failures are in: its path, and the text that offsets are counted in. */
type Source = { file: string; text: string; lines: number }

const originIn = ({ file, text, lines }: Source, at: number, length: number): Origin => {
  const { line, column } = originBehind(file, text.slice(0, at))
  return { file, line: line + lines, column, length: Math.max(1, length) }
}
const originOf = ({ source, at, length }: FaultPlace): Origin => originIn(source as Source, at, length)

/** Reads a file, and tells what cannot be read with its place. */
const read = ({ text, file }: TemplateFile, how: Delimiters, header: 'read' | 'printed'): JinjaTemplate => {
  const source: Source = { file, text, lines: 0 }
  try {
    const own = header === 'read' ? withoutHeader(text, how) : { text, how, skipped: 0 }
    Object.assign(source, { text: normalized(own.text, own.how), lines: own.skipped > 0 ? 1 : 0 })
    return readTemplate(own.text, own.how, source)
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error
    return refuse('playbook-template', error.message, {
      origin: originIn(source, error.at, error.length),
      fix: fixOf(error, source.text) || undefined,
    })
  }
}

const fixOf = ({ at, fix, near }: SyntaxFault, text: string): string | undefined => {
  if (near) return didYouMean(near.name, near.known)
  const isHandlebars = /\{\{[#/&>^!]$/.test(text.slice(0, at + 1))
  return isHandlebars ? 'Templates are Jinja; one in Handlebars has a name that ends in .hbs.' : fix
}

/** Runs a rendering; what goes wrong in it is a Refusal with the place in the file. */
const told = <T>(whole: Origin, run: () => T): T => {
  try {
    return run()
  } catch (error) {
    const fault = error instanceof Tripped ? error.marker.fault : error
    if (!(fault instanceof ValueFault)) throw error
    const { message, near, place } = fault
    return refuse('playbook-template', message, {
      origin: place ? originOf(place) : whole,
      fix: (near && didYouMean(near.name, near.known)) || undefined,
    })
  }
}

/** A text ends with as many newlines as its file; another value is as Python prints it. */
const finished = (value: ReturnType<typeof renderValue>, whole: string, how: Delimiters): string => {
  if (value === null) return ''
  if (typeof value !== 'string') return str(value)
  return withNewlinesOf(whole, value, how)
}

/** The other templates that one reaches for, each read once. */
const othersOf = (find: (name: string) => TemplateFile | undefined, how: Delimiters) => {
  const found = new Map<string, JinjaTemplate | undefined>()
  return (name: string): JinjaTemplate | undefined => {
    if (!found.has(name)) {
      const file = find(name)
      found.set(name, file && read(file, how, 'printed'))
    }
    return found.get(name)
  }
}

/**
 * Reads a template file in Jinja, as Ansible renders it. `find` looks for the templates that it includes, imports or
 * extends, by their name.
 *
 * Throws a Refusal `playbook-template` with line and column where it cannot be read, and where a filter or test does not exist.
 */
export const compileJinja = (
  { text, file }: TemplateFile,
  find: (name: string) => TemplateFile | undefined,
): Template => {
  const whole: Origin = { file, line: 1, column: 1 }
  if (!isWrittenAsTemplate(text, ansibleDelimiters)) return { references: [], render: () => text }
  const template = read({ text, file }, ansibleDelimiters, 'read')
  const other = othersOf(find, template.how)
  // A template that cannot be read is told when it is rendered: perhaps it never is.
  const readable = (name: string) => attempt(() => other(name)).value
  const references = variableReads(template, readable).map(({ place, ...read }) => ({
    ...read,
    origin: originOf(place),
  }))
  return {
    references,
    render: scope => {
      const value = told(whole, () =>
        renderValue(template, {
          variable: name => (name in scope ? variableOf(scope, name) : undefined),
          names: () => Object.keys(scope),
          template: other,
        }),
      )
      if (isUnknown(value)) throw value
      return told(whole, () => finished(value, text, template.how))
    },
  }
}

/** A variable, or what it waits for. */
const variableOf = (scope: Record<string, unknown>, name: string): unknown => {
  try {
    return scope[name] ?? null
  } catch (error) {
    if (isUnknown(error)) return error
    throw error
  }
}
