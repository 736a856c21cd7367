import { exec, folder, pinFunctions, type Step } from '../../../src/module/module.ts'
import { makingBeside } from '../../builtin/lib/making-in-closet.ts'
import { parentFolder } from '../../builtin/lib/paths.ts'

const making = makingBeside('mkdir ./made; chown -- "$2:" ./made; chmod "$3" ./made')

/**
 * A new folder for somebody, with the group of that user, and plain ones on the way to it: it gets its owner where nobody can
 * put something else in its place (see `making-in-closet.ts`).
 */
export const handedFolder = (path: string, user: string, mode: string): Step[] => [
  folder(parentFolder(path)),
  exec(['sh', '-c', making, 'sh', path, user, mode]),
]

/** Gives a folder that is there to somebody, also one that a link of root's leads to: it is entered, and then has no name. */
export const handOverPlace = (path: string, user: string, mode: string): Step =>
  exec(['sh', '-c', `${pinFunctions}\npin "$1" && chown -- "$2:" . && chmod "$3" .`, 'sh', path, user, mode])
