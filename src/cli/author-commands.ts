import type { Command } from 'commander'

// What helps who writes playbooks: `runbook schema` and `module`. Described only when one is called, or asked
// what it can do.

type Done = (code: number) => void

const withFormat = (command: Command): Command =>
  command
    .option('--no-color', 'plain text')
    .addOption(command.createOption('--format <format>', 'text or json').choices(['text', 'json']).default('text'))

const fromFolder = ['--playbook-dir <dir>', 'the folder of playbooks whose own modules count too', '.'] as const

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

/** Describes one of them, by its name. `done` is called with the exit code. */
export const describeForAuthors = (command: Command, done: Done): void => {
  const describe = { schema: describeSchema, module: describeModule }[command.name()]
  describe?.(command, done)
}
