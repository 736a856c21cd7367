import { YamlFault, type YamlSpot } from './cursor.ts'
import { type ScalarStyle, Scanner, type YamlToken } from './scanner.ts'
import type { Tag } from './tag.ts'

/**
 * A value as it is written. `spot` is where it begins, behind its tag, its anchor and its quotes. `tag` is written in full
 * (`tag:yaml.org,2002:str`, `!vault`), or `!` where it stands alone; `tagSpot` is where.
 */
export type WrittenNode = { spot: YamlSpot; tag?: string | undefined; tagSpot?: YamlSpot | undefined } & (
  | { kind: 'scalar'; text: string; style: ScalarStyle; length: number; isEmpty?: true; isUnsafe?: true }
  | { kind: 'sequence'; items: WrittenNode[] }
  | { kind: 'mapping'; pairs: YamlPair[] }
  | { kind: 'alias'; target: WrittenNode }
)
export type YamlPair = { key: WrittenNode; value: WrittenNode }

/** Deeper is nothing that a person has written, and would take the stack of those who walk through it. */
export const DEEPEST_YAML = 64

const HANDLES: Readonly<Record<string, string>> = { '!': '!', '!!': 'tag:yaml.org,2002:' }
/** Characters that YAML 1.1 does not take, not even in quotes. */
const UNPRINTABLE = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u

type Props = { tag?: string; tagSpot?: YamlSpot; anchor?: string }

/** What is missing, and where, when a token is none of those that may come. */
const WHILE: Record<'block sequence' | 'block mapping' | '[' | '{', [what: string, fix: string]> = {
  'block sequence': ['here a "-" of the list was expected', 'Check that all "-" of one list stand in one column.'],
  'block mapping': [
    'here the next key of the mapping was expected',
    'Quote a value that holds ": ", and check that members of one mapping begin in one column.',
  ],
  '[': ['here a "," or "]" of the list was expected', 'Close every [ with ].'],
  '{': ['here a "," or "}" of the mapping was expected', 'Close every { with } and every [ with ].'],
}

class TreeReader {
  readonly #scanner: Scanner
  #handles = HANDLES
  #anchors = new Map<string, WrittenNode | 'open'>()
  #depth = 0

  constructor(text: string) {
    this.#scanner = new Scanner(text)
  }

