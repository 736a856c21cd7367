import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import ssh2 from 'ssh2'

// `node test/bench/handshakes.ts PORT KEYFILE ADDRESS…`: logs in to each address by bare ssh2, so many at once as runbook does,
// and hangs up when all are there: the least that a program on ssh2 can do with so many hosts.

const AT_ONCE = 32
const [port, keyFile, ...addresses] = process.argv.slice(2) as [string, string, ...string[]]
const privateKey = readFileSync(keyFile)
const left = [...addresses]
const clients: ssh2.Client[] = []

const logIn = (host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const client = new ssh2.Client()
    clients.push(client)
    client.on('ready', resolve).on('error', reject)
    const sock = connect({ host, port: Number(port), noDelay: true })
    const algorithms = { kex: ['curve25519-sha256' as const] }
    client.connect({ sock, username: 'root', privateKey, algorithms, hostVerifier: () => true, readyTimeout: 60_000 })
  })

const work = async (): Promise<void> => {
  for (let host = left.shift(); host !== undefined; host = left.shift()) await logIn(host)
}
await Promise.all(Array.from({ length: AT_ONCE }, work))
for (const client of clients) client.end()
