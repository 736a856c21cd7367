import { type FileAnswer, file, folderAt, later, type Query, uses } from '../../../src/module/module.ts'
import { linkTarget, parentFolder, plainPath } from './paths.ts'

// Where a file comes to lie whose place is named: there; in a folder that is there, or that a link there leads to, under its own
// name; or, where links are followed, at what a link there leads to.

type Landing = { dest: string; name: string | undefined; follow: boolean | undefined }
type Asked = {
  inside: Query<FileAnswer> | undefined
  into: Query<FileAnswer, false> | undefined
  followed: Query<FileAnswer> | undefined
  beside: Query<FileAnswer, false> | undefined
}

const targetIn = ({ dest }: Landing, found: FileAnswer): string | undefined =>
  found.exists && found.kind === 'link' ? linkTarget(dest, found.target) : undefined

/** A second look, where a folder or a link is at the place. */
export const landingReads = (landing: Landing, found: FileAnswer): Asked => {
  const { dest, name, follow } = landing
  const target = targetIn(landing, found)
  const mayGoIn = name !== undefined && found.exists && (found.kind === 'directory' || target !== undefined)
  const isFollowed = follow && target !== undefined
  return {
    inside: mayGoIn ? file(plainPath(`${dest}/${name}`)) : undefined,
    into: mayGoIn ? uses(folderAt(dest)) : undefined,
    followed: isFollowed ? file(target) : undefined,
    beside: isFollowed ? uses(folderAt(parentFolder(target))) : undefined,
  }
}

type Seen = { file: FileAnswer; parent: FileAnswer } & {
  [name in keyof Asked]?: FileAnswer | undefined
}

/** The place itself, what is there, and under which name it was looked at. */
export const landingOf = (landing: Landing, seen: Seen) => {
  const { dest, name } = landing
  const target = targetIn(landing, seen.file)
  const { inside, into, followed, beside } = seen
  const isFolder = into?.exists === true && later(() => into.exists && into.kind) === 'directory'
  if (inside && into && isFolder)
    return { path: plainPath(`${dest}/${name}`), file: inside, parent: into, as: 'inside' as const }
  if (followed?.exists && beside && target !== undefined)
    return { path: target, file: followed, parent: beside, as: 'followed' as const }
  return { path: dest, file: seen.file, parent: seen.parent, as: 'file' as const }
}
