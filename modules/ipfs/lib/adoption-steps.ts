import { content, exec, folder, pinFunctions, type Step, unitFile, unitName } from '../../../src/module/module.ts'
import { makingFunctions } from '../../builtin/lib/making-in-closet.ts'
import { parentFolder, unfinishedPath } from '../../builtin/lib/paths.ts'
import {
  type Adoptable,
  type Adopted,
  type Destination,
  formerPrograms,
  type Holders,
  mark,
  type SourceFound,
  wayBackFile,
} from './adoptable.ts'
import { programPath, type Users, usersOf } from './adoption.ts'
import { formerName, isMovable } from './way-back.ts'

// The steps of an adoption. Each may be cut, and made once more: what is there tells how far it went. The link that says
// where things come from is there from before the first daemon ends until the new unit has been told to start.

export type Adoption = {
  path: string
  from: string
  user: string
  bin_dir: string
  unit: string
  at_boot: boolean
}

/**
 * What each of the two programs does besides: by its new user, in its place, before its unit starts it; and once that was told to.
 */
export type OwnSteps = { settings: (folder: string) => Step[]; started: Step[] }

const shell = (text: string, words: string[]): Step => exec(['sh', '-c', text, 'sh', ...words])

/**
 * A file with further names may be anybody's, linked there by whose folder it was: to give it away would give away that. The
 * programs make none.
 */
const noFurtherNames = (folder: string): Step =>
  shell(
    `[ ! -d "$1" ] || { f=$(find "$1" ! -type d -links +1 | head -n 1) && [ -z "$f" ]; } || { echo "$f has further names, maybe of a file that is somebody else's: it is not given away. Copy it and put the copy in its place, or remove it" >&2; exit 1; }`,
    [folder],
  )

/** Puts something aside, in the folder it is in, under a name that nothing has yet. */
const aside = `${pinFunctions}
aside() { ( pin "\${1%/*}" || exit; f=./\${1##*/}; { [ -e "$f" ] || [ -h "$f" ]; } || exit 0; a=$f.before-runbook n=1; while [ -e "$a" ] || [ -h "$a" ]; do n=$((n+1)); a=$f.before-runbook-$n; done; mv -T -- "$f" "$a" ); }
`

/** What tells how to go back, and where things come from: before anything changes. */
const beginning = ({ path, from }: Adoption, text: string | undefined): Step[] => [
  ...(text === undefined
    ? []
    : [
        folder(parentFolder(path)),
        { do: 'write', path: wayBackFile(path), content: content(text), mode: '0755' } satisfies Step,
      ]),
  shell(`${pinFunctions}\npin "\${2%/*}" && { [ -h "./\${2##*/}" ] || ln -sT -- "$1" "./\${2##*/}"; }`, [
    from,
    mark(path),
  ]),
]

/**
 * Takes a program in, as `./made` in a closet beside where it is to be: `$1` is that folder, `$2` the program. Whoever has put it
 * where it is may have root read something else there: it is looked at through a hard link, and has to be a file that all
 * may read, or that belongs to whoever owns its folder.
 */
const takingIn = `${makingFunctions}
source() { ( pin "\${2%/*}" || exit; n=\${2##*/}; was=./$n; u=.; o=$(stat -c %u .)
alone || { fresh .runbook-program- && trap 'rm -f ./was; leave' EXIT && ln -- "../$n" ./was && was=./was; } || exit
set -- $(stat -c '%u %a' -- "$was"); [ -f "$was" ] && [ ! -h "$was" ] && { [ "$1" = "$o" ] || case $2 in *[4567]) ;; *) false;; esac; } || no "$n is no program that anybody may read" || exit
cat -- "$was" ); }`

/**
 * The programs that were copied by hand are kept beside those of the main playbook, which changes the links only. A copy of
 * its own: it may lie in a home that the daemon does not see.
 */
const keepPrograms = (it: Adopted, { bin_dir }: Adoption, found: Adoptable): Step[] =>
  found.programs.flatMap(({ name, state }) => {
    if (state === 'linked') return []
    const folderOfIt = formerPrograms(it, bin_dir)
    return [
      folder(folderOfIt),
      folder(bin_dir),
      shell(
        `${takingIn}
begin "$1" || exit
source "$1" "$2" >./made && chmod 0755 ./made || exit
if ! cmp -s -- ./made "../$3"; then { [ ! -e "../$3" ] || mv -fT -- "../$3" "../$3.before"; } && mv -fT -- ./made "../$3"; fi`,
        [folderOfIt, programPath(name, found), name],
      ),
      shell(`${makingFunctions}\nbegin "$2" && ln -s -- "$1" ./made && mv -fT -- ./made "../$3"`, [
        `${folderOfIt}/${name}`,
        bin_dir,
        name,
      ]),
    ]
  })

