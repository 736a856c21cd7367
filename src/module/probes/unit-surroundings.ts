import { quote, quoted } from '../../core/quote.ts'
import { isUnknown } from '../../core/unknown.ts'
import { isRecord } from '../../core/value.ts'
import type { Ask, Foreseen, Query } from '../query.ts'
import { file } from './file.ts'
import { isOfMachine, portableFolder, unitFile, unitName } from './portable.ts'
import { program } from './program.ts'
import { dropInNames, folderOf, merged, nameOf, typeOf, unitFolders } from './unit-path.ts'

// What decides besides a unit's own file how its service runs, and how the one that runs was started. All of it is read
// with what the shell has built in, but for the environment and the words of a process (`tr`), times of drop-ins, which
// most units have none of (`stat`), and systemd's own environment, once for all units of a host.

/** A drop-in with its text. `changed`: when it last changed, in microseconds of the host's clock. */
export type DropIn = { path: string; text: string; changed: number }
/** A variable by name, and which line of which file sets it. */
export type Setting = { name: string; path: string; line: number }

export type UnitSurroundings = {
  /** In the order in which they count: the later one wins. */
  dropIns: DropIn[]
  /** When something was last put into, or taken out of, a folder of this unit's own drop-ins. */
  foldersChanged: { path: string; changed: number }[]
  /** What the files set that drop-ins name as EnvironmentFile: names alone. */
  environmentFiles: Setting[]
  /** The main process that runs: its words and its environment; undefined: none, or who looks may not see it. */
  process?: { command: string[]; environment: Record<string, string> }
}

const functions = `told() { while IFS= read -r l || [ -n "$l" ]; do printf '> %s\\n' "$l"
case $l in EnvironmentFile=*) l=\${l#*=}; e="$e \${l#-}";; esac; done <"$1"; }
drop_ins() { for d in ${unitFolders.join(' ')}; do for n; do [ -d "$d/$n.d" ] || continue
case $n in service|socket|timer|mount|path|target) ;; *) s="$s $d/$n.d";; esac
for f in "$d/$n.d"/*.conf; do [ -e "$f" ] || [ -h "$f" ] || continue
printf 'DropIn=%s\\n' "$f"; s="$s $f"; [ ! -f "$f" ] || told "$f"
done; done; done; }
environment_files() { for f in $e; do [ -f "$f" ] || continue; printf 'EnvironmentFile=%s\\n' "$f"
while IFS= read -r l || [ -n "$l" ]; do case $l in [\\#\\;]*) echo '>';; *) printf '> %s\\n' "\${l%%=*}";; esac; done <"$f"; done; }
main_of() { for f in /sys/fs/cgroup/*.slice/"$1"/cgroup.procs /sys/fs/cgroup/*.slice/*/"$1"/cgroup.procs /sys/fs/cgroup/systemd/*.slice/"$1"/cgroup.procs /sys/fs/cgroup/systemd/*.slice/*/"$1"/cgroup.procs; do
[ -r "$f" ] || continue
while read -r q; do { read -r t </proc/$q/stat; } 2>/dev/null || continue; set -- "$1" \${t##*) }; [ "$3" != 1 ] || { p=$q; return; }; done <"$f"
done; }
process() { [ "$p" ] && [ -d "/proc/$p" ] || return 0
echo Environment; tr '\\n\\0' '\\001\\n' </proc/$p/environ || { echo Hidden; return; }; echo Command; tr '\\n\\0' '\\001\\n' </proc/$p/cmdline; }
s= e= p=`

const ofPortable = (name: string): string =>
  `{ read -r b a x x x x x x p x <${quote(`${portableFolder(name)}/${nameOf(unitFile(name))}.state`)} && read -r l </proc/sys/kernel/random/boot_id && [ "$b$a" = "\${l}active" ] || p=; } 2>/dev/null`

const sh = (name: string): string => {
  const unit = unitName(name)
  const portable = `${ofPortable(name)}; process 2>/dev/null`
  if (!isOfMachine(name)) return `${functions}\n${portable}`
  return `${functions}
if [ -d /run/systemd/system ]; then drop_ins ${quoted(dropInNames(unit))} ${typeOf(unit)}; environment_files
[ -z "$s" ] || stat -c 'Changed=%.9Z %n' -- $s; main_of ${quote(unit)}; process 2>/dev/null
else ${portable}; fi`
}

/** Seconds with nine digits behind the point as microseconds. */
const microseconds = (text: string): number => Number(text.replace('.', '').slice(0, -3))

/** Blocks of lines that begin with `> `, by the line before them. */
const blocks = (lines: string[], word: string): [path: string, text: string[]][] => {
  const found: [string, string[]][] = []
  let inside = false
  for (const line of lines) {
    if (line.startsWith('>')) {
      if (inside) found.at(-1)![1].push(line.slice(2))
    } else {
      inside = line.startsWith(`${word}=`)
      if (inside) found.push([line.slice(word.length + 1), []])
    }
  }
  return found
}

/** Of those with one name the first counts; all of them by name, whatever their folders. */
const inOrder = (dropIns: DropIn[]): DropIn[] =>
  [...new Map(dropIns.toReversed().map(one => [nameOf(one.path), one])).values()].sort((a, b) =>
    nameOf(a.path) < nameOf(b.path) ? -1 : 1,
  )

const whole = (line: string): string => line.replaceAll('\u0001', '\n')

