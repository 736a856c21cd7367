import { type Origin, Refusal } from '../core/failure.ts'
import { didYouMean } from '../core/suggest.ts'
import { isRecord } from '../core/value.ts'
import { draftGroup, draftGroupVars, draftHosts, type InventoryDraft, type Vars } from './inventory-draft.ts'
import { keyOrigin, type Located, locatedAt } from './located.ts'
import { parseYaml } from './yaml.ts'
import { collect, kindOf, mapping, type Problems } from './yaml-fields.ts'

const words = ['hosts', 'vars', 'children']

const placeOf = ({ file, line }: Origin): string => `${file}:${line}`

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

/** Variables as they are written. Nothing, in any of its forms, is none. */
const varsOf = (at: Located, what: string, problems: Problems): Vars => {
  const { value } = at
  if (!value || (Array.isArray(value) && value.length === 0)) return {}
  return Object.fromEntries(mapping(at, what, problems, 'inventory-shape'))
}

class Reader {
  readonly #draft: InventoryDraft
  readonly #problems: Problems
  constructor(draft: InventoryDraft, problems: Problems) {
    this.#draft = draft
    this.#problems = problems
  }

  /** What is passed over is said: it may be a slip of the pen. */
  #passOver(what: string, origin: Origin, fix = ''): void {
    this.#draft.warnings.add(`${what} (${placeOf(origin)}): it is passed over${fix && `. ${fix}`}`)
  }

  #hosts(name: string, part: Located): void {
    const group = this.#draft.groups.get(name)!
    for (const [host, vars] of named(part, `"hosts" of the group "${name}"`, this.#problems)) {
      const read = varsOf(vars, `The variables of "${host}"`, this.#problems)
      collect(this.#problems, () => draftHosts(this.#draft, group, host, keyOrigin(part, host), read))
    }
  }

  #children(name: string, part: Located): void {
    for (const [child, inner] of named(part, `"children" of the group "${name}"`, this.#problems))
      if (this.group(child, inner)) this.#draft.groups.get(name)!.children.add(child)
  }

  #vars(name: string, part: Located): void {
    const group = this.#draft.groups.get(name)!
    if (typeof part.value === 'string')
      draftGroupVars(this.#draft, group, { [part.value]: locatedAt(null, part.origin) })
    else {
      const vars = varsOf(part, `"vars" of the group "${name}"`, this.#problems)
      collect(this.#problems, () => draftGroupVars(this.#draft, group, vars))
    }
  }

  /** Whether it is one. */
  group(name: string, at: Located): boolean {
    if (at.value !== null && !isRecord(at.value)) {
      this.#passOver(`"${name}" is ${kindOf(at.value)} and no group`, at.origin)
      return false
    }
    draftGroup(this.#draft, name, at.origin)
    for (const [word, part] of mapping(at, `The group "${name}"`, this.#problems, 'inventory-shape')) {
      if (word === 'vars') this.#vars(name, part)
      else if (word === 'hosts') this.#hosts(name, part)
      else if (word === 'children') this.#children(name, part)
      else {
        const fix = didYouMean(word, words) || 'A group has hosts, vars and children.'
        this.#passOver(`a group has no "${word}"`, keyOrigin(at, word), fix)
      }
    }
    return true
  }
}

/**
 * A YAML (or JSON) inventory, or a file that says which plugin makes one.
 *
 * Throws a Refusal `inventory-yaml` or `inventory-shape` for what is no mapping.
 */
export const parseYamlInventory = (text: string, file: string): Located => {
  const document = parseYaml(text, file, 'inventory-yaml')
  if (isRecord(document.value)) return document
  throw new Refusal({
    reason: 'inventory-shape',
    what: `An inventory must be a mapping of groups, not ${kindOf(document.value)}.`,
    fix: 'Begin with "all:".',
    origin: document.origin,
  })
}

/**
 * Reads a YAML inventory into the draft: groups with hosts, vars and children, as Ansible's yaml plugin. What stands where
 * nothing can is passed over with a warning, as there.
 *
 * Throws a Refusal with every problem found: `inventory-shape`, `inventory-variable`.
 */
export const readYamlInventory = (draft: InventoryDraft, document: Located): void => {
  const problems: Problems = []
  const reader = new Reader(draft, problems)
  for (const [name, group] of mapping(document, 'An inventory', problems)) reader.group(name, group)
  if (problems.length > 0) throw new Refusal(...problems)
}
