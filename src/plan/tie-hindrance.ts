import { posix } from 'node:path'
import { folderAt } from '../module/probes/file.ts'
import type { AnyQuery, Reads } from '../module/query.ts'
import type { Asker } from './decide.ts'
import { type Deed, type Hindrance, handsOn, present } from './deed.ts'
import type { Line } from './line.ts'

const unflag = (path: string, fixed: string): string =>
  `Take the flag away first (chattr -${fixed === 'immutable' ? 'i' : 'a'} ${path}), or leave it as it is.`

/** Names of one file have one ctime, to the microsecond, and one size. */
const isNameOfSame = ({ there: a }: Deed, { way, there: b }: Deed): boolean =>
  way !== 'adjusted' && a !== undefined && b?.changed === a.changed && b.size === a.size

/**
 * What a change would tear: a flag of the file or its folder, further names, which would keep the old content without a
 * word, or an access control list that nothing hands on.
 */
export const tieHindrance = (line: Line, deeds: Deed[], deed: Deed, ask: Asker): Hindrance | undefined => {
  const { path, way, there } = deed
  const fixed = there?.ties?.fixed
  if (fixed) return { why: `${path} is ${fixed}`, fix: unflag(path, fixed) }
  if (way === 'adjusted') return undefined
  const folder = posix.dirname(path)
  const above = present(known(line, folder, ask))?.ties?.fixed
  if (above) return { why: `the folder ${folder} is ${above}`, fix: unflag(folder, above) }
  if (there?.kind !== 'file' || way === 'removed' || deed.patch.content === undefined) return undefined
  const names = there.ties?.links ?? 1
  if (names > 1 && names > deeds.filter(one => isNameOfSame(deed, one)).length)
    return {
      why: `${path} is one of ${names} names of a file (hard links): the others would keep what is in it now`,
      fix: `find / -xdev -samefile ${path} lists them. Remove this name in an earlier task (file, state: absent) if it is to be a file of its own.`,
    }
  if (there.ties?.acl && !handsOn(line, path))
    return {
      why: `${path} has an access control list that would be lost`,
      fix: `Take it away first: \`setfacl -b ${path}\`.`,
    }
  return undefined
}

/** Who else than a user, or root, may change names in a folder: `nobody`, its owner alone, or others too. */
export const namesAreOf = (folder: Folder, user: number): 'nobody' | 'owner' | 'others' => {
  if (!/[0145][0145]$/.test(folder.mode)) return 'others'
  return folder.uid === 0 || folder.uid === user ? 'nobody' : 'owner'
}

type Folder = { uid: number; mode: string }
const folderIn = (found: unknown): Folder | undefined => {
  const { uid, mode } = present(found) ?? {}
  return typeof uid === 'number' && typeof mode === 'string' ? { uid, mode } : undefined
}

/** The folder of a path as far as the line has asked for it already. */
export const knownFolder = (line: Line, path: string, ask: Asker): Folder | undefined =>
  folderIn(known(line, posix.dirname(path), ask))

/**
 * Owner and mode of a file with further names, in a folder where somebody else changes names: it may be a file of root's that was
 * linked there. The step would not do it either (see `own1` in pinned-deeds.ts), but for what is the folder's owner's anyway.
 */
export const sharedNameHindrance = (
  line: Line,
  { path, there }: Deed,
  user: number,
  ask: Asker,
): Hindrance | undefined => {
  const isSet = line.steps.some(step => (step.do === 'owner' || step.do === 'mode') && step.paths.includes(path))
  const names = there?.ties?.links ?? 1
  const folder = isSet && there?.kind === 'file' && names > 1 ? folderIn(ask(folderAt(posix.dirname(path)))) : undefined
  if (folder === undefined || namesAreOf(folder, user) === 'nobody') return undefined
  if (namesAreOf(folder, user) === 'owner' && there?.uid === folder.uid) return undefined
  return {
    why: `${path} is one of ${names} names of a file (hard links), in a folder where somebody else may have made it: its owner and mode are left as they are`,
    fix: `find / -xdev -samefile ${path} lists them. Name the one that lies where nobody else may write, or remove this one in an earlier task (file, state: absent).`,
  }
}

/** What a line asks by item, found once: of a thousand files each asks for its folder. */
const itemsIn = new WeakMap<Reads, Map<string, AnyQuery>>()
const itemsOf = (reads: Reads): Map<string, AnyQuery> => {
  const known = itemsIn.get(reads)
  if (known) return known
  const queries = Object.values(reads).flatMap(query => query ?? [])
  const items = new Map(queries.toReversed().map(query => [query.item, query]))
  itemsIn.set(reads, items)
  return items
}

/** The folder as the line has asked for it already: nothing is read for this alone. */
const known = ({ reads }: Line, folder: string, ask: Asker): unknown => {
  const items = itemsOf(reads)
  const asked = items.get(folderAt(folder).item) ?? items.get(folder)
  return asked === undefined ? undefined : ask(asked)
}
