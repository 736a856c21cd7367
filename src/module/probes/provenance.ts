import { quote, quoted } from '../../core/quote.ts'
import type { Output } from '../../core/transport.ts'
import type { Probe, ProbeItem, Query } from '../query.ts'
import { microseconds } from './file-time.ts'
import { findKind, timesFunctions } from './other-tools.ts'
import { isOfMachine } from './portable.ts'

/** A file by when it last changed; `at` in milliseconds by the controller's clock, as all times here. */
type Changed = { path: string; at: number; owner: string }
/** What tells who or what moved a path: of one that is gone, when its folder changed last. */
type PathProvenance = {
  of: 'path'
  is: 'there' | 'gone'
  at: number
  owner?: string
  /** The package it belongs to, and when that was installed last. */
  package?: string
  installed?: number
}
/**
 * The same of a unit: its own files, and what systemd said of it last. `ahead`: the controller's clock before the
 * host's.
 */
type UnitProvenance = { of: 'unit'; files: Changed[]; said: { at: number; text: string }[]; ahead: number }
export type ProvenanceAnswer = PathProvenance | UnitProvenance | { of: 'nothing' }

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'
const named = (items: ProbeItem[], kind: 'path' | 'unit'): string[] =>
  items.flatMap(({ item }) => (item.startsWith(`${kind} `) ? [item.slice(kind.length + 1)] : []))

/** Debian's: who owns each path, and the time of the list of files, which every installation writes anew. */
const packages = (paths: string[]): string => `if command -v dpkg-query >/dev/null; then
dpkg-query -S -- ${quoted(paths)} 2>/dev/null | while IFS= read -r line; do
case $line in 'diversion '*|'local diversion '*) continue;; esac
names=\${line%%: *}; name=\${names%%, *}
printf '%s\\0%s\\0' "\${line#*: }" "$name"
for list in "$name" "\${name%%:*}"; do stat -c %.9Y "/var/lib/dpkg/info/$list.list" 2>/dev/null && break; done
printf '\\0'
done
fi
printf '\\0'`

const ofPaths = (paths: string[]): string => `${findKind}
${timesFunctions}
changed ${quoted(paths)} 2>/dev/null
printf '\\0'
written ${quoted([...new Set(paths.map(folderOf))])} 2>/dev/null
printf '\\0'
${packages(paths)}`

/** Only what systemd itself says of a unit: what the daemon prints is nobody's business here. */
const ofUnit = (unit: string): string => `if [ -d /run/systemd/system ]; then
find $(systemctl show -p FragmentPath -p DropInPaths --value -- ${quote(unit)}) /dev/null -maxdepth 0 -type f -printf '%p\\0%C@\\0%u\\0' 2>/dev/null
printf '\\0'
journalctl -q --no-pager -o short-unix -n 100 _PID=1 UNIT=${quote(unit)} 2>/dev/null
printf '\\0'
else printf '\\0\\0'; fi`

const milliseconds = (time: string): number => Math.round(microseconds(time.trim()) / 1000)

/** `1795387804.123456 node2 systemd[1]: Stopped ipfs.service.` */
const sayingOf = (line: string, ahead: number): UnitProvenance['said'] => {
  const [, time, text] = /^(\d+\.\d+) \S+ [^:]+: (.*)$/.exec(line) ?? []
  // One for each of its threads; to the main process it is said by itself.
  return time === undefined || /Sending signal \S+ to process/.test(text!)
    ? []
    : [{ at: milliseconds(time) + ahead, text: text! }]
}

const answersIn = ({ stdout, within }: Output, items: ProbeItem[]): Map<string, ProvenanceAnswer> => {
  const fields = stdout.toString().split('\0')
  // BusyBox knows no fractions of a second here, and prints what it does not know.
  const now = milliseconds(fields.shift()!.replace('.%N', ''))
  const ahead = within === undefined ? 0 : Math.round((within[0] + within[1]) / 2) - now
  const time = (text: string): number => milliseconds(text) + ahead
  const rows = (width: number): string[][] => {
    const found: string[][] = []
    while (fields.length > 0 && fields[0] !== '') found.push(fields.splice(0, width))
    fields.shift()
    return found
  }
  const found = new Map<string, ProvenanceAnswer>()
  const paths = named(items, 'path')
  if (paths.length > 0) {
    const present = new Map(rows(3).map(([path, changed, owner]) => [path, { at: time(changed!), owner: owner! }]))
    const folders = new Map(rows(2).map(([path, changed]) => [path, time(changed!)]))
    const owners = new Map(rows(3).map(([path, name, installed]) => [path, { name: name!, installed: installed! }]))
    for (const path of paths) {
      const [here, folder, by] = [present.get(path), folders.get(folderOf(path)), owners.get(path)]
      if (here === undefined && folder === undefined) continue
      found.set(`path ${path}`, {
        of: 'path',
        ...(here ? { is: 'there', ...here } : { is: 'gone', at: folder! }),
        ...(by ? { package: by.name } : {}),
        ...(by && by.installed !== '' ? { installed: time(by.installed) } : {}),
      })
    }
  }
  for (const unit of named(items, 'unit').filter(isOfMachine)) {
    const files = rows(3).map(([path, changed, owner]) => ({ path: path!, at: time(changed!), owner: owner! }))
    const said = (fields.shift() ?? '').split('\n').flatMap(line => sayingOf(line, ahead))
    found.set(`unit ${unit}`, { of: 'unit', files, said, ahead })
  }
  return found
}

/** When things that are not as they were changed, and what can be told of who did it. It only looks. */
export const provenanceProbe: Probe<ProvenanceAnswer> = {
  kind: 'provenance',
  side: 'host',
  sh: items => {
    const paths = named(items, 'path')
    const units = named(items, 'unit').filter(isOfMachine)
    return [
      'printf \'%s\\0\' "$(date +%s.%N)"',
      ...(paths.length > 0 ? [ofPaths(paths)] : []),
      ...units.map(ofUnit),
    ].join('\n')
  },
  read: (output, items) => {
    const answers = answersIn(output, items)
    return items.map(({ item }) => answers.get(item) ?? { of: 'nothing' })
  },
}

const query = (item: string, subject: string): Query<ProvenanceAnswer> => ({
  key: `provenance:${item}`,
  looks: [],
  probe: provenanceProbe,
  item,
  facets: [],
  parse: (raw: ProvenanceAnswer) => raw,
  only: false,
  subject,
})

export const pathProvenance = (path: string): Query<ProvenanceAnswer> => query(`path ${path}`, path)
export const unitProvenance = (unit: string): Query<ProvenanceAnswer> => query(`unit ${unit}`, unit)
