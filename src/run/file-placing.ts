import { dressed, keepFunction } from '../core/keep-attributes.ts'
import { closetFor, placed } from '../core/pinned-folder.ts'
import { quote } from '../core/quote.ts'
import { type Guard, guardScriptInCloset } from '../module/guard.ts'
import type { PlacingStep } from '../module/step.ts'

/** The status of a step whose content its program has refused: it has changed nothing. */
export const refusedStatus = 78

/** A word of a checking program, for sh: `%s` is the path of the new file, `%%` a per cent sign. */
const checkWord = (word: string): string =>
  word
    .split(/(%[s%])/)
    .map(part => (part === '%s' ? '"$V"' : part === '' ? '' : quote(part === '%%' ? '%' : part)))
    .join('') || "''"

/**
 * Runs a program over the new file, which has its owner and mode by then and is nobody else's to change. It gets no input and
 * prints to standard error alone: what the step prints is another matter. It does not run in the folder it is to go into.
 */
const checking = (words: string[]): string =>
  `V=\${PWD%/}/\${t#./} && { ( umask 022; cd / && ${words.map(checkWord).join(' ')} ) </dev/null >&2 || exit ${refusedStatus}; }`

/**
 * Keeps what is there under `PATH.PID.YYYY-MM-DD@HH:MM:SS~`, as Ansible names it, and prints that path: with owner, mode,
 * times and all else it has. Behind the guard, so that it is what was seen. A number that is taken goes on by one: the lines of
 * a frame share a process.
 */
const keeping = [
  '{ { [ ! -e "$was" ] && [ ! -h "$was" ]; } || {',
  'spare && rm -f -- "$o" && cp -a -- "$was" "$o" && d=$(date +%Y-%m-%d@%H:%M:%S) && p=$$ &&',
  '{ while [ -e "$at.$p.$d~" ] || [ -h "$at.$p.$d~" ]; do p=$((p+1)); done; } &&',
  'mv -fT -- "$o" "$at.$p.$d~" && printf %s "$of.$p.$d~"; }; }',
].join(' ')

/** A name that cannot be given to another file, for something is mounted there: the bytes go into the file that has it. */
const placedInside = [
  '{ e=$(mv -fT -- "$t" "$at" 2>&1) || case $e in *busy*)',
  '[ -f "$was" ] && [ ! -h "$was" ] && cat <"$t" >"$was" && keep "$t" "$was" && rm -f -- "$t";;',
  '*) printf \'%s\\n\' "$e" >&2; false;; esac; } && trap - EXIT && leave',
].join(' ')

type Placed = Pick<PlacingStep, 'path' | 'over' | 'check' | 'backup' | 'inPlace'>

/**
 * A file put in place whole, in a closet (see `pinned-folder.ts`): filled by `fill` (which has it as `$t`), dressed by
 * `dress`, checked, synced, and renamed if what it takes the place of is still what was seen. Nothing stays behind a failure or a
 * cut, but for a copy of the old one. What a machine has left that lost its power goes with the next write.
 */
export const place = ({ path, over, check, backup, inPlace }: Placed, fill: string, dress: string): string => {
  const steps = [
    fill,
    `{ ${dress}; }`,
    ...(check === undefined ? [] : [checking(check)]),
    'sync -- "$t"',
    ...(over === undefined ? [] : [`{ ${guardScriptInCloset(over as Guard)}\n}`]),
    ...(backup ? [keeping] : []),
    inPlace ? placedInside : placed,
  ]
  return `${closetFor(path)}; ${keepFunction}; of=${quote(path)}; ${steps.join(' && ')}`
}

export const put = (step: PlacingStep, fill: string): string => place(step, fill, dressed(step))
