import { spawnSync } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { FileFault, readControllerFile } from '../core/controller-file.ts'
import { type Failure, Refusal } from '../core/failure.ts'

/** Refuses a file that was named for a password. */
export const refusePasswordFile = (what: string, why: string, fix: string): never => {
  throw new Refusal({ reason: 'usage-file', what, why, fix } satisfies Failure)
}

/** Whether a file is a program that prints the password. */
export const isPasswordProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    // Whoever is root may run what nobody may.
    return statSync(path).isFile() && (statSync(path).mode & 0o111) !== 0
  } catch {
    return false
  }
}

/** What a program prints. It may ask something on the terminal, and say on standard error what is amiss. */
const printedBy = (path: string, what: string): string => {
  const { status, signal, error, stdout } = spawnSync(path, {
    stdio: ['inherit', 'pipe', 'inherit'],
    encoding: 'utf8',
  })
  if (status === 0) return stdout.replace(/[\r\n]+$/, '')
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  return refusePasswordFile(
    `The program ${path} gave no ${what}.`,
    code === 'ENOEXEC' ? 'It is no program.' : error ? error.message : `It ended with ${status ?? signal}.`,
    code === 'ENOEXEC'
      ? `If the file itself holds it: chmod -x ${path}. If it is a script, its first line is #!/bin/sh.`
      : `Run it by hand: \`${path}\` has to print it and nothing else.`,
  )
}

/** A password is shorter than that, in bytes, whatever was named by mistake. */
export const LONGEST_PASSWORD = 64 * 1024

const heldBy = (path: string, what: string): string => {
  try {
    return readControllerFile(path, LONGEST_PASSWORD).toString().trim()
  } catch (error) {
    if (!(error instanceof FileFault)) throw error
    const why = error.code === 'ENOENT' ? 'There is no such file.' : `It ${error.told}.`
    return refusePasswordFile(`The ${what} cannot be read from ${path}.`, why, 'Name another file.')
  }
}

/**
 * The password that a file holds, or that it prints where it may be run (as Ansible has it with password files): a script
 * of one line asks a password manager. `what` says which password it is, for messages.
 *
 * @throws Refusal `usage-file`: no such file, a program that fails, nothing in it, or more than one line.
 */
export const readPasswordFile = (given: string, what: string): string => {
  const path = resolve(given.replace(/^~(?=\/|$)/, homedir()))
  const password = isPasswordProgram(path) ? printedBy(path, what) : heldBy(path, what)
  if (password === '')
    refusePasswordFile(`There is no ${what} in ${path}.`, 'It is empty.', 'Put it there, on one line.')
  if (/[\0\r\n]/.test(password))
    refusePasswordFile(
      `The ${what} in ${path} has more than one line.`,
      'A password is one line.',
      'Put nothing else there.',
    )
  return password
}
