import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { noAnswers, templateAnswers } from '../../src/cli/app/template-answers.ts'
import { ansibleDelimiters, type Delimiters } from '../../src/jinja/delimiters.ts'
import { readTemplate, renderValue } from '../../src/jinja/template.ts'
import type { Dict, Value } from '../../src/jinja/value.ts'

/** The folder of a playbook, in which lookups look. */
const folder = join(import.meta.dirname, '../golden/playbook')

/** What a template stands for: where each of its places is. */
export const sourceIn = (file: string) => ({ text: '', place: (at: number) => ({ file, line: 1, column: at + 1 }) })

const other = (name: string) => {
  const path = join(folder, 'templates', name)
  return existsSync(path) ? templateAt(path).template : undefined
}

const templateAt = (path: string, how: Partial<Delimiters> = {}) => {
  const text = readFileSync(path, 'utf8')
  return { text, template: readTemplate(text, { ...ansibleDelimiters, ...how }, sourceIn(path)), other }
}

/** What one expression is over variables, as the template that consists of it. */
export const evaluated = (expression: string, variables: Dict): Value =>
  renderValue(readTemplate(`{{ ${expression} }}`, ansibleDelimiters, sourceIn('expression')), {
    variable: name => variables.get(name),
    names: () => variables.keys().map(String),
    template: other,
    templateAt,
    controller: () =>
      templateAnswers({
        answers: noAnswers(),
        asker: '',
        folders: [folder],
        programs: 'allowed',
        keepSecret: () => undefined,
      }),
  })
