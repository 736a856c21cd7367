import { spawnSync } from 'node:child_process'
import { realpathSync, type Stats, statSync } from 'node:fs'
import { kindOfPath, readBytes } from '../../core/controller-file.ts'
import { exit } from '../../core/exit.ts'
import { type Origin, refuse } from '../../core/failure.ts'
import { isVault } from '../../core/vault-file.ts'
import { createReport } from '../../report/report.ts'
import { type Keyring, makeVault, openVault, type VaultPassword } from '../../vault/keyring.ts'
import { readAnsibleSettings, vaultSettings } from '../app/ansible-settings.ts'
import type { AskedVaults, Listener, VaultSettings } from '../app/ask-passwords.ts'
import { editText } from '../app/edit-text.ts'
import { replaceFile } from '../app/replace-file.ts'
import { openTerminal } from '../app/terminal.ts'
import { type Novelty, type PasswordSource, passwordSources, readVaultPasswords } from '../app/vault-passwords.ts'
import { interruptible, replayOptionsFor, withReport } from '../app/with-report.ts'

/** What every command on vaults takes. */
export type VaultOptions = AskedVaults & { output?: string; encryptVaultId?: string }
export type RekeyOptions = VaultOptions & { newVaultId?: string; newVaultPasswordFile?: string }
export type StringOptions = VaultOptions & {
  name: string[]
  stdinName?: string
  prompt?: boolean
  showInput?: boolean
}

/** What a command works with: settings, who is told secrets, and what is to be said. */
type Context = Pick<Listener, 'secrets'> & { settings: VaultSettings; warn(lines: string[]): void }

const STDIN = '-'

/** Runs a command on vaults and tells what it refuses. Its output is its own: what is secret is what is asked for. */
const doing = async (inside: (context: Context) => Promise<void>): Promise<number> => {
  const options = replayOptionsFor({ format: 'text', color: true })
  const report = createReport(options)
  const warn = (lines: string[]): void => {
    for (const line of lines) process.stderr.write(`warning: ${line}\n`)
  }
  return withReport(report, async () => {
    const { configured, warnings } = await readAnsibleSettings()
    warn(warnings)
    await inside({ secrets: options.redact, settings: vaultSettings(configured), warn })
    return exit.done
  })
}

/** While something is asked on the terminal a signal breaks that off. Else it ends this process, or is the editor's. */
const whileAsking = async <T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const { signal, release } = interruptible()
  try {
    return await ask(signal)
  } finally {
    release()
  }
}

/** The passwords of sources; where there are none one is asked for. */
const passwordsOf = async (
  sources: PasswordSource[],
  { settings, warn, secrets }: Context,
  novelty: Novelty,
): Promise<VaultPassword[]> => {
  const asked: PasswordSource[] = [{ label: settings.label, asked: 'plainly' }]
  const wanted = sources.length > 0 ? sources : asked
  const read = await whileAsking(signal => readVaultPasswords(wanted, settings, { secrets, signal }, novelty))
  warn(read.warnings)
  return read.passwords
}

const keyringOf = async (options: AskedVaults, context: Context): Promise<Keyring> => ({
  passwords: await passwordsOf(passwordSources(options, context.settings), context, 'known'),
  tried: context.settings.tried,
})

/** The password that a vault is made with: that of a label, or the only one. */
const chosen = (passwords: VaultPassword[], label: string | undefined): VaultPassword => {
  const labels = [...new Set(passwords.map(({ id }) => id))].join(', ')
  const found = label === undefined ? passwords[0] : passwords.find(({ id }) => id === label)
  if (found === undefined)
    return refuse('usage-option', `There is no vault password of the label "${label}" to encrypt with.`, {
      why: `There is one for: ${labels}.`,
      fix: `Give it with --vault-id ${label}@FILE.`,
    })
  if (label === undefined && passwords.length > 1)
    return refuse('usage-option', 'There are several vault passwords to encrypt with.', {
      why: `Their labels: ${labels}.`,
      fix: 'Say which with --encrypt-vault-id LABEL.',
    })
  return found
}

const makerOf = async (options: VaultOptions, context: Context): Promise<VaultPassword> => {
  const passwords = await passwordsOf(passwordSources(options, context.settings), context, 'new')
  return chosen(passwords, options.encryptVaultId ?? context.settings.encryptLabel)
}

const made = (plain: Buffer, by: VaultPassword, { salt }: VaultSettings): Buffer =>
  Buffer.from(makeVault(plain, by, salt === undefined ? undefined : Buffer.from(salt)))

