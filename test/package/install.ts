import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Ran, ranOf } from '../cli/rig.ts'

// The package as npm packs it, laid out as npm installs it. What it depends on is copied from the checkout's
// node_modules, which is the way that needs no network.

export const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'))

/** The packages that a person gets who installs runbook: those of the lock that are not for development. */
const dependencies = (): string[] =>
  Object.entries(read('package-lock.json').packages as Record<string, { dev?: true; optional?: true }>)
    .filter(([path, { dev, optional }]) => path !== '' && !dev && !optional)
    .map(([path]) => path)

/** Packs runbook; the path of the archive. */
const pack = (folder: string): string => {
  const argv = ['pack', '--json', '--offline', '--loglevel=error', '--pack-destination', folder]
  execFileSync('npm', argv, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  return join(folder, `runbook-${read('package.json').version}.tgz`)
}

export type Installed = {
  /** A folder in which runbook is installed for its playbooks. */
  site: string
  /** A prefix in which it is installed for everybody. */
  prefix: string
  remove(): void
}

export const installed = (): Installed => {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-package-'))
  const [site, prefix] = [join(folder, 'site'), join(folder, 'prefix')]
  const [local, global] = [join(site, 'node_modules'), join(prefix, 'lib/node_modules/runbook')]
  for (const path of dependencies()) cpSync(join(root, path), join(site, path), { recursive: true })
  execFileSync('tar', ['-xzf', pack(folder), '-C', local])
  renameSync(join(local, 'package'), join(local, 'runbook'))
  cpSync(join(local, 'runbook'), global, { recursive: true })
  symlinkSync(local, join(global, 'node_modules'))
  mkdirSync(join(prefix, 'bin'))
  symlinkSync('../lib/node_modules/runbook/dist/runbook.mjs', join(prefix, 'bin/runbook'))
  return { site, prefix, remove: () => rmSync(folder, { recursive: true }) }
}

/** Runs a program with a Node in front of its PATH. */
export const runWith = (node: string, program: string, args: string[], cwd: string): Promise<Ran> => {
  const { RUNBOOK_INVENTORY: _, RUNBOOK_PLAN_KEY: __, ...inherited } = process.env
  const env = { ...inherited, PATH: `${dirname(node)}:/usr/bin:/bin:/usr/sbin:/sbin` }
  return ranOf(spawn(program, args, { cwd, env }))
}

/** The oldest Node that package.json allows, as npm brings it: kept in `.runbook/`, undefined where it cannot be had. */
export const oldestNode = (): { version: string; node: string | undefined } => {
  const version = `${read('package.json').engines.node.replace('>=', '')}.0`
  const folder = join(root, '.runbook', `node-${version}`)
  const node = join(folder, 'node_modules/node/bin/node')
  if (!existsSync(node)) {
    mkdirSync(folder, { recursive: true })
    const argv = ['install', '--prefix', folder, '--prefer-offline', '--ignore-scripts=false', '--fetch-retries=0']
    try {
      execFileSync('npm', [...argv, `node@${version}`], { cwd: folder, stdio: 'ignore', timeout: 60_000 })
    } catch {
      // No network: the tests say that they were skipped.
    }
  }
  return { version, node: existsSync(node) ? node : undefined }
}
