import { program, type Query, quote } from '../../../src/module/module.ts'

type Listening = { listening: boolean }

/** `0100007F` is 127.0.0.1, as a number of the machine's byte order; one mapped into IPv6 has a prefix. */
export const ipv4FromHex = (hex: string): string =>
  (hex.replace(/^0{16}FFFF0000/, '').match(/../g) ?? [])
    .toReversed()
    .map(byte => Number.parseInt(byte, 16))
    .join('.')

export const isEveryAddress = (hex: string): boolean => /^0+$/.test(hex)

/**
 * Whether something on the host itself listens at a TCP port (at this IPv4 address, or at every one). The kernel's own
 * table is read, one process for any number of ports; nothing is connected to.
 */
export const listeningPort = (number: number, host: string | undefined): Query<Listening> =>
  program({
    key: `live:port/${host ?? ''}:${number}`,
    sh: `awk '$4 == "0A" { print $2 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null`,
    looks: ['any'],
    touches: [`live:port/${number}`],
    parse: ({ stdout }) => ({
      listening: stdout
        .toString()
        .split('\n')
        .some(line => {
          const [at = '', hex = ''] = line.split(':')
          return (
            Number.parseInt(hex, 16) === number &&
            (host === undefined || isEveryAddress(at) || ipv4FromHex(at) === host)
          )
        }),
    }),
    subject: host === undefined ? `port ${number}` : `${host}:${number}`,
  })

/** A host that the machine itself always is. */
const isLoopback = (host: string | undefined): boolean =>
  host === undefined || host === 'localhost' || host === '0.0.0.0' || host.startsWith('127.')

type Open = Listening & { fault?: string }

/** Connects by what there is: bash, nc or python3. Prints `open` or `closed`. */
const connecting = (host: string, number: number, seconds: number): string =>
  `if command -v bash >/dev/null; then timeout ${seconds} bash -c 'exec 3<>"/dev/tcp/$0/$1"' ${quote(host)} ${number} 2>/dev/null && echo open || echo closed
elif command -v nc >/dev/null; then nc -z -w ${seconds} ${quote(host)} ${number} >/dev/null 2>&1 && echo open || echo closed
elif command -v python3 >/dev/null; then python3 -c 'import socket,sys; socket.create_connection((sys.argv[1],int(sys.argv[2])),float(sys.argv[3])).close()' ${quote(host)} ${number} ${seconds} 2>/dev/null && echo open || echo closed
else echo none; fi`

/** The addresses that are the machine's own, each behind the line that names it. */
const OWN = `awk '/32 host LOCAL/ { print at } { at = $2 }' /proc/net/fib_trie 2>/dev/null`

/**
 * Whether a TCP port is open: of the machine itself by the kernel's table, so that nothing is connected to; of any other by
 * connecting to it from there.
 */
export const openPort = (number: number, host: string | undefined, seconds: number): Query<Open> => {
  const own = listeningPort(number, isLoopback(host) ? undefined : host)
  if (host === undefined || isLoopback(host)) return own
  return program({
    key: own.key,
    sh: `if ${OWN} | grep -qxF ${quote(host)}; then ${own.item}\nelse ${connecting(host, number, seconds)}; fi`,
    looks: ['any'],
    touches: [`live:port/${number}`],
    parse: output => {
      const said = output.stdout.toString().trim()
      if (said === 'none')
        return {
          listening: false,
          fault: `there is neither bash, nc nor python3 on the host to connect to ${host} with`,
        }
      if (said === 'open' || said === 'closed') return { listening: said === 'open' }
      return own.parse(output)
    },
    subject: `${host}:${number}`,
  })
}

/** Prints what a server at a port says by itself in the first two seconds; `none`, as a complaint, where nothing can ask it. */
export const portWords = (number: number, host = '127.0.0.1'): string =>
  `if command -v bash >/dev/null; then timeout 2 bash -c 'exec 3<>"/dev/tcp/$0/$1" && cat <&3' ${quote(host)} ${number} 2>/dev/null | head -c 65536; else echo none >&2; fi`

/** Source of the numbers: Linux, include/net/tcp_states.h. */
export const tcpStates: Record<string, string> = {
  ESTABLISHED: '01',
  SYN_SENT: '02',
  SYN_RECV: '03',
  FIN_WAIT1: '04',
  FIN_WAIT2: '05',
  TIME_WAIT: '06',
}

export type Connection = { local: string; remote: string; state: string }

/** How many connections of a port of the machine count. */
export const connectionsOf = (
  number: number,
  key: string,
  isCounted: (found: Connection) => boolean,
): Query<{ active: number }> =>
  program({
    key: `live:connections/${number}#${key}`,
    sh: `awk '$4 ~ /^0[1-6]$/ { print $2, $3, $4 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null`,
    looks: ['any'],
    touches: [`live:port/${number}`],
    parse: ({ stdout }) => ({
      active: stdout
        .toString()
        .split('\n')
        .flatMap((line): Connection[] => {
          const [at = '', to = '', state = ''] = line.split(' ')
          const [local = '', port = ''] = at.split(':')
          const isIt = Number.parseInt(port, 16) === number
          return isIt ? [{ local: ipv4FromHex(local), remote: ipv4FromHex(to.split(':')[0] ?? ''), state }] : []
        })
        .filter(isCounted).length,
    }),
    subject: `connections of port ${number}`,
  })
