import { refuse } from '../core/failure.ts'
import { same } from '../core/value.ts'
import { parseExtra } from '../load/variables.ts'
import { fingerprint } from '../plan/fingerprint.ts'
import type { SavedExtraVar } from './saved-plan.ts'

/** Whether an option -e names a file. */
export const isFileOption = (option: string): boolean => option.trim().startsWith('@')

type Given = { file: string } | { name: string; value: unknown }

/** What is given with -e, in order: files, and variables one by one. */
const givenBy = (extraVars: string[]): Given[] =>
  extraVars.flatMap((option): Given[] =>
    isFileOption(option)
      ? [{ file: option.trim().slice(1) }]
      : Object.entries(parseExtra([option])).map(([name, { value }]) => ({ name, value })),
  )

/** The options -e as a plan keeps them: what may be a secret as a keyed print. */
export const savedExtraVars = (
  extraVars: string[],
  key: Buffer,
  isSecret: (name: string, value: unknown) => boolean,
): SavedExtraVar[] =>
  givenBy(extraVars).map(one => {
    if ('file' in one) return one
    return isSecret(one.name, one.value) ? { name: one.name, print: fingerprint(key, one.value) } : one
  })

const isSame = (kept: SavedExtraVar, given: Given, key: Buffer): boolean => {
  if ('file' in kept || 'file' in given) return 'file' in kept && 'file' in given && kept.file === given.file
  if (kept.name !== given.name) return false
  return 'print' in kept ? kept.print === fingerprint(key, given.value) : same(kept.value, given.value)
}

const wordFor = (one: Given): string => ('file' in one ? `@${one.file}` : one.name)

/**
 * The options -e that a plan was made with. Those that it does not hold have to be given again, and nothing else may be.
 * Throws a Refusal (`plan-asked`).
 */
export const matchExtraVars = (extra: SavedExtraVar[], extraVars: string[], key: Buffer, file: string): string[] => {
  const given = givenBy(extraVars)
  const other = given.filter(one => !extra.some(kept => isSame(kept, one, key))).map(wordFor)
  if (other.length > 0)
    refuse('plan-asked', `The plan ${file} was made with another ${other.join(', ')}, or without.`, {
      why: 'What is given with -e is a part of what the plan is for.',
      fix: 'Give what the plan was made with, or make the plan again.',
    })
  const missing = extra.flatMap(kept =>
    'print' in kept && !given.some(one => isSame(kept, one, key)) ? [kept.name] : [],
  )
  if (missing.length > 0)
    refuse('plan-asked', `The plan ${file} was made with -e ${missing.join(', ')}.`, {
      why: 'It may be a secret, so its value is not in the plan.',
      fix: `Give it again: runbook apply ${file} ${missing.map(name => `-e ${name}=…`).join(' ')}`,
    })
  return extra.map(kept => {
    if ('file' in kept) return `@${kept.file}`
    const { value } = 'value' in kept ? kept : (given.find(one => isSame(kept, one, key)) as { value: unknown })
    return JSON.stringify({ [kept.name]: value })
  })
}
