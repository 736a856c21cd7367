import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const bin = fileURLToPath(new URL('../../src/runbook.mjs', import.meta.url))

export type Ran = { code: number | null; out: string; err: string }

/** Waits until something has come about while a program runs; one that ends before fails the test with what it has said. */
export const untilBegun = async (ran: Promise<Ran>, hasBegun: () => boolean): Promise<void> => {
  let early: Ran | undefined
  ran.then(ran => {
    early = ran
  })
  while (!hasBegun()) {
    if (early) throw new Error(`It ended by itself, with ${early.code}: ${early.out}${early.err}`)
    await new Promise(setImmediate)
  }
}

/** What a program says until it ends. */
export const ranOf = (child: ChildProcessWithoutNullStreams): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const ran: Ran = { code: null, out: '', err: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      ran.out += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      ran.err += text
    })
    child.on('error', reject).on('close', code => resolve({ ...ran, code }))
  })

/** A folder of its own in which runbook is called as from a shell, without what the caller has set for it. */
export const sandbox = () => {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-cli-'))
  const {
    RUNBOOK_INVENTORY: _,
    RUNBOOK_ARTIFACTS: __,
    RUNBOOK_LOCK: ___,
    RUNBOOK_PLAN_KEY: ____,
    ...inherited
  } = process.env
  return {
    folder,
    write: (name: string, text: string): void => writeFileSync(join(folder, name), text),
    run: (
      args: string[],
      { node = process.execPath, env = {} }: { node?: string; env?: NodeJS.ProcessEnv } = {},
    ): Ran => {
      const { status, stdout, stderr } = spawnSync(node, [bin, ...args], {
        cwd: folder,
        env: { ...inherited, ...env },
        encoding: 'utf8',
        timeout: 30_000,
      })
      return { code: status, out: stdout, err: stderr }
    },
    /** The same while this process goes on, which may serve it as a host. */
    start: (args: string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> =>
      ranOf(spawn(process.execPath, [bin, ...args], { cwd: folder, env: { ...inherited, ...env } })),
    /** The same, to be ended by the test. */
    begin: (args: string[], env: NodeJS.ProcessEnv = {}): { child: ChildProcess; ran: Promise<Ran> } => {
      const child = spawn(process.execPath, [bin, ...args], { cwd: folder, env: { ...inherited, ...env } })
      return { child, ran: ranOf(child) }
    },
    remove: (): void => rmSync(folder, { recursive: true }),
  }
}

/** A port of this machine at which nobody listens: it was free a moment ago. */
export const closedPort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

/** A private key as ssh reads it. */
export const privateKey = (): string =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
