import { program, type Query } from '../../../src/module/module.ts'

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
