import { spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { readControllerFile } from '../../core/controller-file.ts'
import { Refusal, refuse } from '../../core/failure.ts'

const isUsable = (folder: string): boolean => {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Where a secret text lies while it is edited: in memory, where this machine has a place for that. */
const memoryFolder = (): string =>
  [process.env.XDG_RUNTIME_DIR, '/dev/shm'].find(one => one !== undefined && one !== '' && isUsable(one)) ?? tmpdir()

/** As Ansible asks for it; what stands there may have options. */
const editorCommand = (): string => process.env.ANSIBLE_EDITOR || process.env.EDITOR || 'vi'

/** What ends this process while somebody edits; Ctrl-C is the editor's. */
const ENDINGS = ['SIGTERM', 'SIGHUP'] as const

/** Runs the editor to its end, and throws where a signal, or it itself, has it that nothing is to be written. */
const runEditor = (file: string, remove: () => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const command = editorCommand()
    const child = spawn('sh', ['-c', `${command} "$1"`, 'sh', file], { stdio: 'inherit' })
    let ended: NodeJS.Signals | undefined
    const end = (signal: NodeJS.Signals): void => {
      // What is secret is gone before anything else is tried. An editor that does not heed it is not waited for twice.
      remove()
      if (ended) process.exit(signal === 'SIGHUP' ? 129 : 130)
      ended = signal
      child.kill(signal)
    }
    const pass = (): void => {}
    process.on('SIGINT', pass)
    for (const name of ENDINGS) process.on(name, end)
    const done = (outcome: () => void): void => {
      process.off('SIGINT', pass)
      for (const name of ENDINGS) process.off(name, end)
      if (ended) {
        reject(new Refusal({ reason: 'run-interrupted', what: 'The edit was interrupted: nothing was written.' }))
      } else outcome()
    }
    const refused = (what: string): void =>
      reject(
        new Refusal({
          reason: 'usage-file',
          what,
          why: 'The vault is as it was before, and what was typed is gone.',
          fix: 'Set EDITOR to an editor that waits until the file is closed, such as vi, nano or `code --wait`.',
        }),
      )
    child.on('error', error => done(() => refused(`The editor could not be started: ${error.message}`)))
    child.on('close', (code, signal) =>
      done(() => (code === 0 ? resolve() : refused(`The editor \`${command}\` ended with ${code ?? signal}.`))),
    )
  })

/**
 * What somebody makes of a text in an editor. The text lies in a folder that nobody else may enter, under the name of the file
 * that it comes from, and is gone when this ends, whatever ends it but SIGKILL.
 *
 * @throws Refusal `usage-file` for an editor that fails, `run-interrupted` for a signal.
 */
export const editText = async (text: Buffer, name: string): Promise<Buffer> => {
  const folder = mkdtempSync(join(memoryFolder(), 'runbook-edit-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  process.on('exit', remove)
  try {
    const file = join(folder, basename(name))
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' })
    await runEditor(file, remove)
    return readControllerFile(file)
  } catch (error) {
    if (error instanceof Refusal) throw error
    return refuse('usage-file', `The text could not be edited: ${(error as Error).message}`, {
      why: 'The vault is as it was before.',
    })
  } finally {
    remove()
    process.off('exit', remove)
  }
}
