import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const bin = fileURLToPath(new URL('../../src/runbook.mjs', import.meta.url))

export type Ran = { code: number | null; out: string; err: string }

/** A folder of its own in which runbook is called as from a shell, without what the caller has set for it. */
export const sandbox = () => {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-cli-'))
  const { RUNBOOK_INVENTORY: _, RUNBOOK_ARTIFACTS: __, RUNBOOK_LOCK: ___, ...inherited } = process.env
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
