import { quote, quoted } from '../../core/quote.ts'
import { dropInNames, fileNames, isTemplate, merged, nameOf, typeOf, unitFolders } from './unit-path.ts'

// What lies on disk about units, besides what systemd has read. It says NeedDaemonReload=no where a folder of drop-ins
// is new to it, and nothing of what [Install] asks for.

/** What was found on disk about one unit. */
export type OnDisk = {
  /** Unit files and links of its names, the one that counts first. */
  files: string[]
  /** The first of them is a link. */
  isLink: boolean
  dropIns: string[]
  /** Links to it among what units want: it is started with them. */
  wanted: string[]
  /** Whether the links of its SysV script start it at boot, where it has such a script. */
  rc?: 'on' | 'off'
}

export const nothingOnDisk: OnDisk = { files: [], isLink: false, dropIns: [], wanted: [] }

/** One line for each thing found; all of it with what the shell has built in, 1 ms for ten units. */
const functions = `there() { [ -e "$1" ] || [ -h "$1" ]; }
unit_files() { for n; do for d in $unit_path; do
if [ -h "$d/$n" ]; then printf 'Link=%s\\n' "$d/$n"; elif [ -e "$d/$n" ]; then printf 'File=%s\\n' "$d/$n"; fi
done; done; }
drop_ins() { for d in $unit_path; do for n; do
[ -d "$d/$n.d" ] || continue
for f in "$d/$n.d"/*.conf; do ! there "$f" || printf 'DropIn=%s\\n' "$f"; done
done; done; }
wanted() { for f in /etc/systemd/system/*.wants/"$1" /etc/systemd/system/*.requires/"$1" /run/systemd/system/*.wants/"$1" /run/systemd/system/*.requires/"$1"; do
! there "$f" || printf 'Wanted=%s\\n' "$f"
done; }
rc() { [ -e "/etc/init.d/$1" ] || return 0
for f in /etc/rc[S5].d/S??"$1"; do ! there "$f" || { echo Rc=on; return; }; done
echo Rc=off; }`

const ofOne = (unit: string): string =>
  [
    `printf '\\nOf=%s\\n' ${quote(unit)}`,
    `unit_files ${quoted(fileNames(unit))}`,
    `drop_ins ${quoted(dropInNames(unit))}; drop_ins ${typeOf(unit)}`,
    `wanted ${quote(unit)}`,
    ...(unit.endsWith('.service') ? [`rc ${quote(unit.slice(0, -'.service'.length))}`] : []),
  ].join('; ')

/** A template is nothing that systemd could show: asked for one it says nothing of any other unit either. */
const ofTemplate = (unit: string): string => `printf '\\nId=%s\\n' ${quote(unit)}; template ${quote(unit)}`
const template = `template() { load=not-found
for d in $unit_path; do [ ! -c "$d/$1" ] || { load=masked; break; }; [ ! -e "$d/$1" ] || { load=loaded; break; }; done
printf 'LoadState=%s\\nActiveState=inactive\\nSubState=dead\\nNRestarts=0\\nResult=success\\nUnitFileState=%s\\n' $load "$(systemctl is-enabled -- "$1" 2>/dev/null)"; }`

/** The [Install] sections of these units' files and of all that they name in Also: one process. */
const sections = (units: string[]): string => `awk 'BEGIN {
split(ENVIRON["unit_path"], folders, " ")
for (n = 1; n < ARGC; n++) queue[n] = ARGV[n]
for (i = 1; i < n; i++) {
  unit = queue[i]
  if (unit in done) continue
  done[unit] = 1
  template = unit
  sub(/@.*\\./, "@.", template)
  for (t = 0; t < 2; t++) for (j = 1; j in folders; j++) {
    file = folders[j] "/" (t ? template : unit)
    found = inside = 0
    while ((getline line < file) > 0) {
      if (!found++) printf "\\nInstall=%s\\n", unit
      if (line ~ /^[ \\t]*\\[/) inside = line ~ /^[ \\t]*\\[Install\\]/
      if (!inside) continue
      print "> " line
      if (line !~ /^[ \\t]*Also[ \\t]*=/) continue
      sub(/^[^=]*=/, "", line)
      m = split(line, also, " ")
      for (k = 1; k <= m; k++) queue[n++] = also[k]
    }
    close(file)
    if (found) { t = 2; break }
  }
} }' ${quoted(units)}`

/** Shell text that says of units of the machine what lies on disk; of `installable` ones also their [Install] sections. */
export const lookOnDisk = (units: string[], installable: string[]): string => {
  const templates = units.filter(isTemplate)
  return [
    `export unit_path=${quote(unitFolders.join(' '))}`,
    functions,
    ...(templates.length > 0 ? [template, ...templates.map(ofTemplate)] : []),
    ...units.map(ofOne),
    ...(installable.length > 0 ? [sections(installable)] : []),
  ].join('\n')
}

/** Of files with one name in several folders the first counts. */
const effective = (paths: string[]): string[] => [
  ...new Map(paths.toReversed().map(path => [nameOf(path), merged(path)])).values(),
]

/** What the look at one unit has said. */
export const readOnDisk = (lines: string[]): OnDisk => {
  const values = (name: string): string[] =>
    lines.filter(line => line.startsWith(`${name}=`)).map(line => line.slice(name.length + 1))
  const files = lines.filter(line => /^(File|Link)=/.test(line))
  const rc = values('Rc')[0] as 'on' | 'off' | undefined
  return {
    files: [...new Set(files.map(line => merged(line.slice(5))))],
    isLink: files[0]?.startsWith('Link=') ?? false,
    dropIns: effective(values('DropIn')),
    wanted: values('Wanted'),
    ...(rc === undefined ? {} : { rc }),
  }
}
