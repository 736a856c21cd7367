import { posix } from 'node:path'
import { closetFor, pinFunctions, placed } from '../core/pinned-folder.ts'
import { quote, quoted } from '../core/quote.ts'
import { rmKind } from '../module/probes/other-tools.ts'

// Steps that change names, owners and modes, done so that no name of somebody else's is followed: see `pinned-folder.ts`.

/**
 * `own NAME…`: gives what is in this folder the owner `$W` and the mode `$M`, where they are not empty; with an empty `$H` a
 * link stands for what it leads to. Where others can change the names, each by itself (`own1`): a folder from within; a file of
 * whoever's folder it is through a hard link in a closet, for that is theirs under any name; any other file is moved into the
 * closet, where it may have no other name, for that could be the name of a file of root's, and back.
 */
const ownFunctions = [
  'give() { { [ ! "$W" ] || chown ${H:+"$H"} -- "$W" "$@"; } && { [ ! "$M" ] || chmod "$M" -- "$@"; }; }',
  'plain() { [ ! -d "$1" ] && { [ ! -h "$1" ] || { [ "$H" ] && [ ! "$M" ]; }; } || no "$2 is not what it was"; }',
  'own() { if alone; then give "$@"; else for i; do ( own1 "${i#./}" ) || return; done; fi; }',
  'own1() { if [ -d "./$1" ] && { [ ! -h "./$1" ] || [ ! "$H" ]; }; then pin "${PWD%/}/$1" && give .; return; fi',
  'P=${PWD%/}/$1; t=; o=; w=; u=.; skip=; h=$(printf %.50s "$1"); trap "back; leave" EXIT; trap "exit 1" HUP INT TERM; sweep "./.$h.runbook-"??????; fresh ".$h.runbook-" || return',
  '[ -e "../$1" ] || [ -h "../$1" ] || no "$P is not there any more" || return; ln -- "../$1" ./was 2>/dev/null',
  'set -- "$1" $(stat -c "%u %a" ..; stat -c %u ./was 2>/dev/null); if [ "$2" = "$4" ] && closed "$3"; then plain ./was "$P" && give ./was; return; fi',
  'rm -f ./was; mkdir ./taken && mv -fT -- "../$1" "./taken/$1" && plain "./taken/$1" "$P" && { [ "$(stat -c %h -- "./taken/$1")" = 1 ] || no "$P has another name elsewhere, in a folder of somebody else: its owner and mode are left as they are"; } && give "./taken/$1"; }',
].join('; ')

/** What `install -d` does where it is missing (BusyBox as Debian builds it): the folders on the way are plain ones. */
const installFunction = `command -v install >/dev/null || install() {
m= o= g=; shift; while :; do case $1 in -m) m=$2; shift;; -o) o=$2; shift;; -g) g=$2; shift;; *) shift; break;; esac; shift; done
( umask 022; mkdir -p -- "$1" ) && { [ ! "$o$g" ] || chown "$o\${g:+:$g}" -- "$1"; } && chmod "\${m:-0755}" -- "$1"; }
`

/**
 * `make PATH PROGRAM WORD…`: makes a folder by such a program (`install -d …`, `mkdir -p`) and those above it that are not
 * there. Where others can change the names, one on the way is made and entered; the folder itself gets owner and mode in a
 * closet.
 */
const makeFunction = [
  'make() { P=$1; shift; q=$P; while [ ! -d "$q" ]; do q=${q%/*}; q=${q:-/}; done; pin "$q" || return; r=${P#"$q"}; r=${r#/}; [ "$r" ] || { "$@" -- .; return; }',
  'until alone; do c=${r%%/*}; [ "$c" != "$r" ] || { closet .runbook- "$c" && "$@" -- ./new && mv -fT -- ./new "$at"; s=$?; [ ! -d ./new ] || rmdir ./new; leave; return $s; }; r=${r#*/}; b=${PWD%/}; ( umask 022; mkdir -- "./$c" ) && cd -P -- "./$c" && [ "$PWD" = "$b/$c" ] && [ -O . ] || no "$b/$c is not the folder that was made there" || return; done',
  '"$@" -- "./$r"; }',
].join('; ')

