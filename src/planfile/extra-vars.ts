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

/** The options -e as they are saved with a plan: what may be a secret as a fingerprint. */
export const savedExtraVars = (
  extraVars: string[],
  key: Buffer,
  isSecret: (name: string, value: unknown) => boolean,
): SavedExtraVar[] =>
  givenBy(extraVars).map(one => {
    if ('file' in one) return one
    return isSecret(one.name, one.value) ? { name: one.name, fingerprint: fingerprint(key, one.value) } : one
  })

const isSame = (saved: SavedExtraVar, given: Given, key: Buffer): boolean => {
  if ('file' in saved || 'file' in given) return 'file' in saved && 'file' in given && saved.file === given.file
  if (saved.name !== given.name) return false
  return 'fingerprint' in saved ? saved.fingerprint === fingerprint(key, given.value) : same(saved.value, given.value)
}

const wordFor = (one: Given): string => ('file' in one ? `@${one.file}` : one.name)

/**
 * The options -e that a plan was made with. Those that it does not hold have to be given again, and nothing else may be.
 * Throws a Refusal (`plan-asked`).
 */
export const matchExtraVars = (extra: SavedExtraVar[], extraVars: string[], key: Buffer, file: string): string[] => {
  const given = givenBy(extraVars)
  const other = given.filter(one => !extra.some(saved => isSame(saved, one, key))).map(wordFor)
  if (other.length > 0)
    refuse('plan-asked', `The plan ${file} was made with another ${other.join(', ')}, or without.`, {
      why: 'What is given with -e is a part of what the plan is for.',
      fix: 'Give what the plan was made with, or make the plan again.',
    })
  const missing = extra.flatMap(saved =>
    'fingerprint' in saved && !given.some(one => isSame(saved, one, key)) ? [saved.name] : [],
  )
  if (missing.length > 0)
    refuse('plan-asked', `The plan ${file} was made with -e ${missing.join(', ')}.`, {
      why: 'It may be a secret, so its value is not in the plan.',
      fix: `Give it again: runbook apply ${file} ${missing.map(name => `-e ${name}=…`).join(' ')}`,
    })
  return extra.map(saved => {
    if ('file' in saved) return `@${saved.file}`
    const { value } = 'value' in saved ? saved : (given.find(one => isSame(saved, one, key)) as { value: unknown })
    return JSON.stringify({ [saved.name]: value })
  })
}
