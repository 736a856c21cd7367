import { T } from '../../../src/module/module.ts'
import type { Obstacle } from './paths.ts'

/** Names of packages as Ansible takes them: a list, or a text with commas in it. */
export const packageNames = (description: string, aliases: string[], words: object = {}) =>
  T.Optional(
    T.Unsafe<string | string[]>({
      anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
      aliases,
      ...words,
      description,
    }),
  )

export const packageNamesIn = (value: string | string[] | undefined): string[] =>
  (typeof value === 'string' ? value.split(',') : (value ?? [])).map(name => name.trim()).filter(name => name !== '')

/** A package as a task names it: with the version that is wanted of it, if one is. */
export type PackageWord = { word: string; name: string; version?: string }

const plainName = /^[A-Za-z0-9][A-Za-z0-9+._@-]*(:[a-z0-9-]+)?$/
const plainVersion = /^[A-Za-z0-9.+:~*?[\]_-]+$/

export const packageWord = (word: string): PackageWord => {
  const at = word.indexOf('=')
  return at < 0 ? { word, name: word } : { word, name: word.slice(0, at), version: word.slice(at + 1) }
}

/** Why a word is no name of a package. */
export const namelessWord = (words: string[]): Obstacle | undefined => {
  for (const word of words) {
    const { name, version } = packageWord(word)
    if (name.endsWith('>') || name.endsWith('<') || name.endsWith('!'))
      return {
        why: `${word}: a version that is at least another is not taken here`,
        fix: `name the package alone (${name.slice(0, -1)}), or a version as a pattern: ${name.slice(0, -1)}=${version}*`,
      }
    if (/[*?[\]!]/.test(name))
      return {
        why: `${word} is a pattern, and what it stands for may be another tomorrow`,
        fix: 'name the packages themselves',
      }
    if (!plainName.test(name) || (version !== undefined && !plainVersion.test(version)))
      return { why: `${word} is no name of a package`, fix: 'write NAME, NAME=VERSION or NAME:ARCHITECTURE' }
  }
  return undefined
}
