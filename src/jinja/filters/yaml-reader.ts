import {
  EVENT_ID,
  type Event,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  YAMLException,
} from 'js-yaml'
import { Dict, type Value, ValueFault } from '../value.ts'
import { wordValue } from './yaml-word.ts'

const MAX_DEPTH = 64
/** An alias stands for all that it names: what it unfolds into is bounded. */
const MAX_NODES = 200_000

const TAGS: Record<string, string> = {
  '!!str': 'str',
  '!': 'str',
  '!!int': 'word',
  '!!float': 'word',
  '!!bool': 'word',
  '!!null': 'word',
  '!!map': 'map',
  '!!seq': 'seq',
}

type Tagged = { tagStart: number; tagEnd: number }

class Builder {
  readonly #text: string
  readonly #events: Event[]
  readonly #anchors = new Map<string, Value>()
  #at = 0
  #nodes = 0

  constructor(text: string) {
    this.#text = text
    this.#events = parseEvents(text, { filename: '', maxDepth: MAX_DEPTH })
  }

  documents(): Value[] {
    const found: Value[] = []
    while (this.#at < this.#events.length) {
      this.#at++
      found.push(this.#value())
      this.#at++
    }
    return found
  }

  #tag({ tagStart, tagEnd }: Tagged): string | undefined {
    const written = tagStart < 0 ? '' : this.#text.slice(tagStart, tagEnd)
    if (written === '') return undefined
    const known = TAGS[written.replace('!<tag:yaml.org,2002:', '!!').replace('>', '')]
    if (known === undefined) throw new ValueFault(`could not determine a constructor for the tag '${written}'`)
    return known
  }

  #value(): Value {
    this.#nodes++
    if (this.#nodes > MAX_NODES) throw new ValueFault('The YAML unfolds into too many values.')
    const event = this.#events[this.#at++]!
    if (event.type === EVENT_ID.ALIAS) return this.#alias(this.#text.slice(event.anchorStart, event.anchorEnd))
    if (event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP) return null
    const name = event.anchorStart < 0 ? undefined : this.#text.slice(event.anchorStart, event.anchorEnd)
    const value = event.type === EVENT_ID.SCALAR ? this.#scalar(event) : this.#members(event.type)
    if (name !== undefined) this.#anchors.set(name, value)
    return value
  }

  #alias(name: string): Value {
    const found = this.#anchors.get(name)
    if (found === undefined) throw new ValueFault(`found undefined alias "${name}"`)
    this.#nodes += countOf(found)
    return found
  }

  #scalar(event: ScalarEvent): Value {
    const written = event.valueStart < 0 ? '' : getScalarValue(this.#text, event)
    const tag = this.#tag(event)
    if (tag === 'str') return written
    if (tag !== 'word' && event.valueStart >= 0 && event.style !== SCALAR_STYLE.PLAIN) return written
    const value = wordValue(written)
    if (value === undefined) throw new ValueFault(`could not determine a constructor for ${written}`)
    return value
  }

  #members(kind: number): Value {
    if (kind === EVENT_ID.SEQUENCE) {
      const items: Value[] = []
      while (this.#events[this.#at]!.type !== EVENT_ID.POP) items.push(this.#value())
      this.#at++
      return items
    }
    const [own, merged]: [Dict, Dict] = [new Dict(), new Dict()]
    while (this.#events[this.#at]!.type !== EVENT_ID.POP) {
      if (this.#isMerge()) this.#merge(merged)
      else own.set(this.#value(), this.#value())
    }
    this.#at++
    return merged.size === 0 ? own : new Dict([...merged, ...own])
  }

  /** A key `<<` without quotes takes over the members of another mapping, or of several, the first of which counts. */
  #isMerge(): boolean {
    const event = this.#events[this.#at]!
    const isPlain = event.type === EVENT_ID.SCALAR && event.style === SCALAR_STYLE.PLAIN && event.valueStart >= 0
    if (!isPlain || event.tagStart >= 0 || getScalarValue(this.#text, event) !== '<<') return false
    this.#at++
    return true
  }

  #merge(merged: Dict): void {
    const value = this.#value()
    for (const one of Array.isArray(value) ? [...value].reverse() : [value]) {
      if (!(one instanceof Dict)) throw new ValueFault('expected a mapping or list of mappings for merging')
      for (const [key, member] of one) merged.set(key, member)
    }
  }
}

const countOf = (value: Value): number => {
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + countOf(one), 1)
  return value instanceof Dict ? value.values().reduce<number>((sum, one) => sum + countOf(one), 1) : 1
}

/** The documents of a text of YAML 1.1, as PyYAML reads them. Throws a ValueFault in the words of the parser. */
export const valuesOfYaml = (text: string): Value[] => {
  try {
    return new Builder(text).documents()
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error
    const { mark, reason } = error
    throw new ValueFault(mark ? `${reason} in line ${mark.line + 1}, column ${mark.column + 1}` : reason)
  }
}
