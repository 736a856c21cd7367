import { type Callable, callable } from '../callable.ts'
import { Iterable } from '../iterate.ts'
import { compare } from '../order.ts'
import { floatText, momentText } from '../repr.ts'
import { truth } from '../truth.ts'
import { Dict, Moment, typeName, usable, type Value, ValueFault } from '../value.ts'
import { textOnly, wholeNumber } from './argument.ts'
import { dumpedJson, valueOfJson } from './json-text.ts'
import { valuesOfYaml } from './yaml-reader.ts'
import { meansMore, scalarOf } from './yaml-scalar.ts'
import { type YamlNode, YamlWriter } from './yaml-writer.ts'

const optional = <T>(value: Value | undefined, read: (value: Value) => T): T | undefined =>
  value === undefined || value === null ? undefined : read(value)

const levelText = (indent: Value): string => (typeof indent === 'string' ? indent : ' '.repeat(wholeNumber(indent)))

/** Options of Python's functions that nobody here has a use for are named, not passed over. */
const refuseOthers = (named: Dict, known: string[]): void => {
  const stray = named.keys().find(key => !known.includes(key as string))
  if (stray !== undefined)
    throw new ValueFault(`The option "${stray}" is not understood. Known are ${known.join(', ')}.`)
}

const JSON_OPTIONS = ['indent', 'sort_keys', 'ensure_ascii', 'separators', 'vault_to_text', 'preprocess_unsafe']

const toJson = (value: Value, named: Dict): Value => {
  refuseOthers(named, JSON_OPTIONS)
  const indent = optional(named.get('indent'), levelText)
  const separators = optional(named.get('separators'), usable)
  const [between, behindKey] = Array.isArray(separators)
    ? separators.map(textOnly)
    : [indent === undefined ? ', ' : ',', ': ']
  return dumpedJson(value, {
    ...(indent === undefined ? {} : { indent }),
    sortsKeys: truth(named.get('sort_keys') ?? false),
    isAscii: truth(named.get('ensure_ascii') ?? true),
    between: between!,
    behindKey: behindKey!,
  })
}

const toNiceJson = (value: Value, indent: Value = 4n, sortKeys: Value = true, named: Dict): Value =>
  toJson(
    value,
    new Dict([...named.entries().filter(([key]) => key !== 'separators'), ['indent', indent], ['sort_keys', sortKeys]]),
  )

/** Safe inside of a page of HTML. */
const tojson = (value: Value, indent: Value = null): Value => {
  if (value instanceof Iterable) throw new ValueFault(`Object of type ${typeName(value)} is not JSON serializable`)
  return textOnly(
    toJson(
      value,
      new Dict([
        ['indent', indent],
        ['sort_keys', true],
      ]),
    ),
  ).replace(/[<>&']/g, char => `\\u00${char.charCodeAt(0).toString(16)}`)
}

const fromJson = (value: Value, named: Dict): Value => {
  refuseOthers(named, [])
  const there = usable(value)
  if (typeof there === 'string') return valueOfJson(there)
  throw new ValueFault(`the JSON object must be str, bytes or bytearray, not ${typeName(there)}`)
}

/** A float has a point in YAML, or it would be read as a text. */
const yamlFloat = (value: number): string => {
  if (Number.isNaN(value)) return '.nan'
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf'
  const found = floatText(value)
  return found.includes('.') ? found : found.replace('e', '.0e')
}

type YamlChoice = { flow: boolean | undefined; sortsKeys: boolean }

const plainNode = (text: string): YamlNode => ({ kind: 'scalar', scalar: scalarOf(text), isPlain: true })

/** Without a choice, what holds only words is written in one line. */
const isOneLine = (members: YamlNode[], { flow }: YamlChoice): boolean =>
  flow ?? members.every(one => one.kind === 'scalar')

const yamlNode = (value: Value, choice: YamlChoice): YamlNode => {
  const there = usable(value)
  if (there === null) return plainNode('null')
  if (typeof there === 'string') return { kind: 'scalar', scalar: scalarOf(there), isPlain: !meansMore(there) }
  if (typeof there === 'number') return plainNode(yamlFloat(there))
  if (typeof there === 'bigint' || typeof there === 'boolean') return plainNode(String(there))
  if (there instanceof Moment) return plainNode(momentText(there))
  if (Array.isArray(there)) {
    const items = there.map(one => yamlNode(one, choice))
    return { kind: 'sequence', items, isFlow: isOneLine(items, choice) }
  }
  if (!(there instanceof Dict)) throw new ValueFault(`cannot represent an object of type ${typeName(there)}`)
  const entries = choice.sortsKeys ? inOrder(there.entries()) : there.entries()
  const pairs = entries.map(([key, one]): [YamlNode, YamlNode] => [yamlNode(key, choice), yamlNode(one, choice)])
  return { kind: 'mapping', pairs, isFlow: isOneLine(pairs.flat(), choice) }
}

/** Keys that Python cannot order stay as they are. */
const inOrder = (entries: [Value, Value][]): [Value, Value][] => {
  try {
    return [...entries].sort(([a], [b]) => compare(a, b))
  } catch (error) {
    if (error instanceof ValueFault) return entries
    throw error
  }
}

const YAML_OPTIONS = [
  'indent',
  'width',
  'sort_keys',
  'explicit_start',
  'explicit_end',
  'allow_unicode',
  'default_flow_style',
  'line_break',
  'encoding',
]

/** A value as YAML, by the options of Python's `yaml.dump`. */
export const yamlText = (value: Value, named: Dict): string => {
  refuseOthers(named, YAML_OPTIONS)
  const choice = {
    flow: optional(named.get('default_flow_style'), truth),
    sortsKeys: truth(named.get('sort_keys') ?? true),
  }
  return new YamlWriter({
    indent: optional(named.get('indent'), wholeNumber) ?? 2,
    width: optional(named.get('width'), one => (typeof one === 'number' ? one : wholeNumber(one))) ?? 80,
    beginsWithMark: truth(named.get('explicit_start') ?? false),
    endsWithMark: truth(named.get('explicit_end') ?? false),
  }).document(yamlNode(value, choice))
}

const toNiceYaml = (value: Value, indent: Value = 4n, named: Dict): Value =>
  yamlText(value, new Dict([['default_flow_style', false], ...named, ['indent', indent]]))

/** Only a text is read: anything else is a value already. */
const fromYaml = (value: Value): Value => {
  const there = usable(value)
  if (typeof there !== 'string') return there
  const [first = null, ...others] = valuesOfYaml(there)
  if (others.length > 0) throw new ValueFault('expected a single document in the stream')
  return first
}

const fromYamlAll = (value: Value): Value => {
  const there = usable(value)
  if (there === null) return []
  return typeof there === 'string' ? valuesOfYaml(there) : there
}

/** Filters that write values as JSON and YAML, and read them. */
export const documentFilters: Record<string, Callable> = {
  to_json: callable(['a', '**'], toJson),
  to_nice_json: callable(['a', 'indent?', 'sort_keys?', '**'], toNiceJson),
  tojson: callable(['value', 'indent?'], tojson),
  from_json: callable(['a', '**'], fromJson),
  from_yaml: callable(['data'], fromYaml),
  from_yaml_all: callable(['data'], fromYamlAll),
  to_yaml: callable(['a', '**'], yamlText),
  to_nice_yaml: callable(['a', 'indent?', '**'], toNiceYaml),
}
