import { posix } from 'node:path'
import { isClosedToFiles, kernelFileFix } from '../module/kernel-file.ts'
import { isBelow } from '../module/label.ts'
import type { Mount } from '../module/probes/mounts.ts'
import type { Deed, Hindrance } from './deed.ts'

/** The mount that a path is on: the innermost, of several at one place the newest. */
const mountAt = (mounts: Mount[], path: string): Mount | undefined =>
  mounts.reduce<Mount | undefined>(
    (found, mount) => (isBelow(path, mount.at) && mount.at.length >= (found?.at.length ?? 0) ? mount : found),
    undefined,
  )

const unmount = (at: string): string =>
  `Change what is mounted there where it comes from, or take the mount away first (umount ${at}). Where it is a file, unsafe_writes: true writes over its bytes.`

/** Whether the change is one that the kernel's own file systems do not let happen: folders and modes it mostly does. */
const isKernels = ({ type }: Mount, { way, patch }: Deed): boolean => {
  if (way === 'adjusted') return type === 'proc'
  return patch.kind !== 'directory' && isClosedToFiles(type, way)
}

/** What is mounted keeps a file from being replaced or removed, and one that is mounted read-only from any change. */
export const mountHindrance = (mounts: Mount[], deed: Deed): Hindrance | undefined => {
  const { path, real, way, inPlace } = deed
  const under = mountAt(mounts, way === 'adjusted' ? real : posix.dirname(real))
  if (under && isKernels(under, deed))
    return {
      why: `${path} is no file on a disk: ${under.at} is where the kernel shows its own (${under.type})`,
      fix: kernelFileFix(real),
    }
  if (way === 'placed' || way === 'removed') {
    const own = mounts.findLast(mount => mount.at === real)
    if (own && way === 'placed' && !inPlace)
      return { why: `${path} is a mount point (${own.source}): it cannot be replaced`, fix: unmount(own.at) }
    const inside = way === 'removed' ? mounts.findLast(mount => isBelow(mount.at, real)) : undefined
    if (inside)
      return {
        why: `${path} cannot be removed: ${inside.source} is mounted at ${inside.at}`,
        fix: `Take the mount away first (umount ${inside.at}).`,
      }
  }
  if (under?.readOnly)
    return {
      why: `${path} cannot be changed: ${under.source} is mounted read-only at ${under.at}`,
      fix: `Choose another path, or mount it for writing (mount -o remount,rw ${under.at}).`,
    }
  return undefined
}

/** File systems on which all is of one owner and one mode, whatever chown and chmod ask for. */
const OWNERLESS = ['vfat', 'msdos', 'exfat']

/**
 * On a disk that keeps no owners nothing can be closed to others, so that where they may write nothing can be put without their
 * changing it meanwhile.
 */
export const ownerlessHindrance = (
  mounts: Mount[],
  { path, real, way }: Deed,
  isAlone: boolean,
): Hindrance | undefined => {
  const folder = posix.dirname(real)
  const under = mountAt(mounts, folder)
  if (way === 'removed' || isAlone || under === undefined || !OWNERLESS.includes(under.type)) return undefined
  return {
    why: `${path} would lie on a disk that keeps no owners (${under.type} at ${under.at}), where others may write: nobody can see to it that what is put there is what was meant`,
    fix: `Mount it so that only the task's user may write: mount -o remount,uid=0,gid=0,umask=022 ${under.at}; or choose another path.`,
  }
}
