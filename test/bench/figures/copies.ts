import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { tell, trips } from '../events.ts'
import { onFarHosts } from '../far.ts'
import { type Rig, runbook } from '../rig.ts'
import { checkRow, infoRow, type Row, ratioRow } from '../row.ts'
import { median, must, ROUNDS, root } from '../timing.ts'

const MANY = 1000
const SMALL = 1024
/** They are there within so many milliseconds at 50 ms there and back. */
const MOST_MS = 2000
const LARGE = 500_000_000
/** At least 80 % of what scp does. */
const MOST = 1.25

const small = (folder: string): void => {
  mkdirSync(folder)
  for (let i = 0; i < MANY; i++) writeFileSync(`${folder}/file${i}`, randomBytes(SMALL))
}

/** Many small files to hosts that are far away, each time to a folder that is not there yet. */
const manyFiles = async (rig: Rig, folder: string): Promise<Row[]> => {
  small(`${folder}/many`)
  return onFarHosts(rig, 50, async ({ inventory }) => {
    const times: number[] = []
    let most = 0
    for (let round = 0; round <= ROUNDS; round++) {
      const told = await tell(runbook('cp', '-r', '-i', inventory, `${folder}/many/`, `far0:/root/many${round}`))
      if (round > 0) times.push(told.ran.ms)
      most = Math.max(most, trips(told))
    }
    const ms = median(times)
    return [
      checkRow(`${MANY} files of 1 KB at 50 ms`, `${(ms / 1000).toFixed(2)} s`, '2 s', ms <= MOST_MS),
      infoRow(`${MANY} files of 1 KB: round trips`, String(most)),
    ]
  })
}

const large = (file: string): void => {
  writeFileSync(file, '')
  const bytes = randomBytes(LARGE / 100)
  for (let i = 0; i < 100; i++) appendFileSync(file, Buffer.concat([Buffer.from(String(i)), bytes]))
}

/** One large file over the same way by turns, then once more and killed when half of it is there. */
const largeFile = async (rig: Rig, folder: string): Promise<Row[]> => {
  const file = `${folder}/large`
  large(file)
  const [address] = rig.addresses() as [string]
  const [, ...options] = rig.ssh(address).slice(0, -1)
  const ours = (to: string): string[] => runbook('cp', '-i', rig.inventory, file, `node0:${to}`)
  const times: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] }
  for (let round = 0; round <= 3; round++) {
    const a = await must({ argv: ours(`/root/ours${round}`) })
    const b = await must({ argv: ['scp', ...options, file, `root@${address}:/root/theirs`] })
    await rig.ask(address, 'rm -f /root/ours? /root/theirs')
    if (round === 0) continue
    times.ours.push(a.ms)
    times.theirs.push(b.ms)
  }
  const [program, ...words] = ours('/root/killed') as [string, ...string[]]
  const child = spawn(program, words, { cwd: root, stdio: 'ignore' })
  const gone = new Promise(resolve => child.on('exit', resolve))
  const there = async (): Promise<number> => Number(await rig.ask(address, 'cat /root/.killed.*.part | wc -c'))
  while ((await there()) < LARGE / 2) await setTimeout(10)
  child.kill('SIGKILL')
  await gone
  const again = await must({ argv: ours('/root/killed') })
  await rig.ask(address, 'rm -f /root/killed')
  const both = { ours: median(times.ours), theirs: median(times.theirs) }
  return [ratioRow('a file of 500 MB / scp', both, MOST), infoRow('  killed half-way, the second half', again.ms)]
}

/** What it takes to bring files to hosts: many small ones that are far, and a large one. */
export const copies = async (rig: Rig): Promise<Row[]> => {
  const folder = mkdtempSync(`${tmpdir()}/bench-`)
  try {
    return [...(await manyFiles(rig, folder)), ...(await largeFile(rig, folder))]
  } finally {
    rmSync(folder, { recursive: true })
  }
}
