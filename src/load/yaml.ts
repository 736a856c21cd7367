import { type Origin, type Reason, refuse } from '../core/failure.ts'
import { SealedText } from '../core/vault-file.ts'
import { type OpenVault, YamlValues } from '../jinja/filters/yaml-value.ts'
import { YamlFault } from '../yaml/cursor.ts'
import { jsonTree } from '../yaml/json-tree.ts'
import { type WrittenNode, yamlTrees } from '../yaml/tree.ts'
import type { Located } from './located.ts'
import { WrittenData } from './written-data.ts'

const maxBytes = 2 * 1024 * 1024

const hintFor = (text: string, { message, fix }: YamlFault): string | undefined =>
  text.includes('{{') && /list|mapping|key|value was expected/.test(message)
    ? 'Put quotes around an expression: "{{ name }}".'
    : fix

/** Runs a reader; what it finds wrong is refused with its place in the file. */
const inFile = <T>(text: string, file: string, reason: Reason, read: () => T): T => {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof YamlFault)) throw error
    const { line, column } = error.spot
    return refuse(reason, `This is not valid YAML: ${error.message}.`, {
      origin: { file, line: line + 1, column: column + 1 },
      fix: hintFor(text, error),
    })
  }
}

const rootOf = (text: string): WrittenNode | undefined => {
  const json = jsonTree(text)
  if (json) return json
  const [root, more] = yamlTrees(text)
  if (more) throw new YamlFault('the file holds several YAML documents, one is wanted', more.spot)
  return root
}

/**
 * Reads one document as Ansible's loader does: JSON where it is that, else YAML 1.1 as PyYAML resolves it. Nothing at all is
 * null. Of two keys of one mapping the last counts. What is tagged `!vault` is opened when it is
 * read, and no earlier.
 *
 * Throws a Refusal with `reason` and the place: what is no YAML, several documents, a key `__proto__`, a tag that is not
 * known, more than 2 MB, nesting over 64 levels, and aliases that unfold into too many values.
 */
export const readYaml = (text: string, file: string, reason: Reason = 'playbook-yaml'): Located => {
  const origin: Origin = { file, line: 1, column: 1 }
  if (Buffer.byteLength(text) > maxBytes) refuse(reason, 'The file is larger than 2 MB.', { origin })
  return inFile(text, file, reason, () => {
    const root = rootOf(text)
    if (root === undefined) return { value: null, origin, at: () => origin }
    const openVault: OpenVault = (secret, { line, column }) =>
      new SealedText(secret, { file, line: line + 1, column: column + 1 })
    return new WrittenData(root, new YamlValues(openVault), file).located()
  })
}

const isBlank = (text: string): boolean => /^(?:\s|---(?=\s|$)|\.\.\.(?=\s|$)|#.*)*$/.test(text)

/** The same for a file that has to hold something. Throws a Refusal for an empty one, too. */
export const parseYaml = (text: string, file: string, reason: Reason = 'playbook-yaml'): Located => {
  const located = readYaml(text, file, reason)
  if (located.value === null && isBlank(text))
    refuse(reason, 'The file is empty.', { origin: { file, line: 1, column: 1 } })
  return located
}
