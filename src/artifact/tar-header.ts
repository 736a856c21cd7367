import { nameInArchive, refuseDamagedArchive } from '../core/archive-member.ts'

/** A tar archive is a row of blocks of this size. */
export const TAR_BLOCK = 512

/** One header block, as it stands: what long-name records say beside it is not in it yet, so a name may be cut off. */
export type TarHeader = { path: Buffer; linkname: Buffer; type: string; mode: number; size: number }

const CHECKSUM = { from: 148, to: 156 }

const field = (block: Buffer, from: number, to: number): Buffer => {
  const end = block.indexOf(0, from)
  return block.subarray(from, end === -1 || end > to ? to : end)
}

/** Numbers are octal text, or binary (top bit set) where a size does not fit: GNU tar for files over 8 GiB. */
const number = (block: Buffer, from: number, to: number): number => {
  if ((block[from]! & 0x80) === 0) return Number.parseInt(field(block, from, to).toString('latin1').trim() || '0', 8)
  const bytes = [block[from]! & 0x7f, ...block.subarray(from + 1, to)]
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0)
}

/** The sum of all bytes, those of the checksum itself counted as blanks. */
const sumOf = (block: Buffer): number => {
  const rest = block.reduce((sum, byte, at) => (at >= CHECKSUM.from && at < CHECKSUM.to ? sum : sum + byte), 0)
  return rest + 32 * (CHECKSUM.to - CHECKSUM.from)
}

/** Reads a header block; undefined for the block of zeros that ends an archive. */
export const parseTarHeader = (block: Buffer): TarHeader | undefined => {
  if (block.every(byte => byte === 0)) return undefined
  if (number(block, CHECKSUM.from, CHECKSUM.to) !== sumOf(block)) {
    return refuseDamagedArchive('it is not a tar archive, or damaged: the checksum of a header does not match')
  }
  const size = number(block, 124, 136)
  if (!Number.isSafeInteger(size) || size < 0) return refuseDamagedArchive('a header says an impossible size')
  // Only POSIX archives continue a long name in `prefix`; GNU's old format keeps times at that place.
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? field(block, 345, 500) : Buffer.alloc(0)
  const name = field(block, 0, 100)
  return {
    path: prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]),
    linkname: field(block, 157, 257),
    type: block[156] === 0 ? '0' : String.fromCharCode(block[156]!),
    mode: number(block, 100, 108) & 0o7777,
    size,
  }
}

/** The records of a pax header, each `LENGTH KEY=VALUE\n`, where LENGTH counts the whole record in bytes. */
export const parsePax = (bytes: Buffer): Record<string, string> => {
  const found: Record<string, string> = {}
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(' ', at)
    const length = Number(bytes.toString('latin1', at, blank === -1 ? at : blank))
    const equals = bytes.indexOf('=', blank)
    if (!Number.isInteger(length) || length < 5 || at + length > bytes.length || equals === -1) {
      return refuseDamagedArchive('an extended header is cut off')
    }
    const key = bytes.toString('utf8', blank + 1, equals)
    const value = bytes.subarray(equals + 1, at + length - 1)
    found[key] = key === 'path' || key === 'linkpath' ? nameInArchive(value) : value.toString()
    at += length
  }
  return found
}
