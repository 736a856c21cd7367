import { type ArchiveAnswer, type ArchiveWanted, archive, type Facts, type Query } from '../../../src/module/module.ts'

/** A program of an archive: where it is in there, where it goes in the version's folder, how to ask what it is. */
export type PackedProgram = { name: string; member: string; at: string; says: string[] }
/** An archive as upstream publishes it, and what is taken out of it. */
export type Bundle = { archive(facts: Facts): ArchiveWanted; take: string; programs: PackedProgram[] }
export type Package = { name: string; version: string; bin_dir: string; bundles: Bundle[] }

/** `/usr/local/lib/kubo` for `/usr/local/bin`: the versions live beside the folder of the links. */
export const packageFolder = ({ bin_dir, name }: Package): string =>
  `${bin_dir.slice(0, bin_dir.lastIndexOf('/'))}/lib/${name}`
export const versionFolder = (p: Package): string => `${packageFolder(p)}/${p.version || 'none'}`
export const programsOf = (p: Package): PackedProgram[] => p.bundles.flatMap(b => b.programs)
export const programLink = (p: Package, { name }: PackedProgram): string => `${p.bin_dir}/${name}`

/** What is asked of the controller for a host of this kind. */
export const archivesOf = (p: Package, facts: Facts): Query<ArchiveAnswer, false>[] =>
  p.bundles.map(bundle => archive(bundle.archive(facts)))