/** A function of the shell that prints the numbers of the daemons which use a folder. */
const usersScript = (
  it: Adopted,
): string => `left() { find /proc -maxdepth 2 -name exe \\( -lname '*/${it.programs[0]}' -o -lname '*/${it.programs[0]} (deleted)' \\) -printf '%h\\n' 2>/dev/null | while read -r p; do
r=$( { tr '\\0' '\\n' <"$p/cmdline"; tr '\\0' '\\n' <"$p/environ"; } 2>/dev/null | awk 'v == "" && /^${it.variable}=/ { v = substr($0, ${it.variable.length + 2}) } home == "" && /^HOME=/ { home = substr($0, 6) }
o { opt = $0; o = 0 } $0 == "${it.option}" || $0 == "-c" { o = 1 } /^${it.option}=/ { opt = substr($0, ${it.option.length + 2}) } $0 == "daemon" { d = 1 }
END { if (d) print opt != "" ? opt : v != "" ? v : home "/${it.folder}" }')
[ -z "$r" ] || { [ ! "$r" -ef "$1" ] && [ "$r" != "$1" ]; } || printf '%s ' "\${p#/proc/}"; done; }`

/**
 * Ends what no unit ends: told once to stop, it has a minute. A cluster peer that hangs heeds only the third signal; a kubo
 * that is told twice would leave its work undone.
 */
const endDaemons = (it: Adopted, from: string): Step =>
  shell(
    `${usersScript(it)}
end() { for pid in $(left "$1"); do kill -s INT -- "$pid"; done; }
[ -n "$(left "$1")" ] || exit 0
end "$1"; n=0
while [ -n "$(left "$1")" ]; do n=$((n+1))
[ $n -lt 600 ] || { echo "it does not end: process $(left "$1")" >&2; exit 1; }
[ "$2" = kubo ] || [ $((n % 150)) -ne 0 ] || { end "$1"; end "$1"; }
sleep 0.1; done
sleep 1
[ -z "$(left "$1")" ] || { echo "something has started it again: process $(left "$1")" >&2; exit 1; }`,
    [from, it.what],
  )

/** Ends what runs there, and keeps it from coming back with the machine. */
const ending = (it: Adopted, { from }: Adoption, { units, daemons }: Users): Step[] => [
  ...units.flatMap(({ name, active, enabled }) => [
    ...(active === 'inactive' || active === 'failed' ? [] : [exec(['systemctl', 'stop', '--', name])]),
    ...(enabled.startsWith('enabled') ? [exec(['systemctl', 'disable', '--quiet', '--', name])] : []),
  ]),
  ...(daemons.length === 0 ? [] : [endDaemons(it, from)]),
]

/**
 * What a folder that somebody else may still change has to become before root works in it: all folders in it are root's, the outer
 * ones first, so that from then on nobody changes a name in it. It is entered, and then has no name. `end` is `user`, its owner
 * in the end: nobody else can have a name of what is given away. The file that proves what it is keeps a copy of itself.
 */
const handingOver = `${pinFunctions}
mine() { chown root: . && chmod u+rwx,go-w . && n=1 && while [ "$(find . -mindepth $n -maxdepth $n -type d | head -n 1)" ]; do find . -mindepth $n -maxdepth $n -type d -exec chown -h root: {} + -exec chmod u+rwx,go-w {} + || return; n=$((n+1)); done; }
single() { f=$(find . ! -type d -links +1 | head -n 1) && [ -z "$f" ] || no "\${PWD%/}/\${f#./} has further names, maybe of a file that is somebody else's: it is not given away. Copy it and put the copy in its place, or remove it"; }
kept() { [ -e "./$2" ] || [ -h "./$2" ] || { [ -f "./$1" ] && [ ! -h "./$1" ] && cp -p -- "./$1" "./$2"; }; }
# The mode of a key is part of what tells that it has changed: set later, it would have all daemons restarted at once.
locked() { [ ! -f ./swarm.key ] || [ -h ./swarm.key ] || chmod 0400 ./swarm.key; }
pin "$1" && mine && single && kept "$3" "$4" && locked && chown -Rh -- "$2:" .`

/**
 * A copy in a closet beside its place, that is the same as what it is made of, or none. Whoever may change that meanwhile can have
 * only such files copied that are of the same owner.
 */
const copying = `${makingFunctions}
begin "\${2%/*}" || exit
( pin "$1" && exec 7<. && o=$(stat -c %u .) && cd /proc/self/fd/8 && cp -a -- /proc/self/fd/7/. ./made && diff -rq --no-dereference -- /proc/self/fd/7/. ./made || exit
[ "$o" = 0 ] || { f=$(find ./made ! -user "$o" | head -n 1) && [ -z "$f" ]; } || no "$1/\${f#./made/} belongs to somebody else than $1: it is not copied. Give it to the same user first, with chown -h" ) 8<. || exit
[ ! -e "../\${2##*/}" ] && [ ! -h "../\${2##*/}" ] && mv -T -- ./made "../\${2##*/}"`

/**
 * Puts the folder in its place. By rename, or not at all: `mv` would copy where that cannot be, and the halves of a node in
 * two places are what nobody wants to find. What comes there is the folder that was handed over, or it goes back.
 */
