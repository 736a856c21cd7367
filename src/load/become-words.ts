import type { Located } from './located.ts'
import type { Problems } from './yaml-fields.ts'
import { kindOf } from './yaml-fields.ts'

/** The words beside `become` that say whom a task becomes, and how. */
export const becomeWords = ['become_user', 'become_method', 'become_flags', 'become_exe'] as const
export type BecomeWord = (typeof becomeWords)[number]
/** What a task, or its play for it, says of that: texts that may hold expressions. */
export type BecomeSaid = Partial<Record<BecomeWord, Located<string>>>

/** What stands under a word: a text, which only for flags may be empty. Nothing at all says nothing, as in Ansible. */
const saidBy = (word: BecomeWord, at: Located, problems: Problems): BecomeSaid => {
  if (at.value === null) return {}
  if (typeof at.value === 'string' && (word === 'become_flags' || at.value.trim() !== ''))
    return { [word]: at as Located<string> }
  problems.push({
    reason: 'playbook-shape',
    what: `"${word}" must be text, not ${kindOf(at.value)}.`,
    origin: at.origin,
  })
  return {}
}

/** What a task or a play says itself, over what is said around it; that very value where it says nothing. */
export const becomeSaid = (members: Map<string, Located>, around: BecomeSaid, problems: Problems): BecomeSaid => {
  const own = becomeWords.filter(word => members.has(word))
  return own.length === 0
    ? around
    : Object.assign({}, around, ...own.map(word => saidBy(word, members.get(word)!, problems)))
}
