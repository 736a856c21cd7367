import type { Frame } from './frame.ts'
import { ValueFault } from './value.ts'

/** Loops in loops come to the product of their lengths; a configuration file has far fewer lines. */
const MOST_ROUNDS = 1_000_000

/** Counts the rounds of a loop, before they are gone through. */
export const goThrough = ({ rendering: { calls } }: Frame, rounds: number): void => {
  calls.rounds += rounds
  if (calls.rounds > MOST_ROUNDS)
    throw new ValueFault(`The loops of this template come to more than ${MOST_ROUNDS} rounds.`)
}

/** Macros and templates that call each other without end are told, before the stack is full. */
export const deeper = <T>({ rendering }: Frame, run: () => T): T => {
  if (rendering.calls.depth >= 100) throw new ValueFault('Macros and templates call each other without end here.')
  rendering.calls.depth++
  try {
    return run()
  } finally {
    rendering.calls.depth--
  }
}
