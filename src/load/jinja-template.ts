import { attempt, type Origin, originBehind } from '../core/failure.ts'
import { isUnknown } from '../core/unknown.ts'
import { ansibleDelimiters, type Delimiters } from '../jinja/delimiters.ts'
import { variableReads } from '../jinja/free-names.ts'
import { normalized } from '../jinja/lexer.ts'
import { isWrittenAsTemplate, withoutHeader } from '../jinja/overrides.ts'
import { str } from '../jinja/repr.ts'
import { type JinjaTemplate, readTemplate, renderValue, withNewlinesOf } from '../jinja/template.ts'
import { valueIn } from './scope-values.ts'
import type { Template } from './template.ts'
import { originOf, readable, type Source, told } from './template-faults.ts'

/** A file of templates: its text, and its path for failures. */
export type TemplateFile = { text: string; file: string }

/** Reads a file, and tells what cannot be read with its place. */
const read = ({ text, file }: TemplateFile, how: Delimiters, header: 'read' | 'printed'): JinjaTemplate => {
  const source = { text, lines: 0, place: (at: number, length: number) => placeOf(at, length) }
  const placeOf = (at: number, length: number): Origin => {
    const { line, column } = originBehind(file, source.text.slice(0, at))
    return { file, line: line + source.lines, column, length: Math.max(1, length) }
  }
  return readable(source, 'playbook-template', () => {
    const own = header === 'read' ? withoutHeader(text, how) : { text, how, skipped: 0 }
    Object.assign(source, { text: normalized(own.text, own.how), lines: own.skipped > 0 ? 1 : 0 })
    return readTemplate(own.text, own.how, source)
  })
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
  if (!isWrittenAsTemplate(text, ansibleDelimiters)) return { references: [], render: () => text }
  const template = read({ text, file }, ansibleDelimiters, 'read')
  const other = othersOf(find, template.how)
  // A template that cannot be read is told when it is rendered: perhaps it never is.
  const attempted = (name: string) => attempt(() => other(name)).value
  const references = variableReads(template, attempted).map(({ place, ...read }) => ({
    ...read,
    origin: originOf(place),
  }))
  const whole: Source = { text: '', place: () => ({ file, line: 1, column: 1 }) }
  return {
    references,
    render: scope =>
      told(whole, 'playbook-template', () => {
        const value = renderValue(template, {
          variable: name => valueIn(scope, name),
          names: () => Object.keys(scope),
          template: other,
        })
        if (isUnknown(value)) throw value
        // A text ends as its file does; another value is as Python prints it.
        if (typeof value === 'string') return withNewlinesOf(text, value, template.how)
        return value === null ? '' : str(value)
      }),
  }
}
