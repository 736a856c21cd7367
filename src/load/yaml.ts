import {
  CORE_SCHEMA,
  constructFromEvents,
  EVENT_ID,
  type Event,
  floatCoreTag,
  getScalarValue,
  intCoreTag,
  mergeTag,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  YAMLException,
} from 'js-yaml'
import { type Origin, type Reason, refuse } from '../core/failure.ts'
import { looksOther, losesDigits } from './digits.ts'
import { keyMark, type Located, step } from './located.ts'

const maxBytes = 2 * 1024 * 1024
const maxDepth = 64
const maxAliases = 1000
/** An alias shares its value in memory, but code that walks the document meets it as often as it is used: the limit of that. */
const maxNodes = 200_000
/** YAML 1.2 core (`yes` is a string, `0644` the number 644: only as a mode, to be refused there) with merge keys. */
const schema = CORE_SCHEMA.withTags(mergeTag)

type OriginAt = (offset: number) => Origin
type Anchor = { pointer: string; nodes: number }
type Places = {
  origins: Map<string, Origin>
  /** Where a value came by an alias or a merge key: the pointers that it was written at, the strongest first. */
  aliases: Map<string, string[]>
}

/** Turns offsets into lines and columns. */
const lineTable = (text: string, file: string): OriginAt => {
  const starts = [0]
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1)
  return offset => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (starts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return { file, line: low + 1, column: offset - starts[low]! + 1 }
  }
}

/** Where the text of a scalar begins: of a block scalar its first line, behind the indentation. */
const scalarOrigin = (text: string, event: ScalarEvent, originAt: OriginAt): Origin => {
  const start = event.valueStart + Math.max(event.indent, 0)
  return { ...originAt(start), length: /^[^\r\n]*/.exec(text.slice(start, event.valueEnd))![0].length }
}

/** The events that the constructor also follows, and what is noted on the way. */
type Walk = Places & {
  events: Event[]
  /** Index of the next event. */
  next: number
  anchors: Map<string, Anchor | 'open'>
  text: string
  originAt: OriginAt
  reason: Reason
}

type Anchored = { anchorStart: number; anchorEnd: number }

const anchorName = ({ text }: Walk, event: Anchored): string | undefined =>
  event.anchorStart < 0 ? undefined : text.slice(event.anchorStart, event.anchorEnd)

const noteAnchor = (walk: Walk, event: Anchored, anchor: Anchor | 'open'): void => {
  const name = anchorName(walk, event)
  if (name !== undefined) walk.anchors.set(name, anchor)
}

const limited = ({ reason }: Walk, nodes: number, origin: Origin): number =>
  nodes > maxNodes ? refuse(reason, 'The aliases of this file unfold into too many values.', { origin }) : nodes

/**
 * A number whose digits would be lost is refused where it stands: another would be written to a host in its place. A mode
 * without quotes is left to those who want a mode: they say more about it.
 */
const needDigits = ({ text, reason }: Walk, pointer: string, event: ScalarEvent, origin: Origin): void => {
  if (event.style !== SCALAR_STYLE.PLAIN || event.tagStart >= 0) return
  const written = getScalarValue(text, event)
  const value = [intCoreTag, floatCoreTag]
    .map(tag => tag.resolve(written, false, tag.tagName))
    .find(one => typeof one === 'number')
  if (value === undefined) return
  if (losesDigits(written, value))
    refuse(reason, `The number ${written} has more digits than a number keeps: it would be ${value}.`, {
      origin,
      fix: `Put quotes around it: "${written}".`,
    })
  if (looksOther(written, value) && !pointer.endsWith('mode'))
    refuse(reason, `${written} is a number here, and would be written as ${value}.`, {
      origin,
      fix: `Put quotes around it: "${written}". If a number is meant, write ${value}.`,
    })
}

/** Notes one value and all in it; `fallback` is where an empty value counts as written. Returns how many values. */
const locateValue = (walk: Walk, pointer: string, fallback: Origin, mergesInto?: string): number => {
  const { events, origins, originAt, text } = walk
  const event = events[walk.next++]!
  if (event.type === EVENT_ID.SCALAR) {
    const origin = event.valueStart < 0 ? fallback : scalarOrigin(text, event, originAt)
    origins.set(pointer, origin)
    needDigits(walk, pointer, event, origin)
    noteAnchor(walk, event, { pointer, nodes: 1 })
    return 1
  }
  if (event.type === EVENT_ID.ALIAS) return locateAlias(walk, pointer, event, mergesInto)
  if (event.type !== EVENT_ID.MAPPING && event.type !== EVENT_ID.SEQUENCE) return 0
  const origin = originAt(event.start)
  origins.set(pointer, origin)
  noteAnchor(walk, event, 'open')
  const isMapping = event.type === EVENT_ID.MAPPING
  const inside = isMapping ? locatePairs(walk, pointer, origin) : locateItems(walk, pointer, origin, mergesInto)
  const nodes = limited(walk, 1 + inside, origin)
  noteAnchor(walk, event, { pointer, nodes })
  return nodes
}

/** `mergesInto`: the mapping whose merge key the alias stands under. */
const locateAlias = (walk: Walk, pointer: string, event: Anchored, mergesInto?: string): number => {
  const { aliases, origins, reason } = walk
  const name = anchorName(walk, event)!
  const origin = walk.originAt(event.anchorStart - 1)
  const anchor = walk.anchors.get(name)
  origins.set(pointer, origin)
  if (anchor === 'open') return refuse(reason, `The alias *${name} stands inside the value it stands for.`, { origin })
  if (anchor === undefined) return 1
  const target = mergesInto ?? pointer
  aliases.set(target, [...(aliases.get(target) ?? []), anchor.pointer])
  return anchor.nodes
}

