import type { ArchiveMember } from '../core/archive-member.ts'

/** An archive that is asked for: where it may be had, and what is known of its bytes beforehand. */
export type WantedArchive = {
  name: string
  /** Addresses of the archive itself, in the order they are tried. */
  urls: string[]
  /** Where its makers publish it; the addresses to be tried may be others. */
  upstream: string
  /** Its digest is published under the same address with this at the end. */
  published: '.sha512' | '.sha256'
  /** The digest that the playbook asks for, in hex. */
  pinned?: string
}

/** A program archive in the controller's cache: checked against a digest, its members known. */
export type Archive = {
  name: string
  /** The copy in the cache, absolute. */
  file: string
  size: number
  sha256: string
  sha512: string
  members: ArchiveMember[]
}

/** Why there is no such archive, for a person, and what to do about it. */
export type AbsentArchive = { missing: string; fix: string }
