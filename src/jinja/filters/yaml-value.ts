import { SealedText } from '../../core/vault-file.ts'
import { YamlFault, type YamlSpot } from '../../yaml/cursor.ts'
import type { WrittenNode, YamlPair } from '../../yaml/tree.ts'
import { Dict, tupleOf, type Value, ValueFault } from '../value.ts'
import { booleanOf, floatOf, integerOf, momentOf, wordValue } from './yaml-word.ts'

/** An alias stands for all that it names: what a document unfolds into is bounded. */
const MOST_VALUES = 200_000
const STANDARD = 'tag:yaml.org,2002:'

type Scalar = WrittenNode & { kind: 'scalar' }
type Written = Exclude<WrittenNode, { kind: 'alias' }>

const isScalar = (node: WrittenNode): node is Scalar => node.kind === 'scalar'

/** What an alias stands for; anything else is itself. */
export const behindAlias = (node: WrittenNode): Written => (node.kind === 'alias' ? behindAlias(node.target) : node)

const inPlace = <T>(spot: YamlSpot, make: () => T): T => {
  try {
    return make()
  } catch (error) {
    if (error instanceof ValueFault) throw new YamlFault(error.message, spot, 'Put quotes around it if text is meant.')
    throw error
  }
}

/**
 * What a text is that resolves like a word without quotes though it has some, or is a block: one break at its end does not
 * count, but for `yes` and its kind.
 */
const quotedWord = (text: string): Value | undefined => {
  if (!text.endsWith('\n') || text === '\n') return wordValue(text)
  const value = wordValue(text.slice(0, -1))
  if (typeof value === 'boolean') throw new ValueFault(`${JSON.stringify(text)} is neither true nor false`)
  return typeof value === 'string' ? text : value
}

/** What a scalar is without a tag of its own. */
const implicitValue = (node: Scalar): Value => {
  const isText = node.tag === undefined ? node.style !== 'plain' : node.tag === '!' && node.isEmpty
  if (isText) return node.text
  const value = inPlace(node.spot, () => (node.style === 'plain' ? wordValue(node.text) : quotedWord(node.text)))
  if (value === undefined)
    throw new YamlFault(`"${node.text.trim()}" means nothing by itself`, node.spot, 'Put quotes around it.')
  return value
}

/** Whether a key stands for the members of another mapping. */
export const isMergeKey = (node: WrittenNode): boolean => {
  const key = behindAlias(node)
  if (key.tag === `${STANDARD}merge`) return true
  if (!isScalar(key) || (key.tag !== undefined && key.tag !== '!')) return false
  return key.text === '<<' && (key.style === 'plain' || key.tag === '!')
}

const isDefaultKey = (node: WrittenNode): boolean => isScalar(node) && node.text === '=' && node.style === 'plain'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Base64 as Python reads it: signs that do not belong to it are passed over. */
const binaryOf = (written: string): string => {
  const digits = written.replace(/[^A-Za-z\d+/=]/g, '')
  const body = digits.replace(/=+$/, '')
  if (/[^\x00-\x7f]/.test(written) || body.length % 4 === 1 || (body.length % 4 > 0 && digits.length % 4 > 0))
    throw new ValueFault('this is no base64')
  try {
    return utf8.decode(Buffer.from(body, 'base64'))
  } catch {
    throw new ValueFault('these bytes are no text')
  }
}

const OF_TEXT: Record<string, (text: string) => Value> = {
  str: text => text,
  'python/unicode': text => text,
  int: integerOf,
  float: floatOf,
  bool: booleanOf,
  null: () => null,
  timestamp: momentOf,
  binary: binaryOf,
}

/** What is made of a value that a vault keeps. */
export type OpenVault = (ciphertext: string, spot: YamlSpot) => Value | SealedText

const isSealed = (value: unknown): boolean => value instanceof SealedText

/** Makes values of documents, as Ansible's loader does. What an alias stands for is made once. */
export class YamlValues {
  readonly #made = new Map<WrittenNode, Value>()
  readonly #pairs = new Map<WrittenNode, YamlPair[]>()
  readonly #sizes = new Map<WrittenNode, number>()
  readonly #openVault: OpenVault | undefined

  /** With something that opens what is tagged `!vault` the other tags of Ansible mean something, too. */
  constructor(openVault?: OpenVault) {
    this.#openVault = openVault
  }

