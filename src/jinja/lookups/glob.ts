/** A name with `*`, `?` and `[...]` as Python's glob reads it: a name that begins with a dot is meant only by one. */
export const globPattern = (glob: string): RegExp => {
  const source = glob.replace(/\*+|\?|\[(!?)(\]?[^\]]*)\]|[\\^$.|+()[\]{}]/g, (found, not?: string, set?: string) => {
    if (found.startsWith('*')) return '.*'
    if (found === '?') return '.'
    if (set === undefined) return `\\${found}`
    return `[${not ? '^' : ''}${set.replace(/[\\\]^[]/g, '\\$&')}]`
  })
  return new RegExp(`^${/^[*?[]/.test(glob) ? '(?!\\.)' : ''}${source}$`, 'su')
}
