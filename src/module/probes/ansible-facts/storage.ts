import {
  administratorsPath,
  type FactValues,
  linesOf,
  namedValues,
  numberIn,
  type Printed,
  readLine,
  type Section,
  type Subset,
  valuesIn,
  wordsOf,
} from './section.ts'

const tableSection: Section = {
  name: 'mount-table',
  sh: 'if [ -e /etc/mtab ]; then cat /etc/mtab; else cat /proc/mounts; fi',
}
const rootsSection: Section = { name: 'mount-roots', sh: 'cat /proc/self/mountinfo' }

/** Identities of file systems; floppy disks (major number 2) are slow to say that they have none. */
const identitiesSection: Section = {
  name: 'identities',
  sh: 'lsblk --list --noheadings --paths --output NAME,UUID --exclude 2',
}

/**
 * How large what is mounted is, one process for all of it. A server that does not answer must not hold up the rest: after
 * some seconds each is asked by itself. Lines: six numbers and the path.
 */
const sizesSection: Section = {
  name: 'mount-sizes',
  sh: `set --
while read -r d m w; do case $d in /*|*:/*) ;; *) continue;; esac
case $m in *\\\\*) m=$(printf '%s' "$m" | sed 's/%/%%/g'); m=$(printf "$m");; esac
set -- "$@" "$m"; done <<TABLE
$(if [ -e /etc/mtab ]; then cat /etc/mtab; else cat /proc/mounts; fi)
TABLE
[ $# -gt 0 ] || exit 0
t=; command -v timeout >/dev/null && t='timeout 5'
o=$($t stat -f -c '%S %s %b %a %c %d %n' -- "$@"); if [ $? -ne 124 ]; then printf '%s\\n' "$o"
else for m; do timeout 2 stat -f -c '%S %s %b %a %c %d %n' -- "$m"; done; fi; :`,
}

/** The kernel writes blanks, tabs, ends of lines and backslashes in octal digits. */
const unescaped = (text: string): string =>
  text.replaceAll(/\\([0-9]{3})/g, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 8) || 0))

const sizesIn = (text: string): Map<string, FactValues> => {
  const sizes = new Map<string, FactValues>()
  for (const line of linesOf(text)) {
    const [, numbers = '', path = ''] = /^((?:\d+ ){6})(.*)$/.exec(line) ?? []
    const [fragment, block, total, available, inodes, free] = numbers.trim().split(' ').map(numberIn)
    if (fragment === undefined || block === undefined || total === undefined || available === undefined) continue
    if (inodes === undefined || free === undefined) continue
    sizes.set(path, {
      size_total: fragment * total,
      size_available: fragment * available,
      block_size: block,
      block_total: total,
      block_available: available,
      block_used: total - available,
      inode_total: inodes,
      inode_available: free,
      inode_used: inodes - free,
    })
  }
  return sizes
}

/** Where something below the root of a file system is mounted. */
const boundIn = (text: string): Set<string> => {
  const fields = linesOf(text).map(line => line.split(' '))
  return new Set(fields.filter(one => one[3] !== undefined && one[3] !== '/').map(one => unescaped(one[4] ?? '')))
}

const identitiesIn = (text: string): Map<string, string> => {
  const found = new Map<string, string>()
  for (const [device, identity] of linesOf(text).map(wordsOf))
    if (device !== undefined && identity !== undefined && !found.has(device)) found.set(device, identity)
  return found
}

export const mountedFileSystems: Subset = {
  facts: ['mounts'],
  sections: [tableSection, rootsSection, identitiesSection, sizesSection],
  make: printed => {
    const sizes = sizesIn(printed(sizesSection))
    const bound = boundIn(printed(rootsSection))
    const identities = identitiesIn(printed(identitiesSection))
    const mounts = new Map<string, FactValues>()
    for (const line of linesOf(printed(tableSection))) {
      const [device = '', mount = '', fstype = '', options, dump, passno] = wordsOf(line).map(unescaped)
      if (options === undefined || (!/^[/\\]/.test(device) && !device.includes(':/')) || fstype === 'none') continue
      mounts.set(mount, {
        mount,
        device,
        fstype,
        options: bound.has(mount) ? `${options},bind` : options,
        dump: numberIn(dump) ?? 0,
        passno: numberIn(passno) ?? 0,
        ...sizes.get(mount),
        uuid: identities.get(device) ?? 'N/A',
      })
    }
    return { mounts: [...mounts.values()] }
  },
}

/** `ls -l` of folders of links: which names lead to a device. */
const linksSection: Section = {
  name: 'disk-links',
  sh: `for d in id uuid label; do [ -d /dev/disk/by-$d ] && echo "folder=$d" && ls -l /dev/disk/by-$d; done
for f in /sys/block/*/slaves/*; do [ -e "$f" ] && f=\${f#/sys/block/} && echo "slave=\${f%%/*} \${f##*/}"; done; :`,
}

