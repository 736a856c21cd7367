// Modes in the letters of chmod, as Ansible takes them: `u=rw,g=r,o=`, `a+X`, `u=g-w`. Without letters in front it is for all,
// but for what the umask keeps, which is 022 here.

/** A mode in letters, as a pattern without its ends. */
export const symbolicPattern = '[ugoa]*([-+=][rwxXstugo]*)+(,[ugoa]*([-+=][rwxXstugo]*)+)*'

const umask = 0o022
type Who = 'u' | 'g' | 'o'
const shift: Record<Who, number> = { u: 6, g: 3, o: 0 }
/** The bit besides the nine that is `s` or `t` to each. */
const special: Record<Who, [letter: string, bit: number]> = { u: ['s', 0o4000], g: ['s', 0o2000], o: ['t', 0o1000] }
const plain: Record<string, number> = { r: 4, w: 2, x: 1 }

/** What one letter stands for, as bits of one of the three; `before` is the mode by then. */
const bitsOf = (letter: string, who: Who, before: number, isFolder: boolean, isMasked: boolean): number => {
  const bit = plain[letter]
  if (bit !== undefined) return (bit << shift[who]) & ~(isMasked ? umask : 0)
  if (letter === 'X') return isFolder || (before & 0o111) !== 0 ? 1 << shift[who] : 0
  if (letter in shift) return ((before >> shift[letter as Who]) & 7) << shift[who]
  const [own, more] = special[who]
  return letter === own ? more : 0
}

/**
 * The mode that something has after such a change, in four octal digits.
 * @param before its mode now, in octal digits; of something new, the one that it is made with
 */
export const changedMode = (change: string, before: string, isFolder: boolean): string => {
  let mode = Number.parseInt(before, 8)
  for (const clause of change.split(',')) {
    const [, letters = '', rest = ''] = /^([ugoa]*)(.*)$/.exec(clause)!
    const all = (letters === '' || letters.includes('a') ? ['u', 'g', 'o'] : [...letters]) as Who[]
    for (const [, operator, set = ''] of rest.matchAll(/([-+=])([^-+=]*)/g))
      for (const who of all) {
        const bits = [...set].reduce((sum, one) => sum | bitsOf(one, who, mode, isFolder, letters === ''), 0)
        if (operator === '-') mode &= ~bits
        else if (operator === '+') mode |= bits
        else mode = (mode & ~((7 << shift[who]) | special[who][1])) | bits
      }
  }
  return mode.toString(8).padStart(4, '0')
}
