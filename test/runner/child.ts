import { type ChildProcess, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ending } from './counts.ts'

const running = new Set<ChildProcess>()

/** A child leads a group of its own, so that all it started ends with it. */
const killGroup = (child: ChildProcess): void => {
  try {
    if (child.pid) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // Nobody of the group is left.
  }
}

export const killAll = (): void => {
  for (const child of running) killGroup(child)
}

/**
 * Tests read plain text, and nothing that the person at the keyboard has set for runbook itself. What one of them has
 * compiled the others do not compile again: most files import much the same.
 */
const environment = (): NodeJS.ProcessEnv => {
  const { NO_COLOR: _, RUNBOOK_INVENTORY: __, ...env } = process.env
  return { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'), ...env, FORCE_COLOR: '0' }
}

/** Runs one program with its output gathered; it is killed with all it has started when its time is over. */
export const run = (argv: string[], folder: string, seconds: number): Promise<Ending> =>
  new Promise(resolve => {
    const [program = '', ...args] = argv
    const options = { cwd: folder, env: environment(), detached: true, stdio: ['ignore', 'pipe', 'pipe'] as const }
    const child = spawn(program, args, { ...options, stdio: [...options.stdio] })
    running.add(child)
    let text = ''
    const gather = (piece: string): void => {
      text += piece
    }
    child.stdout?.setEncoding('utf8').on('data', gather)
    child.stderr?.setEncoding('utf8').on('data', gather)
    const timer = setTimeout(() => {
      gather(`\nnot done after ${seconds} s: killed\n`)
      killGroup(child)
    }, seconds * 1000)
    const end = (code: number | null): void => {
      clearTimeout(timer)
      running.delete(child)
      resolve({ code, text })
    }
    child.on('error', error => {
      gather(`${error.message}\n`)
      end(null)
    })
    child.on('close', end)
  })
