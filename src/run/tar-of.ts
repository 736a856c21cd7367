import { bytesOfText } from '../core/byte-text.ts'

const block = 512
/** Names up to this length stand in the header itself; a longer one comes before it, as GNU tar has it. */
const longestName = 99

const octal = (value: number, length: number): string => value.toString(8).padStart(length - 1, '0')

const header = (name: Buffer, size: number, type: '0' | 'L'): Buffer => {
  const bytes = Buffer.alloc(block)
  name.copy(bytes, 0, 0, longestName)
  bytes.write(`${octal(0o600, 8)}\0${octal(0, 8)}\0${octal(0, 8)}\0${octal(size, 12)}\0${octal(0, 12)}\0`, 100)
  bytes.write(`        ${type}`, 148)
  bytes.write('ustar  \0', 257)
  bytes.write(
    `${octal(
      bytes.reduce((sum, byte) => sum + byte, 0),
      7,
    )}\0 `,
    148,
  )
  return bytes
}

const filled = (bytes: Buffer): Buffer[] => [bytes, Buffer.alloc((block - (bytes.length % block)) % block)]

/**
 * A tar archive of regular files, closed to others and from 1970: what they are to be else is set when they are unpacked.
 * Of names it takes any bytes. The format is that of GNU tar, which BusyBox reads too.
 */
export const tarOf = (files: { path: string; bytes: Buffer }[]): Buffer =>
  Buffer.concat([
    ...files.flatMap(({ path, bytes }) => {
      const name = bytesOfText(path)
      const long = Buffer.concat([name, Buffer.alloc(1)])
      const before =
        name.length > longestName ? [header(Buffer.from('././@LongLink'), long.length, 'L'), ...filled(long)] : []
      return [...before, header(name, bytes.length, '0'), ...filled(bytes)]
    }),
    Buffer.alloc(2 * block),
  ])
