import { spawn } from 'node:child_process'
import type { Target } from '../settings/target.ts'
import { signalGroup } from './child-wire.ts'
import { lastLines } from './connection-errors.ts'
import type { Dialled } from './dial.ts'
import { joined } from './joined.ts'

/** How much of what a proxy command says is kept: the end of it. */
const WORDS = 2048
/** How long one may take to end when it is told to. */
const END_MS = 1_000

/**
 * Runs a proxy command, as ssh does: by the user's shell, and its streams are the connection. What it says on standard error
 * is told where the connection fails. It has a process group of its own, which ends with the connection, so that Ctrl-C does
 * not cut a host off in the middle of a step.
 */
export const runProxy = (target: Target, command: string): Dialled => {
  const child = spawn(process.env.SHELL || '/bin/sh', ['-c', `exec ${command}`], { stdio: 'pipe', detached: true })
  let said = ''
  const { stream, close } = joined(child.stdout, child.stdin, () => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    signalGroup(child, 'SIGTERM')
    setTimeout(() => signalGroup(child, 'SIGKILL'), END_MS).unref()
  })
  const dialled: Dialled = { socket: stream }
  const fail = (what: string): void => {
    dialled.error ??= Object.assign(
      new Error([what, lastLines(said).join('\n')].filter(text => text !== '').join(': ')),
      {
        fix: `run the proxy command by hand: a line that begins with SSH-2.0 has to come from it:\n${command}`,
      },
    )
    close()
  }
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-WORDS)
  })
  child.on('error', error => fail(`the proxy command could not be run (${error.message})`))
  // All of its streams have ended by now.
  child.on('close', (code, signal) => fail(`the proxy command of ${target.name} ended (${signal ?? `status ${code}`})`))
  // One that has closed its output but stays is of no use any more.
  child.stdout.on('end', () => {
    setTimeout(() => signalGroup(child, 'SIGTERM'), END_MS).unref()
  })
  return dialled
}
