import { isGone, isThere } from '../../core/path-test.ts'
import { quote } from '../../core/quote.ts'
import { isRecord } from '../../core/value.ts'

const kinds: Record<string, string> = { file: 'f', directory: 'd', link: 'l' }

/** What `find` prints of a member, and how a promised one reads in that form; undefined: it has none. */
export const fileFormats: Record<string, [format: string, text: (value: unknown) => string | undefined]> = {
  kind: ['%y', kind => kinds[kind as string]],
  mode: ['%m', mode => String(mode).replace(/^0+(?=.)/, '')],
  owner: ['%u', String],
  uid: ['%U', String],
  group: ['%g', String],
  gid: ['%G', String],
  size: ['%s', String],
  target: ['%l', String],
}

/** The digest alone stands for the bytes; a link or a folder has none. */
const contentTest = (path: string, content: unknown): string | undefined => {
  if (!isRecord(content) || typeof content.digest !== 'string') return undefined
  const at = quote(path)
  return `[ -f ${at} ] && [ ! -h ${at} ] && [ "$(sha256sum <${at})" = '${content.digest}  -' ]`
}

/**
 * The test of what is promised of a path: what `find` and `sha256sum` print is compared as text. Its time is none of it.
 */
export const promisedFile =
  (path: string) =>
  ({ exists, content, changed: _, ...rest }: Record<string, unknown>): string | undefined => {
    if (exists === false) return isGone(path)
    const told = Object.entries(rest).map(([member, value]) => {
      const [format, text] = fileFormats[member] ?? []
      return [format, text?.(value)]
    })
    if (told.some(([format, text]) => format === undefined || text === undefined)) return undefined
    const formats = told.map(([format]) => format).join('/')
    const texts = told.map(([, text]) => text).join('/')
    // The full stop keeps a line's end at the end of a target.
    const attributes = `[ "$(find ${quote(path)} -maxdepth 0 -printf '${formats}.')" = ${quote(`${texts}.`)} ]`
    const bytes = content === undefined ? '' : contentTest(path, content)
    if (bytes === undefined) return undefined
    const tests = [...(told.length > 0 ? [attributes] : []), ...(bytes === '' ? [] : [bytes])]
    return tests.length > 0 ? tests.join(' && ') : isThere(path)
  }
