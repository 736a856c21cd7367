/** One figure. Without a bound it is there for information. */
export type Row = { name: string; ours: string; theirs?: string; ratio?: number; bound?: string; met?: boolean }

const time = (ms: number): string => (ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`)

/** Medians of ours and theirs, and how many times theirs ours may take. */
export const ratioRow = (name: string, { ours, theirs }: { ours: number; theirs: number }, most?: number): Row => {
  const ratio = ours / theirs
  const row = { name, ours: time(ours), theirs: time(theirs), ratio }
  return most === undefined ? row : { ...row, bound: `${most} x`, met: ratio <= most }
}

/** Something counted or compared, not timed. */
export const checkRow = (name: string, ours: string, bound: string, met: boolean): Row => ({ name, ours, bound, met })

export const infoRow = (name: string, ours: string | number): Row => ({
  name,
  ours: typeof ours === 'number' ? time(ours) : ours,
})

export const heads = ['figure', 'ours', 'theirs', 'ratio', 'bound', '']

const cells = (row: Row): string[] => [
  row.name,
  row.ours,
  row.theirs ?? '',
  row.ratio === undefined ? '' : row.ratio.toFixed(2),
  row.bound ?? '',
  row.met === undefined ? '' : row.met ? 'met' : 'MISSED',
]

const widths = [46, 10, 10, 6, 10, 6]

/** One line of the table; a long first word or a long text of a row without a bound just goes on. */
export const line = (parts: string[]): string =>
  parts
    .map((part, i) => (i === 0 ? part.padEnd(widths[0]!) : part.padStart(widths[i]!)))
    .join('  ')
    .trimEnd()

export const lineOf = (row: Row): string => {
  const parts = cells(row)
  return row.ours.length > widths[1]! && row.bound === undefined
    ? `${row.name.padEnd(widths[0]!)}  ${row.ours}`
    : line(parts)
}
