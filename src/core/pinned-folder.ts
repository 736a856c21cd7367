import { posix } from 'node:path'
import { quote, quoted } from './quote.ts'

// How something is put in place, or changed, in a folder that may belong to somebody else: nobody acts by a name that
// another can change.
//
// A step enters the folder first, and holds where it has come to against the path that is meant. From then on all is named
// from there: whatever becomes of the folders above, what is written lies in this one. Where others can change names in it
// too, the step makes a closet: a folder that nobody else may enter. In there a file is filled, gets owner and mode, and is
// synced; then it gets its name by rename, which follows nothing. What lies under that name already is looked at through a
// hard link in the closet, which nobody can make another file.

/** Modes, as `stat -c %a` has them, with which nobody but the owner may write, as a pattern of sh. */
export const CLOSED_MODES = '*[0145][0145]|[0145]'

/**
 * Words of POSIX sh, of one line, for whatever a step does at a path. All of them say on standard error why they fail.
 *
 * - `pin FOLDER` enters it. A link on the way counts where the folder it lies in is the user's or root's alone; one of
 *   somebody else counts if it leads to a folder of the same owner. No process where the path has no link.
 * - `alone`: whether the folder that one is in is the acting user's or root's, and nobody else may write there. One process.
 * - `shut FOLDER` enters a folder in this one, if it is the acting user's and nobody else may enter it: a closet. `fresh START`
 *   makes one and enters it: `$w` is its name, and `$u`, the folder it is in, is `..` then.
 * - `closet START NAME`: where something is made that gets the name NAME. In a folder where one is alone that needs no closet.
 *   Behind it `$t` is a file to be filled, 0600 from birth, `$at` is NAME as it is seen from there, `$u` its folder.
 * - `held START NAME PART CHANCE`: the same, of a name that is known, PART, so that what is in it can be found again. CHANCE is
 *   for where somebody else has that name. `$t` need not be there; `$c` is another name for it.
 * - `look` takes in what is there: `$was` is the name itself, or a hard link to it in the closet, which stays what it is. `$h`
 *   names does a file have then that has one otherwise. `spare` makes one more empty file, `$o`.
 * - `tidy` is for `trap tidy EXIT`: nothing of it stays. `leave` is the end if all went well.
 * - `back` gives what was moved into `taken`, in the closet, its name again, if nothing else has it by now.
 * - `sweep NAME…` removes what a machine has left that lost its power: files and closets of the acting user, but for `$skip`.
 */
