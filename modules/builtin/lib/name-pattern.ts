/** What a shell's pattern (`*`, `?`, `[a-z]`, `[!a-z]`) fits, as a whole. Small and capital letters differ. */
export const namePattern = (text: string): RegExp => {
  const parts = text.match(/\[!?\]?[^\]]*\]|[\s\S]/g) ?? []
  const source = parts.map(part => {
    if (part === '*') return '.*'
    if (part === '?') return '.'
    if (part.length === 1) return part.replace(/[\\^$.*+?()[\]{}|]/, '\\$&')
    const inside = part.slice(1, -1).replaceAll('\\', '\\\\').replace(/^!/, '^').replaceAll('[', '\\[')
    return `[${inside.replace(/^(\^?)\]/, '$1\\]')}]`
  })
  return new RegExp(`^${source.join('')}$`, 's')
}
