import { didYouMean } from '../core/suggest.ts'
import { keyOrigin, type Located } from './located.ts'
import { nameFault } from './names.ts'
import type { Prompt } from './surroundings.ts'
import { fieldOf, flag, list, mapping, type Problems, text } from './yaml-fields.ts'

const words = ['name', 'prompt', 'default', 'private', 'confirm', 'unsafe', 'encrypt', 'salt', 'salt_size']

const promptOf = (at: Located, problems: Problems): Prompt[] => {
  const members = mapping(at, 'A question of vars_prompt', problems)
  const tell = (what: string, fix: string, origin = at.origin): void =>
    void problems.push({ reason: 'playbook-shape', what, fix, origin })
  for (const key of members.keys()) {
    if (!words.includes(key))
      tell(`vars_prompt has no "${key}".`, didYouMean(key, words) || `It has ${words.join(', ')}.`, keyOrigin(at, key))
    if (key === 'encrypt' || key.startsWith('salt'))
      tell(
        `"${key}" of vars_prompt is not supported yet.`,
        'Take it away, and use password_hash where the value is used.',
        keyOrigin(at, key),
      )
  }
  const named = members.get('name')
  if (named === undefined) tell('A question of vars_prompt does not say which variable it is for.', 'Give it a name.')
  const name = named && text(named, '"name"', problems)
  const fault = name === undefined ? undefined : nameFault(name)
  if (fault !== undefined)
    problems.push({ reason: 'playbook-name', what: `The variable "${name}" ${fault}.`, origin: named!.origin })
  if (name === undefined || fault !== undefined) return []
  const fallback = members.get('default')?.value
  return [
    {
      name,
      question: fieldOf(members, 'prompt', found => text(found, '"prompt"', problems), undefined) ?? name,
      ...(fallback === undefined || fallback === null ? {} : { fallback: String(fallback) }),
      isPrivate: fieldOf(members, 'private', found => flag(found, '"private"', problems) ?? true, true),
      confirm: fieldOf(members, 'confirm', found => flag(found, '"confirm"', problems) ?? false, false),
      origin: at.origin,
    },
  ]
}

/** What `vars_prompt` of a play asks. */
export const promptsOf = (at: Located, problems: Problems): Prompt[] =>
  list(at, '"vars_prompt"', problems).flatMap(one => promptOf(one, problems))
