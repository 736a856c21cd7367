import type { Become, Fragment, Output } from '../core/transport.ts'
import type { Shell } from './shell.ts'

/** Neighbours that the same identity runs. */
const runsOf = (fragments: Fragment[]): { as: Become | undefined; fragments: Fragment[] }[] => {
  const found: { as: Become | undefined; fragments: Fragment[] }[] = []
  for (const fragment of fragments) {
    const last = found.at(-1)
    if (last && last.as === fragment.as) last.fragments.push(fragment)
    else found.push({ as: fragment.as, fragments: [fragment] })
  }
  return found
}

/** Whether nothing runs behind what has been said: a step has failed, or its frame has ended before its end. */
const hasStopped = (fragments: Fragment[], said: Output[]): boolean =>
  said.length < fragments.length || said.some(({ status }, i) => status !== 0 && fragments[i]!.step)

/**
 * A `run` whose frames may hold fragments of several identities: such a frame is sent as several, one after another, each to
 * the shell of its identity. A step that fails keeps the rest from running, as in one frame.
 */
export const framesByIdentity =
  (runAs: (identity: Become | undefined) => Shell['run']): Shell['run'] =>
  async (fragments, onOutput, onBytes) => {
    const runs = runsOf(fragments)
    if (runs.length === 1) return runAs(runs[0]!.as)(fragments, onOutput, onBytes)
    const outputs: Output[] = []
    for (const run of runs) {
      const before = outputs.length
      const said = await runAs(run.as)(
        run.fragments,
        (index, output) => onOutput?.(before + index, output),
        onBytes && ((index, stream, bytes) => onBytes(before + index, stream, bytes)),
      )
      outputs.push(...said)
      if (hasStopped(run.fragments, said)) break
    }
    return outputs
  }