/** What /sys says of each disk and of its parts: no process but one that lists what is plugged in. */
const disksSection: Section = {
  name: 'disks',
  sh: `${administratorsPath}; ${readLine}
h() { for x in "$1"/holders/dm-*; do [ -e "$x" ] || continue; echo "holder=\${x##*/}"; r mapped "$x/dm/name"; done; }
for d in /sys/block/*; do [ -e "$d" ] || continue; n=\${d##*/}; echo "disk=$n"; cd -P "$d" && echo "path=$(pwd -P)"
for f in vendor model sas_address sas_device_handle serial; do r $f "$d/device/$f"; done
for f in removable size; do r $f "$d/$f"; done
for f in discard_max_hw_bytes discard_granularity rotational scheduler logical_block_size hw_sector_size; do r $f "$d/queue/$f"; done
h "$d"
for p in "$d/$n"*; do [ -e "$p/start" ] || continue; echo "part=\${p##*/}"
for f in start size; do r $f "$p/$f"; done; for f in logical_block_size hw_sector_size; do r $f "$p/queue/$f"; done; h "$p"; done; done
command -v lspci >/dev/null && lspci -D | while IFS= read -r l; do echo "pci=$l"; done; :`,
}

type Links = Record<'ids' | 'uuids' | 'labels' | 'masters', Map<string, string[]>>

const linksIn = (text: string): Links => {
  const links: Links = { ids: new Map(), uuids: new Map(), labels: new Map(), masters: new Map() }
  const add = (to: Map<string, string[]>, device: string, name: string): void => {
    to.set(device, [...(to.get(device) ?? []), name].sort())
  }
  let into: Map<string, string[]> | undefined
  for (const line of linesOf(text)) {
    const folder = /^folder=(id|uuid|label)$/.exec(line)?.[1] as 'id' | 'uuid' | 'label' | undefined
    if (folder !== undefined) into = links[`${folder}s`]
    const [, disk, slave] = /^slave=(\S+) (\S+)$/.exec(line) ?? []
    if (disk !== undefined && slave !== undefined) add(links.masters, slave, disk)
    const [, name, target] = /(\S+) -> (?:\S*\/)?([^/\s]+)$/.exec(line) ?? []
    if (into !== undefined && name !== undefined && target !== undefined) add(into, target, name)
  }
  return links
}

const linksOf = (links: Links, device: string): FactValues => ({
  ids: links.ids.get(device) ?? [],
  uuids: links.uuids.get(device) ?? [],
  labels: links.labels.get(device) ?? [],
  masters: links.masters.get(device) ?? [],
})

/** As Ansible writes sizes: two digits behind the point, of the largest unit that it has one of. */
const readable = (bytes: number): string => {
  const power = Math.max(0, [1, 2, 3, 4, 5, 6, 7, 8].findLast(one => bytes >= 1024 ** one) ?? 0)
  return `${(bytes / 1024 ** power).toFixed(2)} ${power === 0 ? 'Bytes' : `${'KMGTPEZY'[power - 1]}B`}`
}

/** The kernel counts in sectors of 512 bytes, whatever the disk's own are. */
const sizeOf = (values: Map<string, string>): { sectors: number; sectorsize: string | number; size: string } => {
  const sectorsize = values.get('logical_block_size') ?? values.get('hw_sector_size') ?? 512
  const each = Number(sectorsize) || 512
  const sectors = Math.floor(((numberIn(values.get('size')) ?? 0) * 512) / each)
  return { sectors, sectorsize, size: readable(sectors * each) }
}

/** A disk's lines, and those of each of its parts. */
type Block = { values: Map<string, string>; holders: string[]; parts: Map<string, Omit<Block, 'parts'>> }

const blockOf = (lines: string[]): Omit<Block, 'parts'> => {
  const holders: string[] = []
  for (const line of lines) {
    if (line.startsWith('holder=')) holders.push(line.slice(7))
    if (line.startsWith('mapped=') && holders.length > 0) holders[holders.length - 1] = line.slice(7).trim()
  }
  return { values: valuesIn(lines.join('\n')), holders }
}

const blocksIn = (text: string): Map<string, Block> => {
  const disks = new Map<string, { own: string[]; parts: Map<string, string[]> }>()
  let lines: string[] = []
  let parts = new Map<string, string[]>()
  for (const line of linesOf(text)) {
    if (line.startsWith('disk=')) {
      lines = []
      parts = new Map()
      disks.set(line.slice(5), { own: lines, parts })
    } else if (line.startsWith('part=')) {
      lines = []
      parts.set(line.slice(5), lines)
    } else lines.push(line)
  }
  return new Map(
    [...disks].map(([name, { own, parts: inside }]) => [
      name,
      { ...blockOf(own), parts: new Map([...inside].map(([part, said]) => [part, blockOf(said)])) },
    ]),
  )
}

