import type { Event } from '../core/event.ts'
import type { Paint } from './paint.ts'
import { indented } from './printable.ts'

/** A warning with its place in front. */
export const warningText = ({ text, host, node }: Event & { type: 'warning' }, paint: Paint): string => {
  const place = node ?? host
  return `${paint.yellow('warning:')} ${place === undefined ? '' : `${place}: `}${indented(text, 2).trimStart()}`
}
