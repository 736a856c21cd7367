import type { Frame } from './frame.ts'
import { ValueFault } from './value.ts'

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
