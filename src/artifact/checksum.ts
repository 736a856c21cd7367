import { readFile } from 'node:fs/promises'
import { refuse } from '../core/failure.ts'

const LINE = /^([0-9a-f]{128})(?:\s+\*?(.*))?$/i

/**
 * The digest a `.sha512` file (`HEX  FILE`, as sha512sum writes it) says for `name`; undefined when it says none.
 * A line that names no file speaks for the only one it can mean.
 */
export const parseChecksum = (text: string, name: string): string | undefined => {
  const lines = text.split('\n').map(line => LINE.exec(line.trim()))
  const found = lines.find(line => line?.[2] === name) ?? lines.find(line => line && !line[2])
  return found?.[1]?.toLowerCase()
}

/** Reads the `.sha512` beside an archive. Refuses (`usage-file`) when it is missing or says nothing of the archive. */
export const claimedDigest = async (source: string, name: string): Promise<string> => {
  const file = `${source}.sha512`
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT'
      ? refuse('usage-file', `${name} has no ${name}.sha512 beside it`, {
          why: 'without it nobody can tell whether the archive is whole',
          fix: `put ${file} there: upstream has it beside the archive`,
        })
      : refuse('usage-file', `${file} cannot be read`, { why: error.message, fix: 'make it readable' }),
  )
  return (
    parseChecksum(text, name) ??
    refuse('usage-file', `${file} says no SHA-512 digest of ${name}`, {
      why: 'a line `HEX  FILE` with 128 hexadecimal digits and that name was expected',
      fix: 'download the .sha512 again: upstream has it beside the archive',
    })
  )
}
