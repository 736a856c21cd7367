import { readFileSync } from 'node:fs'
import { refuse } from '../core/failure.ts'

const unescaped = (field: string): string =>
  field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

/** The mount points at or below a folder, from the text of /proc/self/mountinfo; deepest last. */
export const mountsBelow = (mountinfo: string, folder: string): string[] =>
  mountinfo
    .split('\n')
    .map(line => unescaped(line.split(' ')[4] ?? ''))
    .filter(point => point === folder || point.startsWith(`${folder}/`))

/**
 * Removing a folder tree must not walk into a mount of something else.
 * @throws Refusal `lab-host` if anything is mounted below the folder.
 */
export const needPlainFolder = (folder: string): void => {
  const points = mountsBelow(readFileSync('/proc/self/mountinfo', 'utf8'), folder)
  if (points.length > 0)
    refuse('lab-host', `${folder} cannot be removed: something is mounted in it`, {
      why: points.join('\n'),
      fix: 'unmount it, then try again',
    })
}
