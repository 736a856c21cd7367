import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './process.ts'

// Where a file of the contract works: the programs it speaks of, a folder, and a network of its own on loopback.

const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')

/** The stand-in, built when its sources have changed. Files of tests run side by side: one builds, the others wait. */
const standin = async (): Promise<string> => {
  const out = `${root}/.runbook/standin`
  const lock = ['flock', `${root}/test/standin/build.sh`]
  const env = { HOME: process.env.HOME, PATH: `${process.env.PATH}:/usr/local/go/bin:/usr/lib/go/bin` }
  const { code, stderr } = await run([...lock, 'sh', `${root}/test/standin/build.sh`, out], { seconds: 110, env })
  if (code !== 0) throw new Error(`the stand-in cannot be built: ${stderr}`)
  return `${out}/bin`
}

/** The folder of the three programs: the real ones where RUNBOOK_REAL_PROGRAMS names them, else the stand-in. */
const bin = process.env.RUNBOOK_REAL_PROGRAMS || (await standin())
export const ipfsProgram = `${bin}/ipfs`
export const serviceProgram = `${bin}/ipfs-cluster-service`
export const ctlProgram = `${bin}/ipfs-cluster-ctl`

export const folder = mkdtempSync(join(tmpdir(), 'runbook-contract-'))
chmodSync(folder, 0o755)
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

/** An address of 127/8 for each node of a test: no two tests that run at once share one. */
export const address = (node: number): string =>
  `127.${64 + ((process.pid >> 8) & 63)}.${process.pid & 255}.${node + 1}`

/** Work that runs beside the tests that will speak of it; its failure is theirs to tell. */
export const begun = <T>(work: Promise<T>): Promise<T> => {
  work.catch(() => undefined)
  return work
}
