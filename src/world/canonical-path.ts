import { posix } from 'node:path'
import { isRecord } from '../core/value.ts'
import { canonicalLabel, type Label } from '../module/label.ts'

/** Where a path leads once a change has happened: what a link points to, or `null` where nothing is left of it. */
export type Moves = Map<string, string | null>

/** What is known of the links of one machine. */
export type KnownLinks = {
  /** Real folders, as file answers told them: `/var/run` is `/run`. */
  reals: ReadonlyMap<string, string>
  predicted: readonly { moves: Moves }[]
}

/** The links that a change of files makes and takes away. */
export const movesOf = (patches: Map<string, unknown>): Moves => {
  const moves: Moves = new Map()
  for (const [key, patch] of patches) {
    if (!key.startsWith('file:') || !isRecord(patch)) continue
    if (patch.exists === false) moves.set(key.slice(5), null)
    else if (patch.kind === 'link' && typeof patch.target === 'string') moves.set(key.slice(5), patch.target)
  }
  return moves
}

/** As many links as Linux follows before it gives up. */
const most = 40

/** `/a/link/.` is the folder a link leads to, `/a/link` the link itself. */
export const followsLink = (path: string): boolean => path.endsWith('/.')

const still: KnownLinks['predicted'] = []

/** Whether normalizing would leave a path as it is. Asked for every look of every line: it is a sixth of the time. */
const isPlain = (path: string): boolean => path.length > 1 && !/\/(\/|\.\.?(\/|$)|$)/.test(path) && path.startsWith('/')

/**
 * The one name of a path: its folders one by one through links that are predicted (the newest counts) and real folders
 * that were seen. Below something that will be removed nothing that was seen holds any more.
 */
export const canonicalPath = (links: KnownLinks, path: string, upto = links.predicted.length, left = most): string => {
  const moving = upto === 0 ? still : links.predicted.slice(0, upto).filter(p => p.moves.size > 0)
  const names = (isPlain(path) ? path : posix.normalize(path)).split('/')
  names.shift()
  const base = followsLink(path) ? '.' : names.pop()!
  let folder = ''
  let removed = false
  for (let i = 0; i < names.length; i += 1) {
    const above = folder
    folder += `/${names[i]}`
    const target = moving.length === 0 ? undefined : moving.findLast(p => p.moves.has(folder))?.moves.get(folder)
    removed ||= target === null
    const real = removed ? undefined : links.reals.get(folder)
    const through = typeof target === 'string' ? posix.resolve(above || '/', target) : real
    if (through === undefined || through === folder) continue
    const on = `${posix.join(through, ...names.slice(i + 1))}/${base}`
    return left === 0 ? on : canonicalPath(links, on, upto, left - 1)
  }
  return base === '.' ? folder || '/' : `${folder}/${base}`
}

/** The last change after which nothing is left at or above a (canonical) path's folder; -1: there is none. */
export const removalAbove = (links: KnownLinks, path: string, upto: number): number =>
  links.predicted
    .slice(0, upto)
    .findLastIndex(({ moves }) => [...moves].some(([at, to]) => to === null && path.startsWith(`${at}/`)))

/** Labels with the one names of their paths. */
export const canonicalLabels = (links: KnownLinks, labels: Label[]): Label[] =>
  labels.map(label => canonicalLabel(label, path => canonicalPath(links, path)))
