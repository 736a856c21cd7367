import type { Origin } from '../core/failure.ts'
import { SealedText } from '../core/vault-file.ts'
import { behindAlias, isMergeKey, type YamlValues } from '../jinja/filters/yaml-value.ts'
import { toPlain } from '../jinja/plain.ts'
import type { Value } from '../jinja/value.ts'
import { YamlFault } from '../yaml/cursor.ts'
import type { WrittenNode, YamlPair } from '../yaml/tree.ts'
import { type Doubt, doubtAbout, doubtAboutKey, isAmongNames } from './doubt.ts'
import { type Exact, keyMark, keyText, type Located } from './located.ts'

type Mapping = WrittenNode & { kind: 'mapping' }

const isMarkedUnsafe = (node: WrittenNode): boolean =>
  node.tag === '!unsafe' || (node.kind === 'scalar' && node.isUnsafe === true)

const childrenOf = (node: WrittenNode): WrittenNode[] => {
  if (node.kind === 'sequence') return node.items
  return node.kind === 'mapping' ? node.pairs.flatMap(({ key, value }) => [key, value]) : []
}

/** What is no template, with all in it. What an alias stands for is what it is where it is written. */
const unsafeBelow = (node: WrittenNode, isInside = false): WrittenNode[] => {
  const isUnsafe = isInside || isMarkedUnsafe(node)
  const below = childrenOf(node).flatMap(child => unsafeBelow(child, isUnsafe))
  return isUnsafe && node.kind !== 'alias' ? [node, ...below] : below
}
const OWN_SHAPE = [undefined, '!', '!unsafe', 'map', 'seq', 'python/dict'].map(tag =>
  tag === undefined || tag.startsWith('!') ? tag : `tag:yaml.org,2002:${tag}`,
)

const isSealed = (value: unknown): boolean => value instanceof SealedText

/** Whether plain data says of a scalar all that it is. */
const isToldPlainly = (value: Value): boolean => {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value))
  if (typeof value === 'number') return !Number.isInteger(value)
  return typeof value === 'string' || typeof value === 'boolean' || value === null || isSealed(value)
}

/** JavaScript puts such keys before all others, in the order of their numbers. */
const isMoved = (key: string): boolean => /^(?:0|[1-9]\d{0,9})$/.test(key)

/** A document as plain data, with the place of everything in it, and what plain data cannot tell. */
export class WrittenData {
  readonly #root: WrittenNode
  readonly #values: YamlValues
  readonly #file: string
  readonly #unsafe: ReadonlySet<WrittenNode>
  readonly #plain = new Map<WrittenNode, unknown>()
  readonly #members = new Map<WrittenNode, Map<string, YamlPair>>()
  readonly #isTold = new Map<WrittenNode, boolean>()
  #doubts: (Doubt & { node: WrittenNode })[] = []

  /** @throws YamlFault for a tag that is not known, and a value that is not what its tag says. */
  constructor(root: WrittenNode, values: YamlValues, file: string) {
    this.#root = root
    this.#values = values
    this.#file = file
    values.valueOf(root)
    this.#unsafe = new Set(unsafeBelow(root))
  }

  located(): Located {
    const value = this.#plainOf(this.#root)
    const exact = this.#isPlain(this.#root) ? {} : { exact: (pointer: string) => this.#exact(pointer) }
    this.#doubt(this.#root, [], false, new Set())
    const doubts = this.#doubts.length === 0 ? {} : { doubts: (pointer: string) => this.#doubtsBelow(pointer) }
    const at = (pointer: string): Origin => this.#at(pointer)
    return { value, origin: at(''), at, ...exact, ...doubts }
  }

  #originOf(node: WrittenNode): Origin {
    const origin = { file: this.#file, line: node.spot.line + 1, column: node.spot.column + 1 }
    return node.kind === 'scalar' ? { ...origin, length: node.length } : origin
  }

