import { YamlFault } from '../../yaml/cursor.ts'
import { yamlTrees } from '../../yaml/tree.ts'
import { type Value, ValueFault } from '../value.ts'
import { YamlValues } from './yaml-value.ts'

/** The documents of a text of YAML 1.1, as PyYAML reads them. Throws a ValueFault with the place in the text. */
export const valuesOfYaml = (text: string): Value[] => {
  try {
    return yamlTrees(text).map(root => new YamlValues().valueOf(root))
  } catch (error) {
    if (!(error instanceof YamlFault)) throw error
    const { line, column } = error.spot
    throw new ValueFault(`${error.message} in line ${line + 1}, column ${column + 1}`)
  }
}
