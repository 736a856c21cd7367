import { Refusal } from '../core/failure.ts'
import { isRecord } from '../core/value.ts'
import { draftGroup, draftHosts, type InventoryDraft } from './inventory-draft.ts'
import { keyOrigin, type Located, locatedAt } from './located.ts'
import { didYouMean } from './suggest.ts'
import { parseYaml } from './yaml.ts'
import { kindOf, mapping, type Problems, variables } from './yaml-fields.ts'

const words = ['hosts', 'vars', 'children']

/** Names with what belongs to them: a mapping, or plain text for one name with nothing. */
const named = (at: Located, what: string, problems: Problems): Map<string, Located> => {
  if (typeof at.value === 'string') return new Map([[at.value, locatedAt(null, at.origin)]])
  if (Array.isArray(at.value)) {
    const fix = 'Write each name as a key: "node0:".'
    problems.push({ reason: 'inventory-shape', what: `${what} must be a mapping, not a list.`, fix, origin: at.origin })
    return new Map()
  }
  return mapping(at, what, problems, 'inventory-shape')
}

const readGroup = (draft: InventoryDraft, name: string, at: Located, problems: Problems): void => {
  const group = draftGroup(draft, name, at.origin)
  for (const [word, part] of mapping(at, `The group "${name}"`, problems, 'inventory-shape')) {
    const what = `"${word}" of the group "${name}"`
    if (word === 'vars') group.vars = { ...group.vars, ...variables(part, what, problems, 'inventory-shape') }
    else if (word === 'hosts') {
      for (const [host, vars] of named(part, what, problems)) {
        const read = variables(vars, `The variables of "${host}"`, problems, 'inventory-shape')
        draftHosts(draft, group, host, keyOrigin(part, host), read)
      }
    } else if (word === 'children') {
      for (const [child, inner] of named(part, what, problems)) {
        group.children.add(child)
        readGroup(draft, child, inner, problems)
      }
    } else {
      const fix = didYouMean(word, words) || 'A group has hosts, vars and children.'
      const origin = keyOrigin(at, word)
      problems.push({ reason: 'inventory-shape', what: `A group has no "${word}".`, fix, origin })
    }
  }
}

/**
 * Reads a YAML (or JSON) inventory into the draft: groups with hosts, vars and children, as Ansible's yaml plugin.
 *
 * Throws a Refusal with every problem found: `inventory-yaml`, `inventory-shape`, `inventory-variable`.
 */
export const readYamlInventory = (draft: InventoryDraft, text: string, file: string): void => {
  const document = parseYaml(text, file, 'inventory-yaml')
  const problems: Problems = []
  const wrongShape = (what: string, fix?: string): never => {
    throw new Refusal({ reason: 'inventory-shape', what, fix, origin: document.origin })
  }
  if (!isRecord(document.value)) {
    wrongShape(`An inventory must be a mapping of groups, not ${kindOf(document.value)}.`, 'Begin with "all:".')
  }
  const groups = mapping(document, 'An inventory', problems)
  if (groups.has('plugin')) wrongShape('Inventory plugins are not supported.')
  for (const [name, group] of groups) readGroup(draft, name, group, problems)
  if (problems.length > 0) throw new Refusal(...problems)
}
