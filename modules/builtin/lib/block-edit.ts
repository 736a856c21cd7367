/** Where a new block goes: behind (or before) the last line that matches, or the first match where it spans lines. */
export type BlockPosition = { at: 'beginning' | 'end' } | { side: 'after' | 'before'; of: RegExp; spansLines: boolean }

/** A block of lines between two marker lines, in Ansible's terms; an empty block takes it out. */
export type BlockEdit = {
  markers: [begin: string, end: string]
  block: string
  place: BlockPosition
  /** Whether there is an empty line before and behind it, but where the file begins or ends. */
  blankBefore: boolean
  blankAfter: boolean
}

const split = (text: string): string[] => text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? []
const lineEnds = (text: string): number => text.split('\n').length - 1

/** Index of the line that a new block comes before. */
const placeIn = (text: string, lines: string[], place: BlockPosition): number => {
  if ('at' in place) return place.at === 'beginning' ? 0 : lines.length
  const { of, side, spansLines } = place
  const past = side === 'after' ? 1 : 0
  if (!spansLines) {
    const found = lines.findLastIndex(line => of.test(line))
    return found < 0 ? lines.length : found + past
  }
  const match = of.exec(text)
  if (!match) return lines.length
  const to = match.index + (side === 'after' ? match[0].length : 0)
  return Math.min(lines.length, lineEnds(text.slice(0, to)) + past)
}

/** The lines without a block that is there, and where it was; the last line that is a marker counts. */
const withoutBlock = (lines: string[], markers: [string, string]): { rest: string[]; at: number } | undefined => {
  const [begin, end] = markers.map(marker => lines.lastIndexOf(`${marker}\n`)) as [number, number]
  if (begin < 0 || end < 0) return undefined
  const at = Math.min(begin, end)
  return { rest: lines.toSpliced(at, Math.abs(end - begin) + 1), at }
}

/** The text after the edit, as Ansible's blockinfile makes it. */
export const editBlock = (text: string, edit: BlockEdit): string => {
  const lines = split(text)
  const [begin, end] = edit.markers
  const found = withoutBlock(lines, edit.markers) ?? { rest: lines, at: placeIn(text, lines, edit.place) }
  const before = found.rest.slice(0, found.at)
  const after = found.rest.slice(found.at)
  const last = before.at(-1)
  if (last !== undefined && !last.endsWith('\n')) before[before.length - 1] = `${last}\n`
  const body = edit.block === '' || edit.block.endsWith('\n') ? edit.block : `${edit.block}\n`
  return [
    ...before,
    ...(edit.blankBefore && before.length > 0 && before.at(-1) !== '\n' ? ['\n'] : []),
    ...(body === '' ? [] : [`${begin}\n`, body, `${end}\n`]),
    ...(edit.blankAfter && after.length > 0 && after[0] !== '\n' ? ['\n'] : []),
    ...after,
  ].join('')
}
