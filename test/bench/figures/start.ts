import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { runbook } from '../rig.ts'
import { infoRow, type Row, ratioRow } from '../row.ts'
import { byTurns, median, must, ROUNDS, runOnce } from '../timing.ts'

/** A listener that notes when it is first connected to, and hangs up. */
const listener = async () => {
  let first = 0n
  const server = createServer(socket => {
    first ||= process.hrtime.bigint()
    socket.destroy()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
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

/** From the start of the process until a plan of the main playbook first connects to a host. */
const untilConnected = async (): Promise<number> => {
  const folder = mkdtempSync(`${tmpdir()}/bench-`)
  const { port, take, close } = await listener()
  try {
    await must({ argv: ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', `${folder}/key`] })
    const host = { ansible_host: '127.0.0.1', ansible_port: port, ansible_ssh_private_key_file: `${folder}/key` }
    const hosts = Object.fromEntries(['node0', 'node1', 'node2'].map(name => [name, host]))
    writeFileSync(`${folder}/hosts.json`, JSON.stringify({ all: { children: { ipfs: { hosts } } } }))
    const argv = runbook('plan', 'playbooks/private-cluster.yml', '-i', `${folder}/hosts.json`, '--artifacts', folder)
    const times: number[] = []
    for (let round = 0; round <= ROUNDS; round++) {
      const began = process.hrtime.bigint()
      const { code, stdout, stderr } = await runOnce({ argv, keep: true })
      const at = take()
      if (at === 0n) throw new Error(`exit code ${code}, nothing connected:\n${stdout}${stderr}`)
      if (round > 0) times.push(Number(at - began) / 1e6)
    }
    return median(times)
  } finally {
    close()
    rmSync(folder, { recursive: true })
  }
}

/** Processes as short as these are easily disturbed, and cost little to be timed more often. */
const OFTEN = 3 * ROUNDS

/** How long it takes to begin. No host is needed, and what it costs is the same for every command. */
export const start = async (): Promise<Row[]> => {
  const nothing = { argv: [process.execPath, '-e', '0'] }
  return [
    ratioRow('runbook --version / node -e 0', await byTurns({ argv: runbook('--version') }, nothing, OFTEN), 2.5),
    ratioRow('runbook --help / node -e 0', await byTurns({ argv: runbook('--help') }, nothing, OFTEN)),
    infoRow('plan: until it first connects', await untilConnected()),
  ]
}
