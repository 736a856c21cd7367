import { isUnknown, Missing } from '../core/unknown.ts'
import { str } from './repr.ts'
import { Dict, Omit, Undefined, usable, type Value } from './value.ts'

/** What a template puts out, piece by piece. A piece keeps its type until it stands beside another. */
export class Pieces {
  readonly pieces: Value[] = []
  add(piece: Value): void {
    if (piece !== null) this.pieces.push(piece)
  }
}

/** A value as it leaves a template, or is printed in one: what is `omit` is left out, a tuple is a list. */
export const finalized = (value: Value): Value => {
  const there = usable(value)
  if (Array.isArray(there)) return there.filter(one => !(one instanceof Omit)).map(finalized)
  if (!(there instanceof Dict)) return there
  return new Dict(
    there
      .entries()
      .filter(([, one]) => !(one instanceof Omit))
      .map(([key, one]) => [finalized(key), finalized(one)]),
  )
}

/** What is to be read comes first: then the rest may be known. */
const unknownOf = (pieces: Value[]): Value | undefined =>
  pieces.find(one => one instanceof Missing) ?? pieces.find(isUnknown)

/**
 * The pieces as one value, as Ansible joins them: nothing is None, one piece is itself, several are a text. What is
 * undefined or unknown among several is the result.
 */
export const joinedPieces = ({ pieces }: Pieces): Value => {
  const [first = null] = pieces
  if (pieces.length < 2) return first
  const lost = pieces.find(one => one instanceof Undefined && !one.isBlank) ?? unknownOf(pieces)
  if (lost !== undefined) return lost
  return pieces
    .filter(one => !(one instanceof Omit || one instanceof Undefined))
    .map(one => str(finalized(one)))
    .join('')
}
