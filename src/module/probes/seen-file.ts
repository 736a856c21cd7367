import { isUnknown } from '../../core/unknown.ts'
import { isRecord } from '../../core/value.ts'
import type { Guard } from '../guard.ts'
import { asStat } from './promised-file.ts'

/** What a file that takes the place of another gets from it, or is to have instead. */
const attributes = ['mode', 'uid', 'gid']

/**
 * A file with one name still has no other: a name that came meanwhile (`ln`) would keep the old content. Of one with several
 * nothing is said: those that are replaced together part one after the other.
 */
const oneName = ({ ties }: Record<string, unknown>): [name: string, value: unknown][] =>
  isRecord(ties) && ties.links === 1 ? [['links', 1]] : []

const handedOn = (seen: Record<string, unknown>): Guard['handedOn'] => {
  const known = attributes.filter(member => seen[member] !== undefined && !isUnknown(seen[member]))
  // How a member reads is the same as for a promise.
  const told = asStat([...known.map((member): [string, unknown] => [member, seen[member]]), ...oneName(seen)])
  return told?.format === '' ? undefined : told
}

const content = ({ content: found }: Record<string, unknown>): string | undefined =>
  isRecord(found) && typeof found.digest === 'string' ? found.digest : undefined

/**
 * What of a file that was seen must still be so when a change of it is put in place. Its content counts where the change
 * replaces or removes it, mode and owner where it is replaced, since it hands them on; where only mode or owner are set, its
 * kind alone.
 */
export const seenFile =
  (path: string) =>
  (seen: Record<string, unknown>, patch: Record<string, unknown>): Guard | undefined => {
    if (isUnknown(seen.exists) || seen.exists === undefined) return undefined
    if (seen.exists === false) return { path, kind: 'absent' }
    if (typeof seen.kind !== 'string') return { path, kind: 'there' }
    const kind = seen.kind as Guard['kind']
    const isReplaced = patch.exists === false || patch.content !== undefined || patch.target !== undefined
    if (!isReplaced) return { path, kind }
    const digest = kind === 'file' ? content(seen) : undefined
    const target = kind === 'link' && typeof seen.target === 'string' ? seen.target : undefined
    const rest = kind === 'file' && patch.content !== undefined ? handedOn(seen) : undefined
    return {
      path,
      kind,
      ...(digest === undefined ? {} : { digest }),
      ...(target === undefined ? {} : { target }),
      ...(rest === undefined ? {} : { handedOn: rest }),
    }
  }
