import type { Command } from 'commander'

// What `runbook lab` can do. Described only when it is called, or asked what it can do.

/** Describes the command. `count` reads how many hosts are wanted; `done` is called with the exit code. */
export const describeLab = (lab: Command, count: (value: string) => number, done: (code: number) => void): void => {
  lab
    .argument('<action>', 'up, add, rm, list, status or down')
    .argument('[node]', 'the host to add or remove')
    .option('--hosts <n>', 'how many hosts', count, 3)
    .option('--name <name>', 'which lab', 'lab')
    .addOption(
      lab
        .createOption('--init <init>', "the hosts' first process (default: as it is, systemd for a new lab)")
        .choices(['systemd', 'none']),
    )
    .option('--kind <kind>', 'what new hosts are made of: debian, busybox, fish, … (see README; default: debian)')
    .option('--packages', "the hosts install Debian's packages, by a cache on this machine (a new lab)")
    .addOption(lab.createOption('--format <format>', 'text or json').choices(['text', 'json']).default('text'))
    .action(async (action, node, options) => {
      const { lab: run } = await import('./commands/lab.ts')
      const io = {
        out: (line: string) => void process.stdout.write(`${line}\n`),
        err: (line: string) => void process.stderr.write(`${line}\n`),
      }
      done(await run({ action, ...(node === undefined ? {} : { node }), ...options }, io))
    })
}
