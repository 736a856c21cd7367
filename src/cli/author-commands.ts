import type { Command } from 'commander'

// What helps who writes playbooks: `runbook lint`, `schema`, `module` and `migrate`. Described only when one of them is called, or asked
// what it can do.

const collect = (value: string, all: string[]): string[] => [...all, value]

type Done = (code: number) => void

const withFormat = (command: Command): Command =>
  command
    .option('--no-color', 'plain text')
    .addOption(command.createOption('--format <format>', 'text or json').choices(['text', 'json']).default('text'))

const fromFolder = ['--playbook-dir <dir>', 'the folder of playbooks whose own modules count too', '.'] as const

const lintHelp = `
Exit codes: 0 nothing is said · 1 something is · 4 a playbook cannot be read`

const describeLint = (lint: Command, done: Done): void => {
  withFormat(lint)
    .argument('<playbooks...>', 'the playbooks, YAML files')
    .option('-i, --inventory <path>', 'an inventory file or folder; repeatable, later ones win', collect, [])
    .option('-e, --extra-vars <k=v|@file>', 'a variable that wins over all others; repeatable', collect, [])
    .option('--vault-id <label@source>', 'a vault password: a file, a program or `prompt`; repeatable', collect, [])
    .option('--vault-password-file <file>', 'a file that holds it, or a program that prints it', collect, [])
    .option('--ask-vault-pass', 'ask for it')
    .addHelpText('after', lintHelp)
    .action(async (playbooks, options) => {
      const { lintPlaybooks } = await import('./commands/lint.ts')
      done(await lintPlaybooks(playbooks, options))
    })
}

const describeSchema = (schema: Command, done: Done): void => {
  schema
    .addArgument(
      schema.createArgument('[of]', 'what it is of').choices(['playbook', 'inventory', 'tasks']).default('playbook'),
    )
    .option(...fromFolder)
    .action(async (of, options) => {
      const { showSchema } = await import('./commands/schema.ts')
      done(await showSchema(of, options))
    })
}

const describeModule = (module: Command, done: Done): void => {
  withFormat(module.command('list').description('all of them, with what they are for'))
    .option(...fromFolder)
    .action(async options => done(await (await import('./commands/module.ts')).listModules(options)))
  withFormat(module.command('show').argument('<name>', 'the module').description('its arguments, outputs, examples'))
    .option(...fromFolder)
    .action(async (name, options) => done(await (await import('./commands/module.ts')).showModule(name, options)))
}

const migrateHelp = `
Exit codes: 0 nothing is missing · 1 something is · 4 a path is not there`

const describeMigrate = (migrate: Command, done: Done): void => {
  withFormat(migrate.command('check').description('say what roles and playbooks need that there is not'))
    .argument('<paths...>', 'roles, playbooks, and folders with any of these below them')
    .addHelpText('after', migrateHelp)
    .action(async (paths, options) => {
      const { checkMigration } = await import('./commands/migrate.ts')
      done(await checkMigration(paths, options))
    })
}

/** Describes one of these, by its name. `done` is called with the exit code. */
export const describeForAuthors = (command: Command, done: Done): void => {
  const describe = { lint: describeLint, schema: describeSchema, module: describeModule, migrate: describeMigrate }[
    command.name()
  ]
  describe?.(command, done)
}
