import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { readControllerFile } from '../../core/controller-file.ts'
import { exit } from '../../core/exit.ts'
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

const refuseEdit = (what: string): never =>
  refuse('usage-file', what, {
    why: 'The vault is as it was before, and what was typed is gone.',
    fix: 'Set EDITOR to an editor that waits until the file is closed, such as vi, nano or `code --wait`.',
  })

/** Runs the editor to its end. @throws Refusal `usage-file` where it fails. */
const runEditor = async (file: string, began: (editor: ChildProcess) => void): Promise<void> => {
  const command = editorCommand()
  const editor = spawn('sh', ['-c', `exec ${command} "$1"`, 'sh', file], { stdio: 'inherit' })
  began(editor)
  const [code, signal] = await once(editor, 'close').catch(error =>
    refuseEdit(`The editor could not be started: ${error.message}`),
  )
  if (code !== 0) refuseEdit(`The editor \`${command}\` ended with ${code ?? signal}.`)
}

/** A private folder for a text, from before it is there until after it is gone: a signal takes it away at any moment. */
const privateFolder = () => {
  let folder: string | undefined
  let ended: NodeJS.Signals | undefined
  let editor: ChildProcess | undefined
  const remove = (): void => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  }
  const end = (signal: NodeJS.Signals): void => {
    // What is secret is gone before anything else is tried. An editor that does not heed it is not waited for twice.
    remove()
    if (ended) process.exit(signal === 'SIGHUP' ? exit.hungUp : exit.interrupted)
    ended = signal
    editor?.kill(signal)
  }
  const pass = (): void => {}
  process.on('exit', remove).on('SIGINT', pass)
  for (const name of ENDINGS) process.on(name, end)
  return {
    make: (): string => {
      folder = mkdtempSync(join(memoryFolder(), 'runbook-edit-'))
      return folder
    },
    began: (child: ChildProcess): void => {
      editor = child
    },
    isEnded: (): boolean => ended !== undefined,
    close: (): void => {
      remove()
      process.off('exit', remove).off('SIGINT', pass)
      for (const name of ENDINGS) process.off(name, end)
    },
  }
}

/**
 * What somebody makes of a text in an editor. The text lies in a folder that nobody else may enter, under the name of the file
 * that it comes from, and is gone when this ends, whatever ends it but SIGKILL.
 *
 * @throws Refusal `usage-file` for an editor that fails, `run-interrupted` for a signal.
 */
export const editText = async (text: Buffer, name: string): Promise<Buffer> => {
  const place = privateFolder()
  try {
    const file = join(place.make(), basename(name))
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' })
    await runEditor(file, place.began)
    return readControllerFile(file)
  } catch (error) {
    if (place.isEnded())
      throw new Refusal({ reason: 'run-interrupted', what: 'The edit was interrupted: nothing was written.' })
    if (error instanceof Refusal) throw error
    return refuseEdit(`The text could not be edited: ${(error as Error).message}`)
  } finally {
    place.close()
  }
}
