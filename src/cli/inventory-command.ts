import type { Command } from 'commander'

// What `runbook inventory` can do, as ansible-inventory has it. Described only when it is called, or asked what it can do.

const collect = (value: string, all: string[]): string[] => [...all, value]

/** Describes the command. `done` is called with its exit code. */
export const describeInventory = (inventory: Command, done: (code: number) => void): void => {
  inventory
    .argument('[group]', 'with --graph: the group to draw')
    .option('-i, --inventory <path>', 'an inventory file or folder, or hosts with a comma after each', collect, [])
    .option('-l, --limit <pattern>', 'with --list: only these of the hosts')
    .option('-e, --extra-vars <k=v|@file>', 'a variable that wins over all others; repeatable', collect, [])
    .option('--vault-id <label@source>', 'a vault password: a file, a program or `prompt`; repeatable', collect, [])
    .option('--vault-password-file <file>', 'a file that holds it, or a program that prints it', collect, [])
    .option('--ask-vault-pass', 'ask for it')
    .option('--list', 'all hosts, groups and variables (this is the default)')
    .option('--host <name>', 'the variables of one host')
    .option('--graph', 'a picture of groups and hosts')
    .option('--vars', 'with --graph: variables too')
    .option('-y, --yaml', 'YAML in place of JSON')
    .option('--export', 'with --list: variables of groups stand at the groups')
    .option('--playbook-dir <dir>', 'the folder with group_vars and host_vars of a playbook (default: this one)')
    .action(async (group, options) => {
      const { showInventory } = await import('./commands/inventory.ts')
      done(await showInventory(group, options))
    })
}
