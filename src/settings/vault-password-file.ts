import { spawnSync } from 'node:child_process'
import { homedir } from 'node:os'
import { parse, resolve } from 'node:path'
import { FileFault, readControllerFile } from '../core/controller-file.ts'
import { isPasswordProgram, LONGEST_PASSWORD, refusePasswordFile } from './password-file.ts'

// The password of a vault is bytes, not a line: what stands around it is taken away, what stands in it is not looked at.
// Source: ansible-core 2.19, parsing/vault, FileVaultSecret, ScriptVaultSecret and ClientScriptVaultSecret.

/** How a client script says that it has no password of this label. */
const NO_SUCH_LABEL = 2

const named = (given: string): string =>
  resolve(
    given
      .replace(/^~(?=\/|$)/, homedir())
      .replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced, bare) => process.env[braced ?? bare] ?? whole),
  )

const isClient = (path: string): boolean => parse(path).name.endsWith('-client')

/** Without the bytes of `around` at both ends. */
const trimmed = (bytes: Buffer, around: string): Buffer => {
  let [from, to] = [0, bytes.length]
  while (from < to && around.includes(String.fromCharCode(bytes[from]!))) from++
  while (to > from && around.includes(String.fromCharCode(bytes[to - 1]!))) to--
  return bytes.subarray(from, to)
}

/** What a program prints; a client is told of which label the password is to be. */
const printed = (path: string, label: string): Buffer => {
  const args = isClient(path) ? ['--vault-id', label] : []
  const { status, signal, error, stdout } = spawnSync(path, args, { stdio: ['inherit', 'pipe', 'inherit'] })
  if (status === 0) return trimmed(stdout, '\r\n')
  const command = [path, ...args].join(' ')
  if (status === NO_SUCH_LABEL && args.length > 0)
    return refusePasswordFile(
      `The program ${path} has no vault password of the label "${label}".`,
      'It ended with 2, which says so.',
      'Put it where the program looks for it, or name another label.',
    )
  const isNone = (error as NodeJS.ErrnoException | undefined)?.code === 'ENOEXEC'
  return refusePasswordFile(
    `The program ${path} gave no vault password.`,
    isNone ? 'It is no program.' : error ? error.message : `It ended with ${status ?? signal}.`,
    isNone
      ? `If the file itself holds it: chmod -x ${path}. If it is a script, its first line is #!/bin/sh.`
      : `Run it by hand: \`${command}\` has to print it and nothing else.`,
  )
}

const SPACE = ' \t\n\r\v\f'

const heldIn = (path: string): Buffer => {
  try {
    return trimmed(readControllerFile(path, LONGEST_PASSWORD), SPACE)
  } catch (error) {
    if (!(error instanceof FileFault)) throw error
    const why = error.code === 'ENOENT' ? 'There is no such file.' : `It ${error.told}.`
    return refusePasswordFile(`The vault password cannot be read from ${path}.`, why, 'Name another file.')
  }
}

/**
 * The vault password that a file holds, or that it prints where it may be run; `open` opens a file that is a vault itself,
 * with a password that was read before.
 *
 * @param given the path, from the current folder; `~` and variables stand for what they do in a shell
 * @throws Refusal `usage-file`: no such file, a program that fails, nothing in it.
 */
export const readVaultPassword = (
  given: string,
  label: string,
  open: (bytes: Buffer, path: string) => Buffer,
): Buffer => {
  const path = named(given)
  const password = isPasswordProgram(path) ? printed(path, label) : trimmed(open(heldIn(path), path), '\r\n')
  if (password.length === 0)
    refusePasswordFile(`There is no vault password in ${path}.`, 'It is empty.', 'Put it there, on one line.')
  return password
}
