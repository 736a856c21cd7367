import { exec, type FileAnswer, later, type Step } from '../../../src/module/module.ts'
import { makingBeside } from './making-in-closet.ts'

/**
 * Whether somebody else than root may put something else in place of a folder above the home. useradd makes a home and gives
 * it away by its name, so there the home is made in another way.
 */
export const isSomebodys = (folder: FileAnswer): boolean =>
  later(() => folder.exists && (folder.uid !== 0 || (Number.parseInt(folder.mode, 8) & 0o022) !== 0)) === true

/**
 * A home as useradd would make it, in a closet beside its place first: there whole or not at all, and nobody can have root give
 * away something else meanwhile (see `making-in-closet.ts`).
 */
const making = makingBeside(`if [ "$3" ]; then cp -r -T -- /etc/skel ./made; else mkdir ./made; chmod 0755 ./made; fi
chown -R "$2:" ./made`)

export const newHome = (name: string, home: string, fromSkeleton: boolean): Step =>
  exec(['sh', '-c', making, 'sh', home, name, ...(fromSkeleton ? ['skel'] : [])], { replaces: [home] })
