import { program, type Query, quote } from '../../../src/module/module.ts'
import type { Obstacle } from './paths.ts'

/** Bytes that who looks may still use where a path is or will be: some are root's alone. */
export type FreeSpace = { free: number }

/** One process; the folder itself may still have to be made. Who may write to / is root. */
export const freeSpace = (path: string): Query<FreeSpace, false> => ({
  ...program<FreeSpace>({
    key: `space:${path}`,
    sh: `d=${quote(path)}; while [ ! -d "$d" ]; do d=\${d%/*}; d=\${d:-/}; done
[ -w / ] && free=%f || free=%a; stat -f -c "$free %S" -- "$d"`,
    looks: [],
    parse: ({ stdout }) => {
      const [blocks = Number.NaN, size = Number.NaN] = stdout.toString().split(' ').map(Number)
      return { free: blocks * size }
    },
    subject: `free space at ${path}`,
  }),
  only: true,
})

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`

/** What keeps `bytes` from being put at a path; where the free space could not be told, nothing does. */
export const tooLittleSpace = (path: string, { free }: FreeSpace, bytes: number): Obstacle | undefined =>
  free < bytes
    ? {
        why: `the disk is full: ${megabytes(bytes)} are to go to ${path}, where ${megabytes(free)} are free`,
        fix: `free some space there (df -h ${path}; versions no longer used lie side by side)`,
      }
    : undefined
