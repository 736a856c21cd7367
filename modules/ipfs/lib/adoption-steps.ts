import { attributes, content, exec, folder, type Step, uncut, unitFile, unitName } from '../../../src/module/module.ts'
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

/** What each of the two programs does besides: to its folder before it moves, and once it was told to start. */
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

/** Puts something aside, under a name that nothing has yet. */
const aside = `aside() { a=$1.before-runbook n=1; while [ -e "$a" ] || [ -h "$a" ]; do n=$((n+1)); a=$1.before-runbook-$n; done; mv -T -- "$1" "$a"; }
`

/** What tells how to go back, and where things come from: before anything changes. */
const beginning = ({ path, from }: Adoption, text: string | undefined): Step[] => [
  ...(text === undefined
    ? []
    : [
        folder(parentFolder(path)),
        { do: 'write', path: wayBackFile(path), content: content(text), mode: '0755' } satisfies Step,
      ]),
  shell('[ -h "$2" ] || ln -s -- "$1" "$2"', [from, mark(path)]),
]

/**
 * The programs that were copied by hand are kept beside those of the main playbook, which changes the links only. A copy of
 * its own: it may lie in a home that the daemon does not see.
 */
const keepPrograms = (it: Adopted, { bin_dir }: Adoption, found: Adoptable): Step[] =>
  found.programs.flatMap(({ name, state }) =>
    state === 'linked'
      ? []
      : [
          shell(
            `mkdir -p -- "$1" "$3" && k=$1/$4 || exit
if ! cmp -s -- "$2" "$k"; then install -m 0755 -- "$2" "$1/.$4.new" && { [ ! -e "$k" ] || mv -fT -- "$k" "$k.before"; } && mv -fT -- "$1/.$4.new" "$k" || exit; fi
ln -sfn -- "$k" "$3/.$4.new" && mv -fT -- "$3/.$4.new" "$3/$4"`,
            [formerPrograms(it, bin_dir), programPath(name, found), bin_dir, name],
          ),
        ],
  )

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

/** A copy that is the same as what it is made of, or none. */
const copying = (from: string, into: string): Step[] => [
  { do: 'remove', path: into },
  exec(['cp', '-a', '--', from, into], { uncut: true }),
  exec(['diff', '-rq', '--no-dereference', '--', from, into]),
]

/**
 * Puts the folder in its place. By rename, or not at all: `mv` would copy where that cannot be, and the halves of a node in
 * two places are what nobody wants to find. The old one of a copy is kept.
 */
const placing = ({ path, from }: Adoption, source: SourceFound): Step[] =>
  source.canRename
    ? [
        exec(
          [
            'sh',
            '-c',
            `[ "$(stat -c '%d %m' -- "$1")" = "$(stat -c '%d %m' -- "\${2%/*}/")" ] || { echo "it is on another filesystem than \${2%/*}" >&2; exit 1; }; mv -T -- "$1" "$2"`,
            'sh',
            from,
            path,
          ],
          { replaces: [path] },
        ),
      ]
    : [{ do: 'rename', from: unfinishedPath(path), to: path }]

/** The folder goes to where it is to be, whole and with its new owner. */
const moving = (
  it: Adopted,
  at: Adoption,
  found: Adoptable,
  source: SourceFound,
  settings: (folder: string) => Step[],
): Step[] => {
  const { path, from, user } = at
  const isHere = found.target === 'here'
  if (isHere && from !== path) return []
  const folder = isHere || source.canRename ? from : unfinishedPath(path)
  const proof = `${folder}/${it.proof}`
  return [
    ...(folder === from ? [] : copying(from, folder)),
    shell('[ -e "$2" ] || cp -p -- "$1" "$2"', [proof, formerName(proof)]),
    ...settings(folder),
    noFurtherNames(folder),
    uncut(['chown', '-Rh', '--', `${user}:`, folder]),
    ...(isHere ? [] : [...attributes(folder, 'go-w', {}), ...placing(at, source)]),
  ]
}

/** What ended is put aside under a name of its own: the units, with their drop-ins, and what was copied. */
const leaving = ({ path, from }: Adoption, { units }: Users, source: SourceFound): Step[] => [
  ...(from === path || source.canRename || source.isMount
    ? []
    : [shell(`${aside}[ ! -d "$1" ] || aside "$1"`, [from])]),
  ...units
    .filter(({ file }) => isMovable(file))
    .map(({ file }) =>
      exec(
        [
          'sh',
          '-c',
          `${aside}for f in "$1.d" "$1"; do { [ ! -e "$f" ] && [ ! -h "$f" ]; } || aside "$f" || exit; done`,
          'sh',
          file,
        ],
        { replaces: [file] },
      ),
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
    ...moving(it, at, seen.found, seen.source, own.settings),
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
