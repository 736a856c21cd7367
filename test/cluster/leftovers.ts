import type { Rig } from './rig.ts'

// What a run that was cut off has left behind: a host is held against the same host of a network that was not
// disturbed. Asked without the playbook.

/** What there is on a host, each as one line: files with kind, mode, owner and path; digests; processes; mounts. */
export type Traces = Record<'files' | 'digests' | 'processes' | 'mounts', string[]>

/** What daemons keep under names of their own, and what the machine writes by itself. */
const others = [
  ...['/proc', '/sys', '/dev/pts', '/run/host', '/run/systemd', '/run/log', '/run/user', '/run/credentials'],
  ...['/var/log', '/var/lib/systemd', '/var/cache/ldconfig', '/var/lib/ipfs/blocks', '/var/lib/ipfs/datastore'],
  '/var/lib/ipfs-cluster/pebble',
]
/** The same bytes in every network. */
const common = '/usr/local /etc/systemd /etc/passwd /etc/group /etc/subuid /etc/subgid /var/lib/ipfs/version'

const script = `
cd /; echo "= own $$ $PPID"
echo '= files'; find / /run /tmp /dev/shm -xdev \\( ${others.map(path => `-path ${path}`).join(' -o ')} \\) -prune -o -printf '%y %m %u:%g %p\\n'
echo '= digests'; find ${common} -type f ! -name '*.receipt' ! -name .runbook-says -exec sha256sum {} +
echo '= mounts'; cut -d' ' -f5 /proc/self/mountinfo
echo '= processes'; ps -ww -eo pid=,sid=,user=,args=`

/** The folders in which systemd keeps a unit's own /tmp have random names; a login that is on its way is no trace. */
const isNoise = (line: string): boolean => /systemd-private-|sshd: .*\[(net|priv|accepted)\]/.test(line)

const withoutOwn = (lines: string[], session: string, parent: string): string[] =>
  lines.flatMap(line => {
    const [, pid, sid, rest = ''] = /^ *(\d+) +(\d+) (.*)$/.exec(line) ?? []
    return sid === session || pid === parent ? [] : [rest.replace(/\[listener\].*/, '[listener]')]
  })

/** What there is on a host now. */
export const tracesOf = async (lab: Rig, node: string): Promise<Traces> => {
  const parts = new Map(
    (await lab.ssh(node, script)).split(/^= /m).map(part => {
      const [title = '', ...lines] = part.split('\n')
      return [title.split(' ')[0]!, { title, lines: lines.filter(line => line !== '' && !isNoise(line)) }] as const
    }),
  )
  const [, session = '', parent = ''] = parts.get('own')!.title.split(' ')
  const of = (name: string): string[] => [...new Set(parts.get(name)!.lines)].sort()
  return {
    files: of('files'),
    digests: of('digests'),
    mounts: of('mounts'),
    processes: withoutOwn(parts.get('processes')!.lines, session, parent).sort(),
  }
}

export const tracesEverywhere = async (lab: Rig): Promise<Record<string, Traces>> =>
  Object.fromEntries(await Promise.all(lab.nodes.map(async node => [node, await tracesOf(lab, node)] as const)))

/** What is in one list more often than in the other. */
const more = (these: string[], than: string[]): string[] => {
  const left = [...than]
  return these.filter(line => {
    const at = left.indexOf(line)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}

/** What is on the hosts and was not on the undisturbed ones (`+`), or the other way round (`-`). */
export const leftovers = (undisturbed: Record<string, Traces>, now: Record<string, Traces>): string[] =>
  Object.entries(now).flatMap(([node, traces]) => {
    const kinds = Object.keys(traces) as (keyof Traces)[]
    return kinds.flatMap(kind => {
      const was = undisturbed[node]![kind]
      const differences = [
        ...more(traces[kind], was).map(line => `+ ${line}`),
        ...more(was, traces[kind]).map(line => `- ${line}`),
      ]
      return differences.map(line => `${node} ${kind} ${line}`)
    })
  })
