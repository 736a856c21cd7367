import { FileFault, readControllerFile } from '../core/controller-file.ts'
import { refuse } from '../core/failure.ts'
import type { WantedArchive } from './archive.ts'
import type { ArtifactLock } from './lock.ts'

/** What the digest of an archive has to be, and who says so. */
export type ExpectedDigest = {
  /** SHA-256 or SHA-512, which its length tells. */
  hex: string
  /** Ends the sentence "NAME is not what … says". */
  by: string
  /** What to do when a file has another. */
  fix: string
  /** How many bytes the archive has, where that is said as well. */
  size?: number
}
type Digests = { sha256: string; sha512: string }

const LINE = /^([0-9a-f]{128}|[0-9a-f]{64})(?:\s+\*?(.*))?$/i

/**
 * The digest that a file of digests (`HEX  FILE`, as sha512sum writes it) says for `name`; undefined when it says none.
 * A line without a file name counts for any name.
 */
export const parseChecksum = (text: string, name: string): string | undefined => {
  const lines = text.split('\n').map(line => LINE.exec(line.trim()))
  const found = lines.find(line => line?.[2] === name) ?? lines.find(line => line && !line[2])
  return found?.[1]?.toLowerCase()
}

/** Of a file's two digests the one that can be compared. */
const digestOfKind = (expected: ExpectedDigest, digests: Digests): string =>
  expected.hex.length === 128 ? digests.sha512 : digests.sha256

export const matchesDigest = (expected: ExpectedDigest, digests: Digests): boolean =>
  digestOfKind(expected, digests) === expected.hex

/** Refuses (`usage-file`) a file whose digest is not the expected one; `place` says where it lies. */
export const checkDigests = (name: string, place: string, all: ExpectedDigest[], digests: Digests): void => {
  for (const expected of all)
    if (!matchesDigest(expected, digests))
      refuse('usage-file', `${name} is not what ${expected.by} says`, {
        why: `${place}\n  has     ${digestOfKind(expected, digests)}\n  and not ${expected.hex}`,
        fix: expected.fix,
      })
}

const sayDigestFile = (ending: string): Pick<ExpectedDigest, 'by' | 'fix'> => ({
  by: `its ${ending}`,
  fix: 'download both again; if they still differ, do not use the archive',
})

/** The digests that are known whatever address an archive comes from: those of the playbook and the lock file. */
export const digestsKnownBefore = ({ name, pinned }: WantedArchive, lock: ArtifactLock): ExpectedDigest[] => {
  const locked = lock.get(name)
  return [
    ...(pinned === undefined
      ? []
      : [
          {
            hex: pinned.toLowerCase(),
            by: 'the playbook',
            fix: `get the right file, or mend the digest of ${name} in the playbook`,
          },
        ]),
    ...(locked === undefined
      ? []
      : [
          {
            hex: locked.sha512,
            size: locked.size,
            by: lock.file,
            fix: `get the file that was used before; if the new one is meant, remove ${name} from ${lock.file} and run again`,
          },
        ]),
  ]
}

/** A file of digests has a line for each file of a release. */
const LONGEST_DIGESTS = 1024 * 1024

const read = (file: string): string | undefined => {
  try {
    return readControllerFile(file, LONGEST_DIGESTS).toString()
  } catch (error) {
    if (!(error instanceof FileFault)) throw error
    if (error.code === 'ENOENT') return undefined
    return refuse('usage-file', `${file} cannot be read`, { why: `it ${error.told}`, fix: 'make it readable' })
  }
}

/**
 * What the file of digests beside an archive says. Refuses (`usage-file`) when there is none or it says nothing of it.
 */
export const digestBeside = async (archive: string, name: string): Promise<ExpectedDigest> => {
  for (const ending of ['.sha512', '.sha256']) {
    const text = read(archive + ending)
    if (text === undefined) continue
    const hex = parseChecksum(text, name)
    if (hex !== undefined) return { hex, ...sayDigestFile(ending) }
    return refuse('usage-file', `${archive}${ending} says no digest of ${name}`, {
      why: 'a line `HEX  FILE` with that name was expected',
      fix: `download the ${ending} again: upstream has it beside the archive`,
    })
  }
  return refuse('usage-file', `${name} has no ${name}.sha512 beside it`, {
    why: 'without it nobody can tell whether the archive is whole',
    fix: `put ${archive}.sha512 there: upstream has it beside the archive`,
  })
}

/** What a published file of digests says; undefined when it says nothing of the archive. */
export const publishedDigest = (text: string, name: string, url: string): ExpectedDigest | undefined => {
  const hex = parseChecksum(text, name)
  return hex === undefined
    ? undefined
    : { hex, by: url, fix: 'try again later or elsewhere; as long as they differ, do not use the archive' }
}