const stdinBytes = async (what: string): Promise<Buffer> => {
  if (process.stdin.isTTY) process.stderr.write(`reading ${what} from standard input; Ctrl-D ends it\n`)
  const pieces: Buffer[] = []
  for await (const piece of process.stdin) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

/** A file that a command was given: where it really is, and what is in it. */
type Given = { name: string; path: string; bytes: Buffer; found?: Stats }

const given = async (name: string, what: string): Promise<Given> => {
  if (name === STDIN) return { name: 'standard input', path: STDIN, bytes: await stdinBytes(what) }
  const bytes = readBytes(name, 'file', 'usage-file')
  const path = realpathSync(name)
  return { name, path, bytes, found: statSync(path) }
}

const placeOf = ({ name }: Given): Origin => ({ file: name, line: 1, column: 1 })

const opened = (file: Given, keyring: Keyring) => {
  if (!isVault(file.bytes))
    refuse('usage-vault', `${file.name} is no vault.`, {
      fix: 'It is in clear already. To make one of it: runbook vault encrypt FILE.',
    })
  return openVault(file.bytes.toString('latin1'), keyring, placeOf(file))
}

const write = (path: string, bytes: Buffer): void => {
  if (path === STDIN) process.stdout.write(bytes)
  else replaceFile(path, bytes)
}

/** Told where somebody looks on: what is written to a pipe stands for itself. */
const say = (text: string): void => {
  if (process.stdout.isTTY) process.stderr.write(`${text}\n`)
}

/** All files are worked on before the first is written: where one is refused, none has changed. */
const eachOf = async (
  names: string[],
  what: string,
  { output }: VaultOptions,
  work: (file: Given) => Buffer,
): Promise<void> => {
  if (output !== undefined && names.length > 1)
    refuse('usage-option', '--output is for one file.', { fix: 'Call it once for each file, or leave --output out.' })
  const written: { path: string; bytes: Buffer }[] = []
  for (const name of names.length > 0 ? names : [STDIN]) {
    const file = await given(name, what)
    written.push({ path: output ?? file.path, bytes: work(file) })
  }
  for (const { path, bytes } of written) write(path, bytes)
}

const requireClear = (bytes: Buffer, name: string): void => {
  if (isVault(bytes))
    refuse('usage-vault', `${name} is a vault already.`, {
      fix: 'To give it another password: runbook vault rekey FILE.',
    })
}

/** `runbook vault encrypt`: files, or standard input to standard output. Returns the exit code, as all of these. */
export const encryptFiles = (names: string[], options: VaultOptions): Promise<number> =>
  doing(async context => {
    const by = await makerOf(options, context)
    await eachOf(names, 'what is to be encrypted', options, file => {
      requireClear(file.bytes, file.name)
      return made(file.bytes, by, context.settings)
    })
    say('encrypted')
  })

/** `runbook vault decrypt`. */
export const decryptFiles = (names: string[], options: VaultOptions): Promise<number> =>
  doing(async context => {
    const keyring = await keyringOf(options, context)
    await eachOf(names, 'a vault', options, file => opened(file, keyring).plain)
    say('decrypted')
  })

/** Shows a text where somebody can leaf through it; the program that does gets it by a pipe. */
const show = (text: Buffer): void => {
  const pager = process.env.PAGER || 'less'
  if (process.stdout.isTTY) {
    const env = { ...process.env, LESS: process.env.LESS ?? 'FRX' }
    const { status } = spawnSync('sh', ['-c', pager], { input: text, stdio: ['pipe', 'inherit', 'inherit'], env })
    // The shell says that there is no such program.
    if (status !== 126 && status !== 127) return
  }
  process.stdout.write(text)
}

/** `runbook vault view`. */
export const viewFiles = (names: string[], options: VaultOptions): Promise<number> =>
  doing(async context => {
    const keyring = await keyringOf(options, context)
    for (const name of names) show(opened(await given(name, 'a vault'), keyring).plain)
  })

/** `runbook vault edit`: nothing is written where nothing was changed. The vault bears the label that it had. */
export const editFiles = (names: string[], options: VaultOptions): Promise<number> =>
  doing(async context => {
    const keyring = await keyringOf(options, context)
    for (const name of names) {
      const file = await given(name, 'a vault')
      const { plain, id, by } = opened(file, keyring)
      const text = await editText(plain, name)
      if (!text.equals(plain)) replaceFile(file.path, made(text, { ...by, id }, context.settings), file.found)
    }
  })

/** `runbook vault create`: a new vault of what is typed in an editor. */
export const createVaultFile = (name: string, options: VaultOptions & { skipTtyCheck?: boolean }): Promise<number> =>
  doing(async context => {
    if (kindOfPath(name) !== 'nothing')
      refuse('usage-file', `${name} is there already.`, { fix: 'Change it with `runbook vault edit`.' })
    if (!process.stdout.isTTY && !options.skipTtyCheck)
      refuse('usage-option', 'There is no terminal that an editor could work on.', {
        fix: 'Write the file first and encrypt it: runbook vault encrypt FILE. If EDITOR needs no terminal: --skip-tty-check.',
      })
    const by = await makerOf(options, context)
    replaceFile(name, made(await editText(Buffer.alloc(0), name), by, context.settings))
  })

/** `runbook vault rekey`: the same content under another password. What is given for the old one does not count for the new. */
export const rekeyFiles = (names: string[], options: RekeyOptions): Promise<number> =>
  doing(async context => {
    const { settings } = context
    const keyring = await keyringOf(options, context)
    const label = options.encryptVaultId ?? settings.encryptLabel
    const fresh: AskedVaults = {
      ...(options.newVaultId === undefined ? {} : { vaultId: [options.newVaultId] }),
      ...(options.newVaultPasswordFile === undefined ? {} : { vaultPasswordFile: [options.newVaultPasswordFile] }),
    }
    const { passwordFile: _, ...rest } = settings
    const known = label === undefined ? [] : settings.identities
    const sources = passwordSources(fresh, { ...rest, identities: known, ask: false })
    const passwords = await passwordsOf(sources, context, 'new')
    const by = label === undefined ? passwords[0]! : chosen(passwords, label)
    const rekeyed: { file: Given; bytes: Buffer }[] = []
    for (const name of names) {
      const file = await given(name, 'a vault')
      rekeyed.push({ file, bytes: made(opened(file, keyring).plain, by, settings) })
    }
    for (const { file, bytes } of rekeyed)
      if (file.path === STDIN) process.stdout.write(bytes)
      else replaceFile(file.path, bytes, file.found)
    say('under a new password')
  })

/** A text that is to be encrypted, and what is known of it. */
type Plain = { text: string; from: string; name?: string | undefined }

const askedText = async ({ showInput }: StringOptions, signal: AbortSignal): Promise<Plain> => {
  const terminal = openTerminal(signal)
  if (!terminal)
    return refuse('usage-option', 'There is no terminal to ask for what --prompt wants.', {
      fix: 'Give it on standard input: printf %s … | runbook vault encrypt_string --stdin-name NAME.',
    })
  try {
    const name = await terminal.askShown('Name of the variable (nothing: none): ')
    const text = await (showInput ? terminal.askShown('Text: ') : terminal.ask('Text (not shown): '))
    return { text, from: 'the terminal', ...(name === '' ? {} : { name }) }
  } finally {
    terminal.close()
  }
}

const plainsOf = async (texts: string[], options: StringOptions, { warn }: Context): Promise<Plain[]> => {
  const words = texts.filter(text => text !== STDIN)
  const isPiped = words.length < texts.length || options.stdinName !== undefined
  if (options.prompt && isPiped)
    refuse('usage-option', '--prompt asks on the terminal: nothing is read from standard input then.', {
      fix: 'Leave either out.',
    })
  const { name: names } = options
  if (names.length > 0 && words.length > names.length)
    warn([`there are ${words.length} texts and ${names.length} names: those behind "${names.at(-1)}" have none`])
  const read = async (): Promise<Plain[]> => {
    if (options.prompt) return [await whileAsking(signal => askedText(options, signal))]
    if (!isPiped && words.length > 0) return []
    return [{ text: (await stdinBytes('the text')).toString(), from: 'standard input', name: options.stdinName }]
  }
  return [...(await read()), ...words.map((text, at) => ({ text, from: 'the command line', name: names[at] }))]
}

const INDENT = ' '.repeat(10)

/** `runbook vault encrypt_string`: texts as values that can be put into a file of YAML. */
export const encryptStrings = (texts: string[], options: StringOptions): Promise<number> =>
  doing(async context => {
    const by = await makerOf(options, context)
    const plains = await plainsOf(texts, options, context)
    for (const { text, from } of plains)
      if (text === '') refuse('usage-option', `The text from ${from} is empty.`, { fix: 'Nothing needs no vault.' })
    const written = plains.map(({ text, name }) => {
      const lines = made(Buffer.from(text), by, context.settings).toString().trimEnd().split('\n')
      return [`${name === undefined ? '' : `${name}: `}!vault |`, ...lines.map(line => `${INDENT}${line}`)].join('\n')
    })
    if (plains.length > 1)
      for (const [at, { from, name }] of plains.entries())
        process.stderr.write(`# ${at + 1}: ${name === undefined ? 'without a name' : `"${name}"`}, from ${from}\n`)
    write(options.output ?? STDIN, Buffer.from(`${written.join('\n')}\n`))
    say('encrypted')
  })
