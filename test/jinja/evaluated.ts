import { ansibleDelimiters } from '../../src/jinja/delimiters.ts'
import { readTemplate, renderValue } from '../../src/jinja/template.ts'
import type { Dict, Value } from '../../src/jinja/value.ts'

/** What one expression is over variables, as the template that consists of it. */
export const evaluated = (expression: string, variables: Dict): Value =>
  renderValue(readTemplate(`{{ ${expression} }}`, ansibleDelimiters, {}), {
    variable: name => variables.get(name),
    names: () => variables.keys().map(String),
    template: () => undefined,
  })
