import type { ArchiveMember } from '../../core/archive-member.ts'
import type { Probe, Query } from '../query.ts'

/** A program archive that is asked for: its name upstream, where it may be had, how it is known to be the right one. */
export type ArchiveWanted = {
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

/** A program archive of the controller's store. Members with their digests, so that nothing need be unpacked to plan. */
export type ArchiveAnswer =
  | { exists: false; missing: string; fix: string }
  | { exists: true; name: string; file: string; size: number; sha256: string; members: ArchiveMember[] }

/** What lies in a folder of the controller, by its path below that. Of small files the bytes are told too. */
export type SourceEntry = { path: string } & (
  | { kind: 'file'; file: string; mode: string; size: number; sha256: string; bytes?: Buffer }
  | { kind: 'directory'; mode: string }
  | { kind: 'link'; target: string }
)

/**
 * A file of the controller to be put on a host, or a folder; `file` is its absolute path there. The entries of a folder
 * come in the order of their paths' bytes, each behind the folder that it lies in.
 */
export type SourceAnswer =
  | { exists: false; missing: string }
  | { exists: true; kind: 'file'; file: string; mode?: string; size: number; sha256: string; bytes?: Buffer }
  | { exists: true; kind: 'directory'; file: string; entries: SourceEntry[] }

/**
 * A file that may be written on the controller: where it is, and what is there by now. `fault`: why none can be put there.
 */
export type LocalFileAnswer = { file: string; fault?: string } & (
  | { exists: false }
  | { exists: true; size: number; sha256: string }
)

/** What a template file says on this host. Rendered by the controller with the host's variables. */
export type TemplateAnswer = { exists: false; missing: string } | { exists: true; text: string }

const controllerProbe = <Raw>(kind: string): Probe<Raw> => ({ kind, side: 'controller', sh: () => '', read: () => [] })

const ask = <A>(kind: string, item: string, subject = item): Query<A, false> => ({
  key: `${kind}:${item}`,
  looks: [],
  probe: controllerProbe<A>(kind),
  item,
  facets: [],
  parse: (raw: A) => raw,
  only: true,
  subject,
})

/** An archive by upstream's file name, e.g. `kubo_v0.42.0_linux-amd64.tar.gz`. */
export const archive = (wanted: ArchiveWanted): Query<ArchiveAnswer, false> =>
  ask('archive', JSON.stringify(wanted), wanted.name)
/** What an archive query asks for. */
export const archiveWanted = (query: Query<unknown, boolean>): ArchiveWanted => JSON.parse(query.item)
/** A file given as `src:`, looked for in `files/` beside the playbook, then beside it. */
export const source = (path: string): Query<SourceAnswer, false> => ask('source', path)
/** The same, but that a link in a folder is a link: it is not what it leads to. */
export const sourceLinks = (path: string): Query<SourceAnswer, false> => ask('source-links', path)
/** A file that may be brought to the controller, by its path: beside the playbook where that is not absolute. */
export const localFile = (path: string): Query<LocalFileAnswer, false> => ask('local-file', path)
/** A template given as `src:`, looked for in `templates/` beside the playbook, then beside it. */
export const template = (path: string): Query<TemplateAnswer, false> => ask('template', path)
/** A tar archive given as `src:`, listed. */
export const localArchive = (path: string): Query<ArchiveAnswer, false> => ask('local-archive', path)