const locateItems = (walk: Walk, pointer: string, origin: Origin, mergesInto?: string): number => {
  let nodes = 0
  for (let index = 0; walk.events[walk.next]!.type !== EVENT_ID.POP; index++) {
    nodes = limited(walk, nodes + locateValue(walk, pointer + step(index), origin, mergesInto), origin)
  }
  walk.next++
  return nodes
}

const locatePairs = (walk: Walk, pointer: string, origin: Origin): number => {
  const { events, origins, text, originAt, reason } = walk
  let nodes = 0
  while (events[walk.next]!.type !== EVENT_ID.POP) {
    const event = events[walk.next++]!
    if (event.type !== EVENT_ID.SCALAR) {
      return refuse(reason, 'A key must be plain text.', {
        origin,
        fix: 'Put quotes around an expression: "{{ name }}".',
      })
    }
    const key = getScalarValue(text, event)
    const at = event.valueStart < 0 ? origin : scalarOrigin(text, event, originAt)
    needDigits(walk, '', event, at)
    if (key === '__proto__') refuse(reason, 'A key cannot be named __proto__.', { origin: at })
    const inner = pointer + step(key)
    origins.set(inner + keyMark, at)
    nodes = limited(walk, nodes + locateValue(walk, inner, at, key === '<<' ? pointer : undefined), at)
  }
  walk.next++
  return nodes
}

/** Where every key and value of a document is written. */
const locate = (events: Event[], text: string, file: string, reason: Reason): Places => {
  const places: Places = { origins: new Map(), aliases: new Map() }
  const originAt = lineTable(text, file)
  // The first event opens the document.
  const walk: Walk = { ...places, events, next: 1, anchors: new Map(), text, originAt, reason }
  locateValue(walk, '', { file, line: 1, column: 1 })
  return places
}

/** The place of a pointer: as written, else through aliases, else that of the nearest ancestor. */
const finder = ({ origins, aliases }: Places) => {
  const exact = (pointer: string): Origin | undefined => {
    const own = origins.get(pointer)
    if (own) return own
    for (let end = pointer.length; end >= 0; end = pointer.lastIndexOf('/', end - 1)) {
      const rest = pointer.slice(end)
      for (const target of aliases.get(pointer.slice(0, end)) ?? []) {
        const found = exact(target + rest)
        if (found) return found
      }
      if (end === 0) break
    }
    return undefined
  }
  return (pointer: string): Origin => {
    const found = exact(pointer)
    if (found) return found
    if (pointer.endsWith(keyMark)) return finder({ origins, aliases })(pointer.slice(0, -keyMark.length))
    for (let end = pointer.lastIndexOf('/'); end > 0; end = pointer.lastIndexOf('/', end - 1)) {
      const above = exact(pointer.slice(0, end))
      if (above) return above
    }
    return origins.get('')!
  }
}

const asRefusal = (error: unknown, text: string, file: string, reason: Reason): never => {
  if (!(error instanceof YAMLException)) throw error
  const mark = error.mark
  const origin: Origin = mark ? { file, line: mark.line + 1, column: mark.column + 1 } : { file, line: 1, column: 1 }
  return refuse(reason, `This is not valid YAML: ${error.reason}.`, { origin, fix: hintFor(error.reason, text) })
}

/** What is most often the reason for a message of the parser. */
const hintFor = (said: string, text: string): string | undefined => {
  if (said.includes('tab')) return 'Indent with spaces, YAML does not allow tabs.'
  if (said.includes('bad indentation') || said.includes('mapping values')) {
    return 'Quote a value that holds ": ", and check that members of one mapping begin in one column.'
  }
  if (said.includes('duplicated mapping key')) return 'Remove one of the two.'
  if (said.includes('flow collection') || said.includes('flow mapping')) {
    return text.includes('{{')
      ? 'Put quotes around an expression: "{{ name }}".'
      : 'Close every { with } and every [ with ].'
  }
  return undefined
}

/**
 * Parses one YAML (or JSON) document into data with origins.
 *
 * Throws a Refusal with `reason` and the place: syntax errors, duplicate keys, an empty file, several documents, a key
 * `__proto__`, more than 2 MB, nesting over 64 levels, and aliases that unfold into too many values,
 * numbers of more digits than a number keeps, or that would show as another text.
 */
export const parseYaml = (text: string, file: string, reason: Reason = 'playbook-yaml'): Located => {
  const origin: Origin = { file, line: 1, column: 1 }
  if (Buffer.byteLength(text) > maxBytes) refuse(reason, 'The file is larger than 2 MB.', { origin })
  try {
    const events = parseEvents(text, { filename: file, maxDepth })
    const documents = events.filter(event => event.type === EVENT_ID.DOCUMENT).length
    if (documents > 1) refuse(reason, 'The file holds several YAML documents, one is wanted.', { origin })
    const first = events[1]
    const blank = first?.type === EVENT_ID.SCALAR && first.valueStart < 0
    if (documents === 0 || blank) refuse(reason, 'The file is empty.', { origin })
    const places = locate(events, text, file, reason)
    const [value] = constructFromEvents(events, { source: text, filename: file, schema, maxAliases })
    const at = finder(places)
    return { value, origin: at(''), at }
  } catch (error) {
    return asRefusal(error, text, file, reason)
  }
}
