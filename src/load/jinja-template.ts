import { attempt } from '../core/failure.ts'
import { isUnknown } from '../core/unknown.ts'
import { ansibleDelimiters } from '../jinja/delimiters.ts'
import { variableReads } from '../jinja/free-names.ts'
import { isWrittenAsTemplate } from '../jinja/overrides.ts'
import { str } from '../jinja/repr.ts'
import { renderValue, withNewlinesOf } from '../jinja/template.ts'
import { valueIn } from './scope-values.ts'
import type { Template } from './template.ts'
import { originOf, type Source, told } from './template-faults.ts'
import { askingIn, otherTemplates, readTemplateFile, type TemplateFile } from './template-file.ts'

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
  const template = readTemplateFile({ text, file }, ansibleDelimiters, 'read')
  const other = otherTemplates(find, template.how)
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
          ...askingIn(scope),
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
