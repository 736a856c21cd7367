import type { Located } from './located.ts'
import type { Task } from './surroundings.ts'
import { fieldOf, type Problems, yesOrNo } from './yaml-fields.ts'

/** What `any_errors_fatal` says. */
export const fatal = (at: Located, problems: Problems): Pick<Task, 'anyErrorsFatal'> =>
  yesOrNo(at, '"any_errors_fatal"', problems) ? { anyErrorsFatal: true } : {}

/** What a play says of failures on its hosts. */
export type PlayFailures = {
  /** Handlers that are due run on a host that has failed too. */
  forceHandlers?: true
  /** Of how many of its hosts, in percent, a failure does not stop the others. */
  mostFailed?: number
}

/** The same as it is written. */
export const failingOf = (members: Map<string, Located>, problems: Problems): PlayFailures => {
  const forced = fieldOf(members, 'force_handlers', found => yesOrNo(found, '"force_handlers"', problems), undefined)
  const at = members.get('max_fail_percentage')
  const most = Number(typeof at?.value === 'string' ? at.value.replace(/%$/, '') : at?.value)
  if (at && !(most >= 0 && most <= 100)) {
    const what = `"max_fail_percentage" must be a number from 0 to 100, not ${JSON.stringify(at.value)}.`
    problems.push({ reason: 'playbook-shape', what, origin: at.origin })
  }
  return { ...(forced ? { forceHandlers: true } : {}), ...(at ? { mostFailed: most } : {}) }
}
