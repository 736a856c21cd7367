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
const making = makingBeside(`if [ "$3" ]; then cp -r -T -- "$3" ./made; else mkdir ./made; chmod 0755 ./made; fi
[ -z "$4" ] || chmod "$4" ./made
chown -R "$2:" ./made`)

type NewHome = { name: string; skeleton?: string; umask?: string }
/** `umask`: what its mode has not of 0777. */
export const newHome = (
  { name, skeleton = '/etc/skel', umask }: NewHome,
  home: string,
  fromSkeleton: boolean,
): Step => {
  const mode = umask === undefined ? '' : (0o777 & ~Number.parseInt(umask, 8)).toString(8).padStart(4, '0')
  const words = [home, name, fromSkeleton ? skeleton : '', ...(mode === '' ? [] : [mode])]
  return exec(['sh', '-c', making, 'sh', ...(words.at(-1) === '' ? words.slice(0, -1) : words)], { replaces: [home] })
}
