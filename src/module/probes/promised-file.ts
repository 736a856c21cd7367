import { digestTest, isGone, isThere, statTest, targetTest } from '../../core/path-test.ts'
import { quote } from '../../core/quote.ts'
import { isRecord } from '../../core/value.ts'

/** The test of a kind, without a process. */
const kindTests: Record<string, (at: string) => string> = {
  file: at => `[ -f ${at} ] && [ ! -h ${at} ]`,
  directory: at => `[ -d ${at} ] && [ ! -h ${at} ]`,
  link: at => `[ -h ${at} ]`,
}

/** A number is one, whether or not an account has it: `stat` has no name for one that nobody has. */
const named =
  (name: string, number: string) =>
  (value: unknown): string =>
    /^\d+$/.test(String(value)) ? number : name

/** What `stat -c` prints of a member, and how a promised one reads in that form. */
const formats: Record<string, [format: (value: unknown) => string, text: (value: unknown) => string]> = {
  mode: [() => '%a', mode => String(mode).replace(/^0+(?=.)/, '')],
  owner: [named('%U', '%u'), String],
  uid: [() => '%u', String],
  group: [named('%G', '%g'), String],
  gid: [() => '%g', String],
  size: [() => '%s', String],
  links: [() => '%h', String],
}

/** How members read that `stat` tells, as a format of its and what it prints then; undefined: one is none of these. */
export const asStat = (members: [name: string, value: unknown][]): { format: string; text: string } | undefined => {
  const told = members.map(([name, value]) => [formats[name]?.[0](value), formats[name]?.[1](value)])
  if (told.some(([format]) => format === undefined)) return undefined
  return { format: told.map(([format]) => format).join('/'), text: told.map(([, text]) => text).join('/') }
}

/** The digest alone stands for the bytes; a link or a folder has none. */
const contentTest = (path: string, content: unknown): string | undefined => {
  if (!isRecord(content) || typeof content.digest !== 'string') return undefined
  const at = quote(path)
  return `[ -f ${at} ] && [ ! -h ${at} ] && ${digestTest(content.digest, at)}`
}

/**
 * The test of what is promised of a path: what `stat` and `sha256sum` print is compared as text. Its time is none of it.
 */
export const promisedFile =
  (path: string) =>
  ({ exists, kind, target, content, changed: _, ...rest }: Record<string, unknown>): string | undefined => {
    if (exists === false) return isGone(path)
    const kindTest = kind === undefined ? undefined : kindTests[kind as string]?.(quote(path))
    const attributes = asStat(Object.entries(rest))
    const bytes = content === undefined ? '' : contentTest(path, content)
    if ((kind !== undefined && kindTest === undefined) || attributes === undefined || bytes === undefined)
      return undefined
    const tests = [
      kindTest ?? '',
      target === undefined ? '' : targetTest(path, String(target)),
      attributes.format === '' ? '' : statTest(path, attributes),
      bytes,
    ].filter(test => test !== '')
    return tests.length > 0 ? tests.join(' && ') : isThere(path)
  }