const processIn = (lines: string[]): UnitSurroundings['process'] => {
  const at = lines.indexOf('Environment')
  const words = lines.indexOf('Command', at)
  if (at < 0 || words < 0) return undefined
  const environment = lines.slice(at + 1, words).map(line => whole(line).split(/=(.*)/s))
  return {
    command: lines.slice(words + 1, -1).map(whole),
    environment: Object.fromEntries(environment.map(([name = '', value = '']) => [name, value])),
  }
}

const parse = (text: string): UnitSurroundings => {
  const lines = text.split('\n')
  const end = lines.indexOf('Environment')
  const files = end < 0 ? lines : lines.slice(0, end)
  const times = new Map(
    files.flatMap(line => {
      const [, time, path] = /^Changed=(\S+) (.+)$/.exec(line) ?? []
      return path === undefined ? [] : [[merged(path), microseconds(time!)] as const]
    }),
  )
  const dropIns = blocks(files, 'DropIn').map(([path, told]) => ({
    path: merged(path),
    text: told.join('\n'),
    changed: times.get(merged(path)) ?? 0,
  }))
  const process = processIn(lines)
  return {
    dropIns: inOrder(dropIns),
    foldersChanged: [...times].flatMap(([path, changed]) => (path.endsWith('.d') ? [{ path, changed }] : [])),
    environmentFiles: blocks(files, 'EnvironmentFile').flatMap(([path, told]) =>
      told.flatMap((name, i) => (name === '' ? [] : [{ name: name.trim(), path, line: i + 1 }])),
    ),
    ...(process && { process }),
  }
}

/** The folders in which a playbook may put drop-ins of a unit. */
const written = (unit: string): string[] =>
  ['/etc', '/run'].flatMap(root => [...dropInNames(unit), typeOf(unit)].map(name => `${root}/systemd/system/${name}.d`))

const isGone = (patch: unknown): boolean => isRecord(patch) && patch.exists === false

/** Drop-ins of this unit that are put there or taken away; undefined: something of it changes that is not told. */
const derive =
  (name: string) =>
  (ask: Ask, before: unknown, { hits, patches, time }: Foreseen): UnitSurroundings | undefined => {
    if (isUnknown(before)) return undefined
    let { process, ...now } = before as UnitSurroundings
    const unit = unitName(name)
    const patch = patches.get(`unit:${unit}`)
    // What a restart makes of it is what the unit says then.
    if (isRecord(patch) && 'active' in patch) process = undefined
    const folders = written(unit)
    const changed = [...patches.keys()].flatMap(key => (key.startsWith('file:') ? [key.slice('file:'.length)] : []))
    if (changed.length === 0 && hits.some(label => label !== `restart:${unit}`)) return undefined
    for (const path of changed) {
      if (isGone(patches.get(`file:${path}`)))
        now = { ...now, dropIns: now.dropIns.filter(one => !one.path.startsWith(`${merged(path)}/`)) }
      if (!path.endsWith('.conf') || !folders.includes(folderOf(path))) continue
      const others = now.dropIns.filter(one => one.path !== merged(path))
      const there = ask(file(path))
      const text = there.exists && there.kind === 'file' ? there.content.bytes.toString() : ''
      const one = { path: merged(path), text, changed: time }
      now = { ...now, dropIns: there.exists ? inOrder([...others, one]) : others }
    }
    return { ...now, ...(process && { process }) }
  }

/**
 * What decides of a unit besides its own file, and how its process that runs was started. A restart makes that another
 * one. A first start does not count: who asks before it has seen none, and to look again behind it, as behind the unit
 * file, which is no part of this, would be a round trip more for each unit of a fresh host.
 */
export const unitSurroundings = (name: string): Query<UnitSurroundings> => ({
  ...program({
    key: `surroundings:${unitName(name)}`,
    sh: sh(name),
    looks: [
      `surroundings:${unitName(name)}`,
      `restart:${unitName(name)}`,
      ...(isOfMachine(name) ? written(unitName(name)).map(folder => `tree:${folder}`) : []),
    ],
    parse: ({ stdout }) => parse(stdout.toString()),
    subject: `surroundings of ${unitName(name)}`,
  }),
  derive: derive(name),
})

/** What systemd gives to every service, and the lines of its configuration that say so. */
export type ManagerEnvironment = { names: string[]; configured: Setting[] }

const managers = `[ -d /run/systemd/system ] || exit 0
systemctl show-environment
for f in /etc/systemd/system.conf /etc/systemd/system.conf.d/*.conf /run/systemd/system.conf.d/*.conf /usr/lib/systemd/system.conf.d/*.conf; do [ -f "$f" ] || continue
n=0; while IFS= read -r l || [ -n "$l" ]; do n=$((n+1)); case $l in DefaultEnvironment=*) printf '> %d %s %s\\n' $n "$f" "\${l#*=}";; esac; done <"$f"; done`

/** One process for all units of a host. */
export const managerEnvironment: Query<ManagerEnvironment> = program({
  key: 'live:manager-environment',
  sh: managers,
  looks: ['live:manager-environment'],
  parse: ({ stdout }) => {
    const lines = stdout.toString().split('\n')
    return {
      names: lines.flatMap(line => (/^\w+=/.test(line) ? [line.slice(0, line.indexOf('='))] : [])),
      configured: lines.flatMap(line => {
        const [, number, path, values = ''] = /^> (\d+) (\S+) (.*)$/.exec(line) ?? []
        const names = [...values.matchAll(/(?:^|[\s"'])(\w+)=/g)].map(found => found[1]!)
        return path === undefined ? [] : names.map(name => ({ name, path, line: Number(number) }))
      }),
    }
  },
  subject: "systemd's environment",
})