const moving = `${pinFunctions}
pin "\${2%/*}" && exec 7<. && pin "$1" && exec 8<. && pin "\${1%/*}" || exit
[ "$(stat -Lc '%d %m' -- /proc/self/fd/8)" = "$(stat -Lc '%d %m' -- /proc/self/fd/7)" ] || no "it is on another filesystem than \${2%/*}" || exit
from=./\${1##*/} to=/proc/self/fd/7/\${2##*/}
is() { [ "$1" -ef /proc/self/fd/8 ] && [ ! -h "$1" ]; }
is "$from" || no "$1 is not what was handed over any more" || exit
mv -T -- "$from" "$to" && { is "$to" || { mv -nT -- "$to" "$from"; no "somebody has put something else in place of $1"; }; }`

const handing = (it: Adopted, { user }: Adoption, at: string): Step =>
  exec(['sh', '-c', handingOver, 'sh', at, user, it.proof, formerName(it.proof)], { uncut: true })

/** The folder goes to where it is to be, whole and with its new owner. */
const taking = (it: Adopted, at: Adoption, found: Adoptable, source: SourceFound): Step[] => {
  const { path, from } = at
  if (found.target === 'here') return from === path ? [handing(it, at, path)] : []
  if (source.canRename)
    return [handing(it, at, from), exec(['sh', '-c', moving, 'sh', from, path], { replaces: [path] })]
  const copy = unfinishedPath(path)
  return [
    { do: 'remove', path: copy },
    exec(['sh', '-c', copying, 'sh', from, copy], { uncut: true }),
    handing(it, at, copy),
    { do: 'rename', from: copy, to: path },
  ]
}

/** What ended is put aside under a name of its own: the units, with their drop-ins, and what was copied. */
const leaving = ({ path, from }: Adoption, { units }: Users, source: SourceFound): Step[] => [
  ...(from === path || source.canRename || source.isMount ? [] : [shell(`${aside}aside "$1"`, [from])]),
  ...units
    .filter(({ file }) => isMovable(file))
    .map(({ file }) =>
      exec(['sh', '-c', `${aside}for i in "$1.d" "$1"; do aside "$i" || exit; done`, 'sh', file], { replaces: [file] }),
    ),
]

/** The unit as the main playbook has it, started. */
const raising = ({ unit, at_boot }: Adoption, text: string, isThere: boolean): Step[] => [
  ...(isThere ? [] : [{ do: 'write', path: unitFile(unit), content: content(text), mode: '0644' } satisfies Step]),
  exec(['systemctl', 'daemon-reload']),
  ...(at_boot ? [exec(['systemctl', 'enable', '--quiet', '--', unitName(unit)])] : []),
  exec(['systemctl', 'reset-failed', '--', unitName(unit)], { success: [0, 1, 5] }),
  exec(['systemctl', '--no-block', 'start', '--', unitName(unit)]),
]

/** All of it, in an order in which what is there tells how far it went. */
export const adoptionSteps = (
  it: Adopted,
  at: Adoption,
  seen: { found: Adoptable; source: SourceFound; unitText: string; hasUnit: boolean; wayBack: string | undefined },
  own: OwnSteps,
): Step[] => {
  const users = usersOf(at.from, unitName(at.unit), seen.found, seen.source)
  return [
    ...(at.from !== at.path && seen.found.target === 'here' ? [] : [noFurtherNames(at.from)]),
    ...beginning(at, seen.wayBack),
    ...keepPrograms(it, at, seen.found),
    ...ending(it, at, users),
    ...taking(it, at, seen.found, seen.source),
    // By its user, whose all of it is by now: what a link there leads to is read and written with no more rights than his.
    ...own.settings(at.path),
    ...leaving(at, users, seen.source),
    ...raising(at, seen.unitText, seen.hasUnit),
    ...own.started,
    { do: 'remove', path: mark(at.path) },
  ]
}

/** What the looks say when all is done. */
export const adoptedAs = (it: Adopted, at: Adoption, found: Adoptable, source: SourceFound) => {
  const { from, path, unit, bin_dir } = at
  const ended = usersOf(from, unitName(unit), found, source)
  const holders: Holders = {
    daemons: found.daemons.filter(one => !ended.daemons.includes(one)),
    units: found.units.flatMap(one => {
      if (!ended.units.includes(one)) return [one]
      const enabled = one.enabled.startsWith('enabled') ? 'disabled' : one.enabled
      return isMovable(one.file) || one.name === unitName(unit)
        ? []
        : [{ ...one, active: 'inactive', enabled, isThere: from === path || source.isMount }]
    }),
    // A folder that was copied is looked for under its old name only.
    folders: found.folders.filter(one => (one.path !== from && !source.names.includes(one.path)) || source.isMount),
  }
  const destination: Partial<Destination> = {
    target: 'here',
    begun: '',
    programs: found.programs.map(one =>
      one.state === 'linked' ? one : { ...one, state: 'linked', path: `${formerPrograms(it, bin_dir)}/${one.name}` },
    ),
  }
  return { holders, destination }
}
