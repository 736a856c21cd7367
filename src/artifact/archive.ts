/** One thing that unpacking an archive makes. */
export type Member = {
  /** Relative, without `./` in front and without `/` at the end. */
  path: string
  kind: 'file' | 'directory' | 'link'
  /** Permission bits as four octal digits, `0755`. */
  mode: string
  size: number
  /** Of a file's content; empty for directories and links. */
  sha256: string
  /** Where a symbolic link points, as it is written in the archive. */
  target?: string
}

/** A program archive in the controller's cache: checked against its `.sha512`, its members known. */
export type Archive = {
  name: string
  /** The copy in the cache, absolute. */
  file: string
  size: number
  sha256: string
  sha512: string
  members: Member[]
}

/** Why there is no such archive, for a person, and what to do about it. */
export type Absent = { missing: string; fix: string }