/**
 * `erase NAME`: removes it with all that is in it. GNU's rm goes by descriptors; BusyBox's by names, which others may change
 * in the midst of it, so that there the shell enters each folder and holds where it is.
 */
const eraseFunction = `${rmKind}
erase() { if [ "$gnu" ]; then rm -rf -- "$1"; elif [ -d "$1" ] && [ ! -h "$1" ]; then ( b=\${PWD%/}; cd -P -- "$1" && [ "$PWD" = "$b/\${1#./}" ] && empty ) && rmdir -- "$1"; else rm -f -- "$1"; fi; }
empty() { set --; for i in ./* ./.[!.]* ./..?*; do if [ -d "$i" ] && [ ! -h "$i" ]; then erase "$i" || return; elif [ -e "$i" ] || [ -h "$i" ]; then set -- "$@" "$i"; [ $# -lt 100 ] || { rm -f -- "$@" && set --; } || return; fi; done; [ $# -eq 0 ] || rm -f -- "$@"; }`

const inFolder = (path: string): string => `pin ${quote(posix.dirname(path))}`
const nameOf = (path: string): string => quote(`./${posix.basename(path)}`)

/** A call of `own` for the paths of each folder. With `/` behind a path it is entered. */
const owning = (owner: string, mode: string, paths: string[]): string => {
  const set = `W=${quote(owner)}; M=${quote(mode)}; H=${owner === '' ? '' : '-h'}`
  const entered = paths.filter(path => path.endsWith('/')).map(path => `( pin ${quote(path)} && give . )`)
  const named = [
    ...Map.groupBy(
      paths.filter(path => !path.endsWith('/')),
      posix.dirname,
    ),
  ].map(([folder, some]) => `( pin ${quote(folder)} && own ${some.map(nameOf).join(' ')} )`)
  return `umask 077; ${pinFunctions}; ${ownFunctions}; ${set}; ${[...entered, ...named].join(' && ')}`
}

/** The owner of what is there, as chown takes it; of a link its own. */
export const handingOver = (owner: string, paths: string[]): string => owning(owner, '', paths)

/** The mode of what is there, as chmod takes it. */
export const settingMode = (mode: string, paths: string[]): string => owning('', mode, paths)

/**
 * The flags of a file system that a file or folder has, as chattr takes their change. It goes by the name: where others can
 * change names it is refused.
 */
export const settingFlags = (path: string, change: string): string =>
  `${pinFunctions}; ${inFolder(path)} && { alone || no ${quote(`others can change names in the folder of ${path}: its flags are left as they are`)}; } && chattr ${quote(change)} ${nameOf(path)}`

/** Removes what is there, whatever it is; nothing where the folder itself is not there. */
export const removal = (path: string): string =>
  `[ -d ${quote(posix.dirname(path))} ] || exit 0; ${pinFunctions}; ${eraseFunction}\n${inFolder(path)} && erase ${nameOf(path)}`

/** Gives a folder or file another name. Where that fails, nothing of it stays. */
export const renaming = (from: string, to: string): string => {
  const isBeside = posix.dirname(from) === posix.dirname(to)
  const held = isBeside ? '' : `${inFolder(to)} && exec 7<. && `
  const at = isBeside ? nameOf(to) : quote(`/proc/self/fd/7/${posix.basename(to)}`)
  const rename = `mv -T -- ${nameOf(from)} ${at} || { s=$?; erase ${nameOf(from)}; exit $s; }`
  return `${pinFunctions}; ${eraseFunction}\n${held}${inFolder(from)} || exit 1; ${rename}`
}

/** A symbolic link in place of what is there, by rename: there is no moment without one. */
export const linking = (path: string, target: string): string =>
  `${closetFor(path)}; ln -sfn -- ${quote(target)} "$t" && ${placed}`

/** Makes a folder by a program that takes its path last (`install -d …`, `mkdir -p`), and those above it. */
export const making = (path: string, program: string[]): string =>
  `${program[0] === 'install' ? installFunction : ''}${pinFunctions}; ${makeFunction}; make ${quoted([path, ...program])}`
