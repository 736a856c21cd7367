import { readFileSync, writeFileSync } from 'node:fs'
import { startServer } from '../../host/server.ts'
import { runbook } from '../rig.ts'
import { checkRow, infoRow, type Row } from '../row.ts'
import { must, root } from '../timing.ts'
import type { Usage } from '../usage.ts'

/** Addresses of this machine that each count as a host of their own. */
const addresses = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `127.66.${Math.floor(i / 250)}.${(i % 250) + 1}`)

const LOOK = `${root}/test/bench/usage.ts`
const MOST_MB = 350
/** How many times the CPU of as many bare logins. */
const MOST_CPU = 2.2

type Measured = Usage & { ms: number }

/** Runs a program of Node's to its end, and what it has used. */
const measured = async (folder: string, argv: string[], env: Record<string, string> = {}): Promise<Measured> => {
  const file = `${folder}/usage.json`
  const [node, ...rest] = argv as [string, ...string[]]
  const { ms } = await must({ argv: [node, '--import', LOOK, ...rest], env: { ...env, BENCH_USAGE: file } })
  return { ...(JSON.parse(readFileSync(file, 'utf8')) as Usage), ms }
}

const mb = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MB`
const perHost = (ms: number, count: number): string => `${(ms / count).toFixed(1)} ms`

/** Ten tasks with nothing to change on so many hosts, and as many bare logins: one server on this machine is all of them. */
export const manyHosts = async (counts = [10, 100, 300, 1000]): Promise<Row[]> => {
  const server = await startServer({ address: '0.0.0.0' })
  try {
    const { folder, port, hostKey } = server
    writeFileSync(`${folder}/known_hosts`, `[127.66.*]:${port} ${hostKey}\n`)
    const vars = {
      ansible_port: port,
      ansible_user: 'root',
      ansible_ssh_private_key_file: `${folder}/key`,
      ansible_ssh_common_args: `-o UserKnownHostsFile=${folder}/known_hosts`,
      root: folder,
      workers: 4,
    }
    const inventoryFor = (count: number): string => {
      const hosts = Object.fromEntries(addresses(count).map((at, i) => [`host${i}`, { ansible_host: at }]))
      const file = `${folder}/hosts-${count}.json`
      writeFileSync(file, JSON.stringify({ all: { hosts, vars } }))
      return file
    }
    const apply = (count: number): string[] =>
      runbook('apply', 'test/bench/many-hosts.yml', '-i', inventoryFor(count), '--format', 'json')
    await must({ argv: apply(1) })
    const rows: Row[] = []
    for (const count of counts) {
      const ours = await measured(folder, apply(count))
      const bare = [process.execPath, `${root}/test/bench/handshakes.ts`, String(port), `${folder}/key`]
      const theirs = await measured(folder, [...bare, ...addresses(count)])
      const ratio = ours.cpuMs / theirs.cpuMs
      rows.push(
        infoRow(`${count} hosts, 10 tasks, nothing to change`, ours.ms),
        infoRow(`${count} hosts: time per host`, perHost(ours.ms, count)),
        {
          name: `${count} hosts: CPU each / of a bare ssh2 login`,
          ours: perHost(ours.cpuMs, count),
          theirs: perHost(theirs.cpuMs, count),
          ratio,
          ...(count === 1000 ? { bound: `${MOST_CPU} x`, met: ratio <= MOST_CPU } : {}),
        },
        count === 1000
          ? checkRow(`${count} hosts: memory`, mb(ours.peakBytes), `${MOST_MB} MB`, ours.peakBytes <= MOST_MB * 2 ** 20)
          : infoRow(`${count} hosts: memory`, mb(ours.peakBytes)),
      )
    }
    return rows
  } finally {
    await server.stop()
  }
}