  #hasOwnShape(node: WrittenNode): boolean {
    return node.kind !== 'scalar' && OWN_SHAPE.includes(node.tag)
  }

  /** What is made of a node; behind an alias it is the same object. */
  #plainOf(node: WrittenNode): unknown {
    const there = behindAlias(node)
    if (!this.#hasOwnShape(there) || there.kind === 'scalar') return toPlain(this.#values.valueOf(there))
    if (this.#plain.has(there)) return this.#plain.get(there)
    const plain =
      there.kind === 'sequence'
        ? there.items.map(item => this.#plainOf(item))
        : Object.fromEntries([...this.#membersOf(there)].map(([key, { value }]) => [key, this.#plainOf(value)]))
    this.#plain.set(there, plain)
    return plain
  }

  /** The members by their keys as texts, in written order. */
  #membersOf(node: Mapping): Map<string, YamlPair> {
    const known = this.#members.get(node)
    if (known) return known
    const members = new Map<string, YamlPair>()
    for (const pair of this.#values.pairsOf(node)) {
      const key = keyText(this.#values.keyOf(pair.key))
      if (key === '__proto__') throw new YamlFault('a key cannot be named __proto__', pair.key.spot)
      members.set(key, pair)
    }
    this.#members.set(node, members)
    return members
  }

  #isPlain(node: WrittenNode): boolean {
    const there = behindAlias(node)
    if (this.#unsafe.has(there)) return false
    if (there.kind === 'scalar') return isToldPlainly(this.#values.valueOf(there))
    const known = this.#isTold.get(there)
    if (known !== undefined) return known
    const isTold =
      this.#hasOwnShape(there) &&
      (there.kind === 'sequence'
        ? there.items.every(item => this.#isPlain(item))
        : this.#values.pairsOf(there).every(({ key, value }) => this.#isPlainKey(key) && this.#isPlain(value)))
    this.#isTold.set(there, isTold)
    return isTold
  }

  #isPlainKey(node: WrittenNode): boolean {
    const key = this.#values.keyOf(node)
    return typeof key === 'string' && !isMoved(key)
  }

  #step(node: WrittenNode, name: string): YamlPair | undefined {
    const there = behindAlias(node)
    if (!this.#hasOwnShape(there)) return undefined
    if (there.kind === 'mapping') return this.#membersOf(there).get(name)
    const value = there.kind === 'sequence' && /^\d+$/.test(name) ? there.items[Number(name)] : undefined
    return value && { key: value, value }
  }

  /** The nodes from the root to what a pointer names, or to the last that there is on the way. */
  #way(pointer: string): { nodes: WrittenNode[]; key: WrittenNode | undefined; isWhole: boolean } {
    const names = pointer.split('/').slice(1)
    const nodes = [this.#root]
    let key: WrittenNode | undefined
    for (const name of names) {
      const pair = this.#step(nodes.at(-1)!, name.replaceAll('~1', '/').replaceAll('~0', '~'))
      if (pair === undefined) return { nodes, key, isWhole: false }
      nodes.push(pair.value)
      key = pair.key
    }
    return { nodes, key, isWhole: true }
  }

  #at(pointer: string): Origin {
    const isKey = pointer.endsWith(keyMark)
    const { nodes, key, isWhole } = this.#way(isKey ? pointer.slice(0, -keyMark.length) : pointer)
    return this.#originOf((isKey && isWhole && key) || nodes.at(-1)!)
  }

  #exact(pointer: string): Exact | undefined {
    const { nodes, isWhole } = this.#way(pointer)
    const node = nodes.at(-1)!
    if (!isWhole) return undefined
    if (this.#isPlain(node)) return undefined
    return { value: this.#values.valueOf(node), isTemplate: !this.#unsafe.has(behindAlias(node)) }
  }

  #doubt(node: WrittenNode, names: string[], isNamed: boolean, seen: Set<WrittenNode>): void {
    if (seen.has(node) || node.kind === 'alias') return
    seen.add(node)
    if (node.kind === 'scalar') {
      const text = node.tag === undefined && node.style === 'plain' && !node.isEmpty
      const doubt = text && doubtAbout(node.text, this.#values.valueOf(node), names.at(-1), isNamed)
      if (doubt) this.#note(node, doubt, names)
      return
    }
    if (node.kind === 'sequence') {
      const among = isAmongNames(node.items.map(item => (item.kind === 'scalar' ? item.text : undefined)))
      for (const item of node.items) this.#doubt(item, names, among, seen)
      return
    }
    const met = new Set<unknown>()
    for (const { key, value } of node.pairs) {
      this.#doubtKey(key, met, names)
      this.#doubt(value, [...names, key.kind === 'scalar' ? key.text : ''], false, seen)
    }
  }

  #doubtKey(key: WrittenNode, met: Set<unknown>, names: string[]): void {
    if (key.kind !== 'scalar' || isMergeKey(key)) return
    const value = this.#values.keyOf(key)
    const doubt = key.tag === undefined && key.style === 'plain' && doubtAboutKey(key.text, value)
    if (doubt) this.#note(key, doubt, names)
    const same = typeof value === 'bigint' || typeof value === 'boolean' ? Number(value) : value
    if (met.has(same) && !Number.isNaN(same))
      this.#note(key, `The key ${key.text} is written twice in one mapping; the last one counts.`, names)
    met.add(same)
  }

  #note(node: WrittenNode, text: string, names: string[]): void {
    this.#doubts.push({ text, names, origin: this.#originOf(node), node })
  }

  #doubtsBelow(pointer: string): Doubt[] {
    const { nodes, key, isWhole } = this.#way(pointer)
    if (!isWhole) return []
    const inside = new Set<WrittenNode>(key ? [key] : [])
    const enter = (node: WrittenNode): void => {
      if (inside.has(node)) return
      inside.add(node)
      const there = behindAlias(node)
      for (const one of there === node ? childrenOf(there) : [there]) enter(one)
    }
    enter(nodes.at(-1)!)
    return this.#doubts.filter(({ node }) => inside.has(node)).map(({ node: _, ...doubt }) => doubt)
  }
}
