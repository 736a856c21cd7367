import type { Guard } from '../module/guard.ts'
import { besideOf, placesFile, replacedBy, type Step } from '../module/step.ts'
import type { Line } from '../plan/line.ts'

/**
 * Which guards stand before which step of a line: each before the first step that replaces its path, and those of paths
 * that no step names before the first step of all.
 */
const guardsByStep = ({ over, steps }: Line): Map<Step, Guard[]> => {
  const first = new Map<string, Step>()
  for (const step of steps) for (const path of replacedBy(step)) if (!first.has(path)) first.set(path, step)
  const byStep = Map.groupBy(over, ({ path }) => first.get(path) ?? steps[0]!)
  return steps.length === 0 ? new Map() : byStep
}

/**
 * Steps of a line, all or those of a phase, with what guards them.
 * @param asReader whether they are run by who reads: another user may not be let at what was read, so that it is tested
 * for him, before he writes
 */
export const guardedSteps = (line: Line, steps: Step[], asReader: boolean): Step[] => {
  const guards = guardsByStep(line)
  return steps.flatMap((step): Step[] => {
    const own = guards.get(step) ?? []
    if (own.length === 0) return [step]
    if (step.do === 'writes' && asReader) return [{ ...step, over: own }]
    const testsItself = placesFile(step) && (asReader || step.do === 'upload')
    const over = testsItself ? own.find(({ path }) => path === step.path) : undefined
    const rest = own.filter(guard => guard !== over)
    const last = over === undefined ? step : ({ ...step, over } as Step)
    return rest.length === 0 ? [last] : [{ do: 'guard', over: rest, beside: besideOf(step) }, last]
  })
}
