import { type Origin, type Reason, refuse } from '../core/failure.ts'
import { didYouMean } from '../core/suggest.ts'
import { SyntaxFault } from '../jinja/syntax-fault.ts'
import { type FaultPlace, Tripped, ValueFault } from '../jinja/value.ts'
import { celSign } from './cel-words.ts'

/** What the places of faults are in: the text that offsets are counted in, and where that is written. */
export type Source = { text: string; place(at: number, length: number): Origin; said?: string }

/** The place in a file of a place in a template. Every template is read with a `Source` as what it stands for. */
export const originOf = ({ source, at, length }: FaultPlace): Origin => (source as Source).place(at, length)

const fixOf = ({ at, fix, near }: SyntaxFault, text: string): string | undefined => {
  if (near) return didYouMean(near.name, near.known)
  const isHandlebars = /\{\{[#/&>^!]$/.test(text.slice(0, at + 1)) || /^\{\{[#/&>^!]/.test(text.slice(at))
  if (isHandlebars) return 'Templates are Jinja; one in Handlebars is a file whose name ends in .hbs.'
  return fix ?? celSign(text, at)
}

const isOverflow = (error: unknown): boolean =>
  error instanceof RangeError && error.message.startsWith('Maximum call stack')

/** Runs the reading of a template; what cannot be read is a Refusal with its place. */
export const readable = <T>(source: Source, reason: Reason, run: () => T): T => {
  try {
    return run()
  } catch (error) {
    if (isOverflow(error))
      return refuse(reason, 'This is nested too deeply to be read.', {
        origin: source.place(0, 1),
        fix: 'Make variables of its parts; a long chain of + is shorter as [a, b, c] | join.',
      })
    if (!(error instanceof SyntaxFault)) throw error
    return refuse(reason, error.message, {
      why: source.said,
      origin: source.place(error.at, error.length),
      fix: fixOf(error, source.text) || undefined,
    })
  }
}

/** Runs a rendering; what goes wrong in it is a Refusal with its place, or with that of the whole. */
export const told = <T>(whole: Source, reason: Reason, run: () => T): T => {
  try {
    return run()
  } catch (error) {
    if (isOverflow(error))
      return refuse(reason, 'This is nested too deeply to be computed.', { origin: whole.place(0, 1) })
    const fault = error instanceof Tripped ? error.marker.fault : error
    if (!(fault instanceof ValueFault)) throw error
    const { message, near, place } = fault
    return refuse(reason, message, {
      why: ((place?.source ?? whole) as Source).said,
      origin: place ? originOf(place) : whole.place(0, 1),
      fix: (near && didYouMean(near.name, near.known)) || undefined,
    })
  }
}