  /** Throws a YamlFault for a tag that is not known, and a value that is not what its tag says. */
  valueOf(node: WrittenNode): Value {
    const there = behindAlias(node)
    if (this.#sizeOf(there) > MOST_VALUES) throw new YamlFault('the aliases unfold into too many values', there.spot)
    const known = this.#made.get(there)
    if (known !== undefined) return known
    const value = this.#make(there)
    this.#made.set(there, value)
    return value
  }

  /** The members of a mapping, those first that its merge keys bring; of two of one key the last counts. */
  pairsOf(node: WrittenNode & { kind: 'mapping' }): YamlPair[] {
    const known = this.#pairs.get(node)
    if (known) return known
    const own = node.pairs.filter(({ key }) => !isMergeKey(key))
    const merged = node.pairs.length === own.length ? [] : node.pairs.filter(one => !own.includes(one))
    const pairs = [...merged.flatMap(({ value }) => this.#mergedPairs(value)), ...own]
    if (pairs.length > MOST_VALUES) throw new YamlFault('the merge keys unfold into too many values', node.spot)
    this.#pairs.set(node, pairs)
    return pairs
  }

  #mergedPairs(node: WrittenNode): YamlPair[] {
    const there = behindAlias(node)
    if (there.kind === 'mapping') return this.pairsOf(there)
    const noMapping = (spot: YamlSpot): never => {
      throw new YamlFault('what is merged is no mapping', spot, 'Name a mapping, or a list of mappings, behind <<.')
    }
    if (there.kind !== 'sequence') return noMapping(there.spot)
    return there.items.toReversed().flatMap(item => {
      const one = behindAlias(item)
      return one.kind === 'mapping' ? this.pairsOf(one) : noMapping(one.spot)
    })
  }

  #sizeOf(node: WrittenNode): number {
    const there = behindAlias(node)
    if (there.kind === 'scalar') return 1
    const known = this.#sizes.get(there)
    if (known !== undefined) return known
    const inside = there.kind === 'sequence' ? there.items : there.pairs.flatMap(({ key, value }) => [key, value])
    const size = inside.reduce((sum, one) => sum + this.#sizeOf(one), 1)
    this.#sizes.set(there, size)
    return size
  }

  #make(node: Written): Value {
    const { tag } = node
    if (tag === undefined || tag === '!') return this.#untagged(node)
    if (this.#openVault && tag === '!unsafe') return this.#untagged(node)
    if (this.#openVault && (tag === '!vault' || tag === '!vault-encrypted')) return this.#vaulted(node, this.#openVault)
    const name = tag.startsWith(STANDARD) ? tag.slice(STANDARD.length) : ''
    if (Object.hasOwn(OF_TEXT, name)) return inPlace(node.spot, () => OF_TEXT[name]!(this.#textOf(node)))
    if (name === 'map' || name === 'python/dict') return this.#dictOf(node)
    if (name === 'seq') return this.#listOf(node)
    if (name === 'set') return this.#dictOf(node).keys()
    if (name === 'omap' || name === 'pairs') return this.#pairList(node)
    throw new YamlFault(
      `could not determine a constructor for the tag '${tag}'`,
      node.tagSpot ?? node.spot,
      'Put quotes around the value if the exclamation mark belongs to it.',
    )
  }

  #untagged(node: Written): Value {
    if (node.kind === 'mapping') return this.#dictOf(node)
    return node.kind === 'sequence' ? this.#listOf(node) : implicitValue(node)
  }

  #vaulted(node: Written, open: OpenVault): Value {
    const text = this.#untagged(node)
    if (typeof text !== 'string') throw new YamlFault('the tag !vault wants a text', node.spot)
    // It is a text for whoever reads it; until then nobody looks into it.
    return open(text, node.spot) as Value
  }

  /** A mapping stands for the text that is under its key `=`. */
  #textOf(node: WrittenNode): string {
    const there = behindAlias(node)
    if (there.kind === 'scalar') return there.text
    const standsFor = there.kind === 'mapping' ? there.pairs.find(({ key }) => isDefaultKey(key)) : undefined
    if (standsFor) return this.#textOf(standsFor.value)
    throw new YamlFault('the tag wants a text', there.spot)
  }

  #listOf(node: WrittenNode): Value[] {
    if (node.kind !== 'sequence') throw new YamlFault('the tag wants a list', node.spot)
    return node.items.map(item => this.valueOf(item))
  }

  #dictOf(node: WrittenNode): Dict {
    if (node.kind !== 'mapping') throw new YamlFault('the tag wants a mapping', node.spot)
    const dict = new Dict()
    for (const { key, value } of this.pairsOf(node)) dict.set(this.keyOf(key), this.valueOf(value))
    return dict
  }

  /** A key of a mapping: any scalar. */
  keyOf(node: WrittenNode): Value {
    const key = behindAlias(node)
    if (isDefaultKey(key)) return '='
    const value = this.valueOf(key)
    if (Array.isArray(value) || value instanceof Dict || isSealed(value))
      throw new YamlFault('a key must be plain text', node.spot, 'Put quotes around an expression: "{{ name }}".')
    return value
  }

  #pairList(node: WrittenNode): Value[] {
    const noPair = (spot: YamlSpot): never => {
      throw new YamlFault('the tag wants a list of mappings of one member', spot)
    }
    if (node.kind !== 'sequence') return noPair(node.spot)
    return node.items.map(item => {
      const there = behindAlias(item)
      const [only, more] = there.kind === 'mapping' ? there.pairs : []
      return only && !more ? tupleOf([this.valueOf(only.key), this.valueOf(only.value)]) : noPair(there.spot)
    })
  }
}
