import { program, type Query, type ServiceAnswer } from '../../../src/module/module.ts'
import { type IpAddress, ipAddress } from './ip-address.ts'
import { baseName, type Obstacle } from './paths.ts'
import { ipv4FromHex, isEveryAddress } from './sockets.ts'

/** Where a service is to listen: an IP address of the host and a TCP port. */
type ListenPlace = { at: string; port: number }

/**
 * Places from `/ip4/HOST/tcp/PORT` or `HOST:PORT`. Names, UDP and sockets in the file system are left out: nothing is
 * said of them.
 */
export const listenPlaces = (texts: string[]): ListenPlace[] =>
  texts.flatMap(text => {
    const found = /^\/ip[46]\/([^/]+)\/tcp\/(\d+)/.exec(text) ?? /^\[?([\d.]+|[\da-fA-F:]+)\]?:(\d+)$/.exec(text)
    return found ? [{ at: found[1]!, port: Number(found[2]) }] : []
  })

/** The first text that is neither a path of protocols, as `/dns4/name/tcp/80`, nor `HOST:PORT`. */
export const malformedAddress = (texts: string[]): Obstacle | undefined => {
  const wrong = texts.find(text => !/^\/(ip[46]|ip6zone|dns[46]?|dnsaddr|unix)\/.|^[^/\s]+:\d+$/.test(text))
  return wrong === undefined
    ? undefined
    : { why: `it is to listen at ${wrong}, which is no address`, fix: 'write it like /ip4/127.0.0.1/tcp/5001' }
}

/** All digits of an IPv6 address, as the kernel prints it. */
const long = (ip6: string): string => ipAddress(ip6)?.bits ?? '0'.repeat(32)
const isIp6 = (at: string): boolean => at.includes(':')

/** Everything of the network that is asked here, in one go: listening sockets and the host's own addresses. */
const network = `cat /proc/net/tcp /proc/net/tcp6 /proc/net/fib_trie /proc/net/if_inet6 2>/dev/null | awk '
$1 == "|--" { a = $2 } /32 host LOCAL/ { print "own", a } $4 == "0A" { print "socket", $2, $10 }
NF == 6 && length($1) == 32 { print "own", $1 }'`

/** The kernel writes an IPv6 address as four numbers of the machine's byte order. */
const ofKernel = (hex: string): string =>
  (hex.match(/.{8}/g) ?? [])
    .map(word => (word.match(/../g) ?? []).toReversed().join(''))
    .join('')
    .toLowerCase()

/** The host's own addresses, loopback among them; none where the kernel does not tell. */
export const ownAddresses: Query<{ all: IpAddress[] }> = program({
  key: 'live:address',
  sh: network,
  looks: [],
  parse: ({ stdout }) => ({
    all: [...new Set(stdout.toString().split('\n'))].flatMap(line => {
      const text = /^own (.*)$/.exec(line)?.[1] ?? ''
      return ipAddress(/^[\da-f]{32}$/.test(text) ? text.replace(/(.{4})(?=.)/g, '$1:') : text) ?? []
    }),
  }),
  subject: 'own addresses',
})

/** Whether a place is at an address of this host. Where the kernel tells of no address at all, every place is. */
export const ownAddress = ({ at }: ListenPlace): Query<{ isOwn: boolean }> =>
  program({
    key: `live:address/${at}`,
    sh: network,
    looks: [],
    parse: ({ stdout }) => {
      const known = stdout.toString().split('\n')
      const wanted = isIp6(at) ? long(at) : at
      const isUntold = !known.some(line => line.startsWith('own '))
      return {
        isOwn: isUntold || /^(0\.0\.0\.0|127\..*|0{32}|0{31}1)$/.test(wanted) || known.includes(`own ${wanted}`),
      }
    },
    subject: at,
  })

/** The sockets that listen at a place, or at that port of every address: inodes. */
export const listeningSockets = ({ at, port }: ListenPlace): Query<{ inodes: string[] }> =>
  program({
    key: `live:sockets/${at}:${port}`,
    sh: network,
    looks: ['live:sockets'],
    parse: ({ stdout }) => ({
      inodes: stdout
        .toString()
        .split('\n')
        .flatMap(line => {
          const [kind, where = '', inode = ''] = line.split(' ')
          const [hex = '', number = ''] = where.split(':')
          if (kind !== 'socket' || Number.parseInt(number, 16) !== port) return []
          const isSixth = hex.length > 8 && !/^0{16}FFFF0000/.test(hex)
          if (isSixth !== isIp6(at)) return []
          const [there, wanted] = isSixth ? [ofKernel(hex), long(at)] : [ipv4FromHex(hex), at]
          return isEveryAddress(hex) || /^[0.]+$/.test(wanted) || there === wanted ? [inode] : []
        }),
    }),
    subject: `${at}:${port}`,
  })

