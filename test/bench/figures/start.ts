import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { runbook } from '../rig.ts'
import { type Row, ratioRow } from '../row.ts'
import { byTurns, median, must, ROUNDS, root, runOnce } from '../timing.ts'

/** A listener that notes when it is first connected to, and hangs up. */
const listener = async () => {
  let first = 0n
  const server = createServer(socket => {
    first ||= process.hrtime.bigint()
    socket.destroy()
  })
  await new Promise<void>(resolve => server.listen(0, '0.0.0.0', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    take: () => {
      const at = first
      first = 0n
      return at
    },
    close: () => server.close(),
  }
}

/** Processes as short as these are easily disturbed, and cost little to be timed more often. */
const OFTEN = 3 * ROUNDS

/** As a checkout runs it. */
const checkout = (...words: string[]): string[] => [process.execPath, `${root}/src/runbook.mjs`, ...words]

/** A process that does nothing. */
const nothing = { argv: [process.execPath, '-e', '0'] }

/** From the start of the process until a plan of the main playbook first connects to a host; by turns with nothing. */
const untilConnected = async (run: (...words: string[]) => string[]): Promise<{ ours: number; theirs: number }> => {
  const folder = mkdtempSync(`${tmpdir()}/bench-`)
  const { port, take, close } = await listener()
  try {
    await must({ argv: ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', `${folder}/key`] })
    const host = { ansible_port: port, ansible_ssh_private_key_file: `${folder}/key` }
    const hosts = Object.fromEntries([1, 2, 3].map(i => [`node${i}`, { ...host, ansible_host: `127.0.0.${i}` }]))
    writeFileSync(`${folder}/hosts.json`, JSON.stringify({ all: { children: { ipfs: { hosts } } } }))
    const words = ['plan', 'playbooks/private-cluster.yml', '-i', `${folder}/hosts.json`, '--artifacts', folder]
    const argv = run(...words)
    const times: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] }
    for (let round = 0; round <= OFTEN; round++) {
      const began = process.hrtime.bigint()
      const { code, stdout, stderr } = await runOnce({ argv, keep: true })
      const at = take()
      if (at === 0n) throw new Error(`exit code ${code}, nothing connected:\n${stdout}${stderr}`)
      const { ms } = await must(nothing)
      if (round === 0) continue
      times.ours.push(Number(at - began) / 1e6)
      times.theirs.push(ms)
    }
    return { ours: median(times.ours), theirs: median(times.theirs) }
  } finally {
    close()
    rmSync(folder, { recursive: true })
  }
}

/** How long it takes to begin. No host is needed, and what it costs is the same for every command. */
export const start = async (): Promise<Row[]> => [
  ratioRow('runbook --version / node -e 0', await byTurns({ argv: runbook('--version') }, nothing, OFTEN), 2.5),
  ratioRow('runbook --help / node -e 0', await byTurns({ argv: runbook('--help') }, nothing, OFTEN), 2),
  // 120 ms where node itself takes 32.
  ratioRow('plan until it first connects / node -e 0, as it is installed', await untilConnected(runbook), 3.75),
  ratioRow('  from the sources of a checkout', await untilConnected(checkout), 9),
]
