import type { Event } from '../core/event.ts'
import type { Paint } from './paint.ts'
import { indented } from './printable.ts'
import { hostList } from './wording.ts'

type Warning = Event & { type: 'warning' }

/** The host that a node's id begins with, and what of the warning does not depend on it. */
const likenessOf = ({ node = '', text }: Warning): { host: string; rest: string; likeness: string } => {
  const [host = '', ...rest] = node.split('/')
  return { host, rest: rest.join('/'), likeness: JSON.stringify([rest, text.replaceAll(`${host}/`, '')]) }
}

const place = (alike: Warning[]): string | undefined => {
  const [first] = alike as [Warning]
  if (alike.length === 1) return first.node ?? first.host
  const hosts = alike.map(one => likenessOf(one).host)
  return `${likenessOf(first).rest} on ${hostList(hosts, hosts)}`
}

/** What is warned of alike, with its place in front; of several hosts their nodes are named as each sees its own. */
const warningText = (alike: Warning[], paint: Paint): string => {
  const [first] = alike as [Warning]
  const at = place(alike)
  const text = alike.length === 1 ? first.text : first.text.replaceAll(`${likenessOf(first).host}/`, '')
  return `${paint.yellow('warning:')} ${at === undefined ? '' : `${at}: `}${indented(text, 2).trimStart()}\n`
}

/** Tells warnings as they come; those of nodes in a row, which differ only in the host, as one. */
export const createWarnings = (paint: Paint, say: (text: string) => void): ((event: Event) => void) => {
  let held: Warning[] = []
  return event => {
    const isOfNode = event.type === 'warning' && event.node !== undefined
    if (isOfNode) return void held.push(event)
    for (const alike of Map.groupBy(held, one => likenessOf(one).likeness).values()) say(warningText(alike, paint))
    held = []
    if (event.type === 'warning') say(warningText([event], paint))
  }
}
