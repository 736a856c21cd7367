import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Probe } from '../../../src/module/query.ts'

/** A folder of its own, removed when the process ends. */
export const temporary = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-probe-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Runs a probe's fragment in a real `sh` and reads what it printed, as the engine does. */
export const probed = <Raw>(
  probe: Probe<Raw>,
  items: { item: string; facets: string[] }[],
  run: (script: string) => { stdout: Buffer; stderr: Buffer; status: number | null } = local,
): Raw[] => {
  const { stdout, stderr, status } = run(probe.sh(items))
  return probe.read({ stdout, stderr, status: status ?? -1 }, items)
}

export const local = (script: string) => spawnSync('sh', { input: script, maxBuffer: 64 * 1024 * 1024 })
/** The same as a user who may not read everything. */
export const asNobody = (script: string) =>
  spawnSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', 'sh'], { input: script })

export const sh = (script: string): string => execFileSync('sh', ['-c', script], { encoding: 'utf8' })