const diskOf = (name: string, { values, holders, parts }: Block, links: Links, plugged: string[]): FactValues => {
  const said = (key: string): string | null => values.get(key) ?? null
  const partition = ([part, block]: [string, Omit<Block, 'parts'>]): [string, FactValues] => [
    part,
    {
      links: linksOf(links, part),
      start: block.values.get('start') ?? '0',
      ...sizeOf(block.values),
      uuid: links.uuids.get(part)?.[0] ?? null,
      holders: block.holders,
    },
  ]
  const slot = /.+\/([a-f0-9]{4}:[a-f0-9]{2}:[0|1][a-f0-9]\.[0-7])\//.exec(values.get('path') ?? '')?.[1]
  const host = slot === undefined ? undefined : plugged.find(line => line.startsWith(`${slot} `))
  const wwn = links.ids.get(name)?.find(id => id.startsWith('wwn-'))
  return {
    virtual: 1,
    links: linksOf(links, name),
    vendor: said('vendor'),
    model: said('model'),
    sas_address: said('sas_address'),
    sas_device_handle: said('sas_device_handle'),
    ...(values.has('serial') ? { serial: values.get('serial')! } : {}),
    removable: said('removable'),
    support_discard: said('discard_max_hw_bytes') === '0' ? '0' : said('discard_granularity'),
    ...(wwn === undefined ? {} : { wwn: wwn.slice(4) }),
    partitions: namedValues([...parts].map(partition)),
    rotational: said('rotational'),
    scheduler_mode: /\[(.*)\]/.exec(values.get('scheduler') ?? '')?.[1] ?? '',
    ...sizeOf(values),
    host: host?.slice(slot!.length + 1) ?? '',
    holders,
  }
}

export const disks: Subset = {
  facts: ['devices', 'device_links'],
  sections: [linksSection, disksSection],
  make: (printed: Printed) => {
    const text = printed(disksSection)
    const links = linksIn(printed(linksSection))
    const plugged = linesOf(text).flatMap(line => (line.startsWith('pci=') ? line.slice(4) : []))
    const all = [...blocksIn(text)].map(([name, block]) => [name, diskOf(name, block, links, plugged)] as const)
    const { ids, uuids, labels, masters } = links
    return {
      devices: namedValues(all),
      device_links: {
        ids: namedValues(ids),
        uuids: namedValues(uuids),
        labels: namedValues(labels),
        masters: namedValues(masters),
      },
    }
  },
}

/** Root alone may ask. A volume that is known by its number is named by its mapping. */
const volumesSection: Section = {
  name: 'volumes',
  sh: `${administratorsPath}; command -v vgs >/dev/null && [ "$(id -u)" = 0 ] || exit 0
o='--noheadings --nosuffix --units g --separator ,'
for p in vgs lvs pvs; do command -v $p >/dev/null && $p $o | while read -r l; do
case $l in /dev/dm-*) l=/dev/mapper/$(dmsetup info -C --noheadings -o name "\${l%%,*}"),\${l#*,};; esac; echo "$p=$l"; done; done; echo answered`,
}

export const volumes: Subset = {
  facts: ['lvm'],
  sections: [volumesSection],
  make: printed => {
    const lines = linesOf(printed(volumesSection))
    if (lines.at(-1) !== 'answered') return { lvm: 'N/A' }
    const rows = (program: string): string[][] =>
      lines.flatMap(line => (line.startsWith(`${program}=`) ? [line.slice(4).trim().split(',')] : []))
    const of = (row: string[], at: number): string => row.at(at) ?? ''
    const vgs = rows('vgs').map((row): [string, FactValues] => [
      of(row, 0),
      { size_g: of(row, -2), free_g: of(row, -1), num_lvs: of(row, 2), num_pvs: of(row, 1) },
    ])
    const lvs = rows('lvs').map((row): [string, FactValues] => [of(row, 0), { size_g: of(row, 3), vg: of(row, 1) }])
    const pvs = rows('pvs').map((row): [string, FactValues] => [
      of(row, 0),
      { size_g: of(row, 4), free_g: of(row, 5), vg: of(row, 1) },
    ])
    return { lvm: { lvs: namedValues(lvs), vgs: namedValues(vgs), pvs: namedValues(pvs) } }
  },
}

const initiatorsSection: Section = {
  name: 'initiators',
  sh: `for f in /etc/iscsi/initiatorname.iscsi /etc/nvme/hostnqn; do [ -r $f ] && cat $f; done
for f in /sys/class/fc_host/*/port_name; do [ -r "$f" ] && read -r v <"$f" && echo "port=$v"; done; :`,
}

export const initiators: Subset = {
  facts: ['iscsi_iqn', 'hostnqn', 'fibre_channel_wwn'],
  sections: [initiatorsSection],
  make: printed => {
    const lines = linesOf(printed(initiatorsSection))
    return {
      iscsi_iqn: lines.find(line => line.startsWith('InitiatorName='))?.slice(14) ?? '',
      hostnqn: lines.find(line => line.startsWith('nqn.')) ?? '',
      fibre_channel_wwn: lines.flatMap(line => (line.startsWith('port=') ? line.slice(7) : [])),
    }
  },
}