export const pinFunctions = [
  `no() { printf '%s\\n' "$1" >&2; return 1; }`,
  'pin() { { cd -P -- "$1" 2>/dev/null && [ "$PWD" = "$1" ]; } || walk "$1"; }',
  // From the root on, one name after another: a link is taken for what it says, as the kernel does.
  'walk() { r=$1/; n=40; m=; d=$1; cd / || return; while [ "$r" ]; do c=${r%%/*}; r=${r#*/}; case $c in ""|.) continue;; ..) cd -P .. && continue || return;; esac',
  'if [ -h "./$c" ]; then n=$((n-1)); [ $n -gt 0 ] || no "$d leads through too many links" || return; alone || theirs || return; l=$(readlink -n -- "./$c" && echo .) || strange || return; l=${l%.}; case $l in /*) cd / || return;; esac; r=$l/$r; continue; fi',
  '[ -d "./$c" ] || no "the folder $d does not exist" || return; b=${PWD%/}; cd -P -- "./$c" && { [ "$PWD" = "$b/$c" ] || strange; } || return; done',
  '[ ! "$m" ] || [ "$(stat -c %u .)" = "$m" ] || strange; }',
  'strange() { no "$d leads through a link that others can change, or has just changed: nothing was done where it leads"; }',
  'theirs() { set -- $(stat -c "%u %a" .); closed "$2" && [ "${m:-$1}" = "$1" ] && m=$1 || strange; }',
  // By the mode: what a list of access allows at most is the group's part of it.
  `closed() { case $1 in ${CLOSED_MODES}) ;; *) return 1;; esac; }`,
  'alone() { set -- $(stat -c "%u %a" .); { [ "$1" = 0 ] || [ -O . ]; } && closed "$2"; }',
  'shut() { b=${PWD%/}; cd -P -- "$1" 2>/dev/null && [ "$PWD" = "$b/${1#./}" ] && [ -O . ] && case $(stat -c %a .) in 700|2700) ;; *) false;; esac || no "$b/${1#./} is not the folder that was made there: somebody changes names in ${b:-/}"; }',
  'fresh() { w=$(mktemp -d "./$1XXXXXX") && shut "$w" && u=..; }',
  'closet() { o=; w=; u=.; h=1; start=$1; if alone; then t=$(mktemp "./$1XXXXXX"); else h=2; fresh "$1" && t=./new; fi && at=$u/$2; }',
  // mktemp asks for 0700 itself: what a default list of access makes of mkdir's mode no umask takes away.
  'made() { [ ! -e "$1" ] && [ ! -h "$1" ] && e=$(mktemp -d "./${start}XXXXXX") && { mv -T -- "$e" "$1" || { rmdir -- "$e"; false; }; }; }',
  'held() { o=; w=; u=.; h=1; start=$1; if alone; then t=./$3; c=./$4; else h=2; w=./$3; { made "$w"; ( shut "$w" ); } 2>/dev/null || { w=./$4; made "$w" || return; }; shut "$w" && u=.. && t=./new && c=./more; fi && at=$u/$2; }',
  'look() { was=$at; [ "$u" = . ] || { was=./was; rm -f ./was; { [ ! -e "$at" ] && [ ! -h "$at" ]; } || [ -d "$at" ] || ln -- "$at" ./was; }; }',
  'spare() { if [ "$u" = . ]; then o=$(mktemp "./${start}XXXXXX"); else o=./other; : >./other; fi; }',
  'tidy() { rm -rf -- ${t:+"$t"} ${o:+"$o"}; leave; }',
  'leave() { [ "$u" = . ] || { { [ ! -e ./was ] && [ ! -h ./was ]; } || rm -f ./was; rmdir -- "../${w#./}" 2>/dev/null || :; }; }',
  'back() { for x in ./taken/* ./taken/.[!.]* ./taken/..?*; do if [ -e "$x" ] || [ -h "$x" ]; then mv -nT -- "$x" "../${x##*/}"; fi; done; [ ! -d ./taken ] || rmdir ./taken 2>/dev/null; :; }',
  'sweep() { for f; do [ "$f" = "$skip" ] || [ -h "$f" ] || [ ! -O "$f" ] || if [ -f "$f" ]; then rm -f -- "$f"; elif [ -d "$f" ]; then ( shut "$f" 2>/dev/null && back && rm -rf ./new ./more ./was ./other ./tar && rmdir -- "../${f#./}" 2>/dev/null ); fi; done; :; }',
].join('; ')

/** How many digits tell two temporary names of one path apart. */
export const TEMPORARY_DIGITS = 16

/** What temporary names beside a path begin with. A long name is cut, since the whole may have 255 bytes. */
const startOf = (path: string): string => `.${posix.basename(path).slice(0, 50)}.`

/** `.NAME.RANDOM.part`, to be beside the path. */
export const partName = (path: string, random: string): string => `${startOf(path)}${random}.part`

/** The patterns, for sh, of the names that steps have for a while beside a path; from within its folder. */
const temporaryNames = (path: string): string =>
  `${quote(`./${startOf(path)}runbook-`)}?????? ${quote(`./${startOf(path)}`)}${'?'.repeat(TEMPORARY_DIGITS)}.part`

/**
 * Begins what puts something at a path, in sh of one line: behind it one is in a closet for it, or in its folder, and whatever
 * ends the shell takes away what was made. See `pinFunctions`. `part`: the closet is `held`, under the first of these names.
 */
export const closetFor = (path: string, part?: [name: string, byChance: string]): string => {
  const names = quoted([`${startOf(path)}runbook-`, posix.basename(path), ...(part ?? [])])
  const skip = part === undefined ? '' : quote(`./${part[0]}`)
  return [
    'umask 077',
    pinFunctions,
    `skip=${skip}; t=; o=; w=; u=.; trap tidy EXIT; trap 'exit 1' HUP INT TERM`,
    `pin ${quote(posix.dirname(path))} && sweep ${temporaryNames(path)} && ${part ? 'held' : 'closet'} ${names} || exit 1`,
  ].join('; ')
}

/** Ends it: `$t` gets its name, over what is there. */
export const placed = 'mv -fT -- "$t" "$at" && trap - EXIT && leave'