  documents(): WrittenNode[] {
    const found: WrittenNode[] = []
    for (let isFirst = true; ; isFirst = false) {
      if (!isFirst) while (this.#is('document end')) this.#scanner.take()
      if (this.#is('end')) return found
      found.push(this.#document(isFirst))
    }
  }

  #is(...kinds: YamlToken['kind'][]): boolean {
    return kinds.includes(this.#scanner.peek().kind)
  }

  #document(isFirst: boolean): WrittenNode {
    this.#anchors = new Map()
    this.#handles = HANDLES
    const isBare = isFirst && !this.#is('directive', 'document')
    if (!isBare) this.#beginning()
    const isBlank = !isBare && this.#is('directive', 'document', 'document end', 'end')
    const root = isBlank ? this.#empty(this.#scanner.peek().spot) : this.#node(true, false)
    if (this.#is('document end')) this.#scanner.take()
    return root
  }

  #beginning(): void {
    let isVersioned = false
    const own = new Map<string, string>()
    while (this.#is('directive')) {
      const token = this.#scanner.take() as YamlToken & { kind: 'directive' }
      const { directive, spot } = token
      if ('version' in directive) {
        if (isVersioned) throw new YamlFault('a document has two versions of YAML', spot)
        if (!/^0*1\.0*[12]$/.test(directive.version))
          throw new YamlFault(`YAML ${directive.version} is not known here`, spot, 'Write %YAML 1.1.')
        isVersioned = true
      } else if (own.has(directive.handle)) throw new YamlFault(`"%TAG ${directive.handle}" is written twice`, spot)
      else own.set(directive.handle, directive.prefix)
    }
    this.#handles = { ...HANDLES, ...Object.fromEntries(own) }
    const next = this.#scanner.peek()
    if (next.kind !== 'document')
      throw new YamlFault(
        'here the file should end, or a document begin with "---"',
        next.spot,
        'Check how the line is indented.',
      )
    this.#scanner.take()
  }

  #empty(spot: YamlSpot, props: Props = {}, length = 0): WrittenNode {
    return this.#anchored(props, {
      kind: 'scalar',
      text: '',
      style: 'plain',
      spot,
      length,
      isEmpty: true,
      tag: props.tag,
    })
  }

  #anchored<N extends WrittenNode>({ anchor }: Props, node: N): N {
    if (anchor === undefined) return node
    const known = this.#anchors.get(anchor)
    if (known !== undefined && known !== 'open') this.#noTwice(anchor, node.spot)
    this.#anchors.set(anchor, node)
    return node
  }

  #noTwice(anchor: string, spot: YamlSpot): never {
    throw new YamlFault(`the anchor &${anchor} is given twice`, spot, 'Give each anchor a name of its own.')
  }

  #fullTag({ handle, suffix }: Tag, spot: YamlSpot): string {
    if (handle === '') return suffix
    const prefix = Object.hasOwn(this.#handles, handle) ? this.#handles[handle] : undefined
    if (prefix === undefined) throw new YamlFault(`nobody says what the tag "${handle}" stands for`, spot)
    return prefix + suffix
  }

  #props(): Props {
    const props: Props = {}
    while (true) {
      const token = this.#scanner.peek()
      if (token.kind === 'tag' && props.tag === undefined) {
        props.tag = this.#fullTag(token.tag, token.spot)
        props.tagSpot = token.spot
      } else if (token.kind === 'anchor' && props.anchor === undefined) props.anchor = token.name
      else return props
      this.#scanner.take()
    }
  }

  #alias(name: string, spot: YamlSpot): WrittenNode {
    const target = this.#anchors.get(name)
    if (target === undefined)
      throw new YamlFault(
        `the alias *${name} stands for nothing`,
        spot,
        `If text is meant, put quotes around it: "*${name}".`,
      )
    if (target === 'open') throw new YamlFault(`the alias *${name} stands inside the value it stands for`, spot)
    return { kind: 'alias', spot, target }
  }

  /** `isCompact`: a list may follow whose signs stand in the column of the key that it belongs to. */
  #node(isBlock: boolean, isCompact: boolean): WrittenNode {
    const first = this.#scanner.peek()
    if (first.kind === 'alias') {
      this.#scanner.take()
      return this.#alias(first.name, first.spot)
    }
    const props = this.#props()
    const token = this.#scanner.peek()
    if (token.kind === 'scalar') {
      this.#scanner.take()
      const { text, spot, length } = token.scalar
      return this.#anchored(props, {
        kind: 'scalar',
        text,
        style: token.style,
        spot,
        length,
        tag: props.tag,
        tagSpot: props.tagSpot,
      })
    }
    const collection = this.#collectionAt(token, isBlock, isCompact)
    if (collection) return this.#deeper(props, token.spot, collection)
    if (props.tag !== undefined || props.anchor !== undefined) return this.#empty(first.spot, props)
    throw new YamlFault(
      token.kind === 'end' ? 'the file ends where a value was expected' : 'here a value was expected',
      token.spot,
    )
  }

  #collectionAt(token: YamlToken, isBlock: boolean, isCompact: boolean): (() => YamlItems) | undefined {
    if (isCompact && token.kind === '-') return () => ({ kind: 'sequence', items: this.#compactItems() })
    if (token.kind === '[') return () => ({ kind: 'sequence', items: this.#flowItems() })
    if (token.kind === '{') return () => ({ kind: 'mapping', pairs: this.#flowPairs() })
    if (isBlock && token.kind === 'block sequence') return () => ({ kind: 'sequence', items: this.#blockItems() })
    if (isBlock && token.kind === 'block mapping') return () => ({ kind: 'mapping', pairs: this.#blockPairs() })
    return undefined
  }

  #deeper(props: Props, spot: YamlSpot, read: () => YamlItems): WrittenNode {
    if (props.anchor !== undefined) {
      if (this.#anchors.has(props.anchor)) this.#noTwice(props.anchor, spot)
      this.#anchors.set(props.anchor, 'open')
    }
    this.#depth++
    if (this.#depth > DEEPEST_YAML) throw new YamlFault(`values are nested more than ${DEEPEST_YAML} levels deep`, spot)
    const node: WrittenNode = { ...read(), spot, tag: props.tag, tagSpot: props.tagSpot }
    this.#depth--
    return this.#anchored(props, node)
  }

  #missing(kind: keyof typeof WHILE): never {
    const { spot } = this.#scanner.peek()
    throw new YamlFault(WHILE[kind][0], spot, WHILE[kind][1])
  }

  #blockItems(): WrittenNode[] {
    const items: WrittenNode[] = []
    this.#scanner.take()
    while (this.#is('-')) items.push(this.#entry('-', 'block end'))
    if (!this.#is('block end')) this.#missing('block sequence')
    this.#scanner.take()
    return items
  }

  #compactItems(): WrittenNode[] {
    const items: WrittenNode[] = []
    while (this.#is('-')) items.push(this.#entry('-', '?', ':', 'block end'))
    return items
  }

  /** What follows a `-`, where it is not one of what stands for nothing. */
  #entry(...nothing: YamlToken['kind'][]): WrittenNode {
    const { spot } = this.#scanner.take()
    return this.#is(...nothing) ? this.#empty(spot) : this.#node(true, false)
  }

  #blockPairs(): YamlPair[] {
    const pairs: YamlPair[] = []
    this.#scanner.take()
    while (this.#is('?')) {
      const { spot } = this.#scanner.take()
      const key = this.#is('?', ':', 'block end') ? this.#empty(spot) : this.#node(true, true)
      pairs.push({ key, value: this.#blockValue(key) })
    }
    if (!this.#is('block end')) this.#missing('block mapping')
    this.#scanner.take()
    return pairs
  }

  /** A value that is not there counts as written where its key is. */
  #noValue(key: WrittenNode): WrittenNode {
    return this.#empty(key.spot, {}, key.kind === 'scalar' ? key.length : 0)
  }

  #blockValue(key: WrittenNode): WrittenNode {
    if (!this.#is(':')) return this.#noValue(key)
    this.#scanner.take()
    return this.#is('?', ':', 'block end') ? this.#noValue(key) : this.#node(true, true)
  }

  #flowItems(): WrittenNode[] {
    const items: WrittenNode[] = []
    this.#scanner.take()
    while (!this.#is(']')) {
      if (items.length > 0) {
        if (!this.#is(',')) this.#missing('[')
        this.#scanner.take()
      }
      if (this.#is('?')) items.push(this.#flowPair())
      else if (!this.#is(']')) items.push(this.#node(false, false))
    }
    this.#scanner.take()
    return items
  }

  /** A pair that is a mapping by itself: `[a: b]`. */
  #flowPair(): WrittenNode {
    const { spot } = this.#scanner.take()
    let key: WrittenNode
    if (this.#is(',', ':')) {
      // Libyaml passes the sign; without a key its value is lost.
      const sign = this.#scanner.take()
      key = this.#empty(sign.spot)
    } else key = this.#is(']') ? this.#empty(spot) : this.#node(false, false)
    return { kind: 'mapping', pairs: [{ key, value: this.#flowValue(key, ']') }], spot }
  }

  #flowPairs(): YamlPair[] {
    const pairs: YamlPair[] = []
    this.#scanner.take()
    while (!this.#is('}')) {
      if (pairs.length > 0) {
        if (!this.#is(',')) this.#missing('{')
        this.#scanner.take()
      }
      if (this.#is('?')) {
        const { spot } = this.#scanner.take()
        const key = this.#is(':', ',', '}') ? this.#empty(spot) : this.#node(false, false)
        pairs.push({ key, value: this.#flowValue(key, '}') })
      } else if (!this.#is('}')) {
        const key = this.#node(false, false)
        pairs.push({ key, value: this.#noValue(key) })
      }
    }
    this.#scanner.take()
    return pairs
  }

  #flowValue(key: WrittenNode, end: ']' | '}'): WrittenNode {
    if (!this.#is(':')) return this.#noValue(key)
    this.#scanner.take()
    return this.#is(',', end) ? this.#noValue(key) : this.#node(false, false)
  }
}

type YamlItems = { kind: 'sequence'; items: WrittenNode[] } | { kind: 'mapping'; pairs: YamlPair[] }

const spotOf = (text: string, at: number): YamlSpot => {
  const before = text.slice(0, at).split('\n')
  return { line: before.length - 1, column: before.at(-1)!.length }
}

/** The documents of a text of YAML 1.1, as they are written. Throws a YamlFault. */
export const yamlTrees = (text: string): WrittenNode[] => {
  const bare = text.startsWith('\ufeff') ? text.slice(1) : text
  const strange = UNPRINTABLE.exec(bare)
  if (strange) {
    const code = strange[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')
    throw new YamlFault(
      `the character U+${code} stands in it`,
      spotOf(bare, strange.index),
      'Write it as an escape in double quotes.',
    )
  }
  return new TreeReader(bare).documents()
}
