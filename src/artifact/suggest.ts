const ARCHIVE = /\.(tar|tar\.gz|tgz)$/
const MOST = 5

/** `kubo_v0.42.0_linux-amd64.tar.gz` is the program `kubo` in a version for a platform. */
const partsOf = (name: string): { program: string; platform: string } => {
  const parts = name.replace(ARCHIVE, '').split('_')
  return { program: parts[0]!, platform: parts.at(-1)! }
}

/**
 * Names that may have been meant by one that is not there: other versions of the program, those for the same platform
 * first and the newest first among them; undefined when there is none.
 */
export const suggestArchives = (name: string, there: string[]): string | undefined => {
  const wanted = partsOf(name)
  const rank = (other: string): number => (partsOf(other).platform === wanted.platform ? 0 : 1)
  // Made here: it takes 6 ms, which every start would pay.
  const newestFirst = new Intl.Collator('en', { numeric: true })
  const near = [...new Set(there)]
    .filter(other => other !== name && ARCHIVE.test(other) && partsOf(other).program === wanted.program)
    .sort((a, b) => rank(a) - rank(b) || newestFirst.compare(b, a))
  if (near.length === 0) return undefined
  const more = near.length > MOST ? `, … (${near.length} in all)` : ''
  return `did you mean ${near.slice(0, MOST).join(', ')}${more}?`
}
