import type { Command } from 'commander'
import type { RekeyOptions, StringOptions, VaultOptions } from './commands/vault.ts'

// What `runbook vault` can do, as ansible-vault has it. Described only when it is called, or asked what it can do.

const collect = (value: string, all: string[]): string[] => [...all, value]

/** What every command takes that reads vaults. `-J` is theirs where nothing is connected to. */
const withPasswordsOf = (command: Command): Command =>
  command
    .option('--vault-id <label@source>', 'a vault password: a file, a program or `prompt`; repeatable', collect, [])
    .option('--vault-password-file <file>', 'a file that holds it, or a program that prints it', collect, [])
    .addOption(
      command
        .createOption('-J, --ask-vault-pass', 'ask for it; also where nothing else gives one')
        .conflicts('vaultPasswordFile'),
    )

const encryptId = ['--encrypt-vault-id <label>', 'which of several passwords to encrypt with'] as const
const output = ['--output <file>', 'where to write it; `-` is standard output'] as const

type Does = typeof import('./commands/vault.ts')

/** Adds the commands on vaults below `vault`. `done` is called with the exit code. */
export const addVaultCommands = (vault: Command, done: (code: number) => void): void => {
  const load = (): Promise<Does> => import('./commands/vault.ts')
  const add = (name: string, description: string): Command =>
    withPasswordsOf(vault.command(name).description(description))
  add('encrypt', 'encrypt files; without one, standard input to standard output')
    .argument('[files...]', '`-` is standard input')
    .option(...encryptId)
    .option(...output)
    .action(async (files: string[], options: VaultOptions) => done(await (await load()).encryptFiles(files, options)))
  add('decrypt', 'put files in clear; without one, standard input to standard output')
    .argument('[files...]', '`-` is standard input')
    .option(...output)
    .action(async (files: string[], options: VaultOptions) => done(await (await load()).decryptFiles(files, options)))
  add('view', 'show what vaults hold')
    .argument('<files...>')
    .action(async (files: string[], options: VaultOptions) => done(await (await load()).viewFiles(files, options)))
  add('edit', 'change what vaults hold, in EDITOR')
    .argument('<files...>')
    .option(...encryptId)
    .action(async (files: string[], options: VaultOptions) => done(await (await load()).editFiles(files, options)))
  add('create', 'make a vault of what is typed in EDITOR')
    .argument('<file>')
    .option(...encryptId)
    .option('--skip-tty-check', 'also where there is no terminal', false)
    .action(async (file: string, options: VaultOptions) => done(await (await load()).createVaultFile(file, options)))
  add('rekey', 'give vaults another password')
    .argument('<files...>')
    .option(...encryptId)
    .option('--new-vault-id <label@source>', 'the new password, with its label')
    .addOption(
      vault.createOption('--new-vault-password-file <file>', 'a file that holds the new one').conflicts('newVaultId'),
    )
    .action(async (files: string[], options: RekeyOptions) => done(await (await load()).rekeyFiles(files, options)))
  add('encrypt_string', 'make values for YAML of texts; without one, of standard input')
    .alias('encrypt-string')
    .argument('[texts...]', '`-` is standard input')
    .option(...encryptId)
    .option(...output)
    .option('-n, --name <name>', 'the variable that a text is for; repeatable, one for each', collect, [])
    .option('--stdin-name <name>', 'the variable that standard input is for')
    .option('-p, --prompt', 'ask for the text', false)
    .option('--show-input', 'show it as it is typed', false)
    .action(async (texts: string[], options: StringOptions) =>
      done(await (await load()).encryptStrings(texts, options)),
    )
}