export type SocketHolder = { inode: string; pid: string; program: string; unit: string }

/**
 * Whose the sockets are, as far as who looks may see. Which unit a process belongs to systemd tells by its control group,
 * the portable service manager by the words of the supervisor that is its parent: it may itself have come from a login or
 * from cron, and be in theirs. Costs a look at every process: only asked where something is odd.
 */
export const socketHolders = (inodes: string[]): Query<{ all: SocketHolder[] }> =>
  program({
    key: `live:holders/${inodes.join()}`,
    sh: `ls -l /proc/[0-9]*/fd 2>/dev/null | awk '/^\\/proc/ { split($0, p, "/") } $NF ~ /^socket:\\[(${inodes.join('|')})\\]$/ { gsub(/[^0-9]/, "", $NF); print $NF, p[3] }' | sort -u |
while read -r i p; do read -r c </proc/$p/comm
u=$(tr '\\0' ' ' </proc/$(sed -n 's/^PPid:[^0-9]*//p' /proc/$p/status)/cmdline | sed -n 's|.*/service supervise \\([^ ]*\\) *$|\\1|p')
printf '%s %s %s %s\\n' "$i" "$p" "\${u:-$(sed -n 's|.*/\\([^/]*\\.service\\).*|\\1|p' /proc/$p/cgroup | head -n 1)}" "$c"; done`,
    looks: ['live:sockets'],
    parse: ({ stdout }) => ({
      all: stdout
        .toString()
        .split('\n')
        .filter(Boolean)
        .map(line => {
          const [, inode = '', pid = '', unit = '', program = ''] = /^(\d+) (\d+) (\S*) (.*)$/.exec(line) ?? []
          return { inode, pid, unit, program }
        }),
    }),
    subject: 'the holders of ports',
  })

const isOff = ({ active, sub }: ServiceAnswer): boolean =>
  active === 'inactive' || active === 'failed' || sub === 'auto-restart'

/** Sockets of which it matters whose they are: all while the unit is off or about to be restarted, else twins. */
export const doubtfulSockets = (unit: ServiceAnswer, restarts: boolean, seen: { inodes: string[] }[]): string[] =>
  seen.flatMap(({ inodes }) =>
    isOff(unit) || (unit.active === 'active' && (restarts || inodes.length > 1)) ? inodes : [],
  )

const named = ({ program, pid, unit }: SocketHolder): string =>
  `${program} (pid ${pid}${unit === '' ? '' : `, ${unit}`})`

/** Why a service cannot listen where it is to, or is not alone there. */
export const listenObstacle = (
  unit: ServiceAnswer,
  name: string,
  places: ListenPlace[],
  seen: { own: { isOwn: boolean }[]; sockets: { inodes: string[] }[]; holders?: { all: SocketHolder[] } | undefined },
): Obstacle | undefined => {
  const short = baseName(name)
  for (const [i, { at, port }] of places.entries()) {
    const where = `${isIp6(at) ? `[${at}]` : at}:${port}`
    if (!seen.own[i]!.isOwn)
      return {
        why: `${at} is not an address of this host, so ${short} cannot listen at ${where}`,
        fix: 'use 127.0.0.1, 0.0.0.0 or one that `ip -brief address` shows: a public address often belongs to a router in front',
      }
    const { inodes } = seen.sockets[i]!
    const all = seen.holders?.all.filter(({ inode }) => inodes.includes(inode)) ?? []
    // Of a running service only what systemd calls another unit's is foreign: it may have many processes.
    const foreign = all.find(holder => holder.unit !== short && (isOff(unit) || holder.unit !== ''))
    const isTaken = isOff(unit) && inodes.length > 0 && all.length === 0
    if (foreign || isTaken)
      return {
        why: `${foreign ? named(foreign) : 'another program'} listens at ${where}, where ${short} is to listen${isOff(unit) ? '' : ', too: connections go to either'}`,
        fix: foreign
          ? `\`ps -o pid,user,args -p ${foreign.pid}\` tells what it is; \`kill ${foreign.pid}\` ends it; or choose another port`
          : `\`ss -ltnp 'sport = :${port}'\` tells what it is, with its pid; \`kill PID\` ends it; or choose another port`,
      }
  }
  return undefined
}
