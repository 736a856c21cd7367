import { Command, CommanderError, Help, InvalidArgumentError, Option } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { exit } from '../core/exit.ts'

const collect = (value: string, all: string[]): string[] => [...all, value]
const words = (value: string, all: string[]): string[] => [...all, ...value.split(',').filter(word => word !== '')]
const within =
  (least: number, most: number, what: string, fits: (number: number) => boolean = () => true) =>
  (value: string): number => {
    const number = Number(value)
    if (value.trim() !== '' && number >= least && number <= most && fits(number)) return number
    throw new InvalidArgumentError(`${what} from ${least} to ${most} is wanted.`)
  }
const count = within(1, 50, 'a whole number', Number.isInteger)
const seconds = within(0, 86_400, 'a number of seconds')

const lockTimeout = (): Option =>
  new Option('--lock-timeout <seconds>', 'how long to wait for hosts that another run changes')
    .argParser(seconds)
    .default(0)

const diffHelp = 'show what changes, line by line; what others may not read only on a terminal, or with --diff=private'
/** Other words for an option, as Ansible has them. */
const OTHER_WORDS: Record<string, string> = {
  '--remote-user': '--user',
  '--key-file': '--private-key',
  '--conn-pass-file': '--connection-password-file',
  '--become-pass-file': '--become-password-file',
  '--vault-pass-file': '--vault-password-file',
  '--ask-vault-password': '--ask-vault-pass',
}

/**
 * Options as the parser knows them: a value that may be left out would take the next word, which is the playbook, for it.
 * What stands behind `--` is not ours.
 */
const spelled = (argv: string[]): string[] => {
  const end = argv.indexOf('--')
  return argv.map((word, at) => {
    if (end >= 0 && at > end) return word
    const [name = '', ...value] = word.split('=')
    const known = OTHER_WORDS[name]
    return word === '--diff=private' ? '--diff-private' : known ? [known, ...value].join('=') : word
  })
}

/** What every command takes that reads files which may be vaults. */
const withVaults = (command: Command): Command =>
  command
    .option('--vault-id <label@source>', 'a vault password: a file, a program or `prompt`; repeatable', collect, [])
    .option('--vault-password-file <file>', 'a file that holds it, or a program that prints it', collect, [])
    .addOption(new Option('--ask-vault-pass', 'ask for it').conflicts('vaultPasswordFile'))

/** What every command takes that reads a playbook. */
const withPlaybook = (command: Command, what = 'the playbook, a YAML file'): Command =>
  withVaults(command)
    .argument('<playbook>', what)
    .option('-i, --inventory <path>', 'an inventory file or folder; repeatable, later ones win', collect, [])
    .option('-l, --limit <pattern>', 'run steps only on these hosts')
    .option('-t, --tags <tags>', 'run only tasks with one of these tags (comma list)', words, [])
    .option('--skip-tags <tags>', 'but none with one of these (comma list)', words, [])
    .option('--start-at-task <name>', 'run only tasks from this one on; * and ? stand for others')
    .option('-e, --extra-vars <k=v|@file>', 'a variable that wins over all others; repeatable', collect, [])
    .option('--lock <file>', 'which archives may be used; artifacts.lock beside the playbook (or RUNBOOK_LOCK)')

/** What every command takes that reaches hosts. Inventory variables win over all of it. */
const withConnection = (command: Command): Command =>
  command
    .option('-u, --user <name>', 'the login user')
    .option('--private-key <file>', 'the key to log in with')
    .option('-c, --connection <kind>', 'ssh; openssh, the ssh program of this machine; or local, this machine itself')
    .option('-T, --timeout <seconds>', 'how long logging in may take')
    .option('--retries <n>', 'how often to try again to reach a host; no login that is refused (default: 0)')
    .option('-J, --jump <hosts>', 'the way to the hosts: [user@]host[:port], several with commas')
    .option('-F, --ssh-config <file>', "in place of ~/.ssh/config and the machine's; `none` for neither")
    .option('--ssh-common-args <args>', 'what would stand behind `ssh`')
    .option('--ssh-extra-args <args>', 'the same, once more')
    .option('-f, --forks <n>', 'how many hosts are worked on at once (default: 100)')

/** What a command takes that logs in to hosts. */
const withPasswords = (command: Command): Command =>
  command
    .addOption(new Option('-k, --ask-pass', 'ask for the password to log in with').conflicts('connectionPasswordFile'))
    .option('--connection-password-file <file>', 'a file that holds it, or a program that prints it')
    .addOption(
      new Option('-K, --ask-become-pass', 'ask for the password that sudo wants').conflicts('becomePasswordFile'),
    )
    .option('--become-password-file <file>', 'a file that holds it, or a program that prints it')

/** What a command takes that does something as another user. */
const withBecome = (command: Command): Command =>
  command
    .option('-b, --become', 'become another user, where nothing else says it: root, by sudo')
    .option('--become-user <name>', 'whom, where nothing else says it')
    .addOption(
      new Option('--become-method <method>', 'how, where nothing else says it').choices(['sudo', 'su', 'doas']),
    )

const withHosts = (command: Command, what?: string): Command =>
  withBecome(withPasswords(withConnection(withPlaybook(command, what))))
    .option('--artifacts <dir>', 'the folder with the program archives (or RUNBOOK_ARTIFACTS)')
    .option('--no-lookups', 'templates run no commands and fetch nothing: pipe, lines and url are refused')
    .option('--diff', diffHelp, false)
    .addOption(new Option('--diff-private').hideHelp())
    .option('--no-color', 'plain text')
    .addOption(
      new Option('--format <format>', 'text, or one JSON event per line').choices(['text', 'json']).default('text'),
    )

/** What a command takes that tells the verdict on every task. */
const withVerdicts = (command: Command, what?: string): Command =>
  withHosts(command, what)
    .option('-v, --verbose', 'also list what is unchanged', false)
    .addOption(noPending())
    .option('--syntax-check', 'only read the playbook and what it imports, and check all of it', false)
    .option('--list-hosts', 'only list the hosts of each play', false)
    .option('--list-tasks', 'only list the tasks that would run', false)
    .option('--list-tags', 'only list the tags of each play', false)
    .option('--detailed-exitcode', 'exit 2 when changes are pending', false)

const noPending = (): Option => new Option('--no-pending', 'leave handlers due that earlier runs have left so')

const withFormat = (command: Command): Command =>
  command
    .option('--no-color', 'plain text')
    .addOption(new Option('--format <format>', 'text or json').choices(['text', 'json']).default('text'))

const exitHelp = `
Exit codes: 0 done · 1 a task failed · 2 changes pending (with --detailed-exitcode) · 3 a host was unreachable
            4 bad input, nothing was contacted · 5 refused · 70 a bug in runbook · 129 hung up · 130 interrupted`

/** Without the defaults that say no more than that an option was not given. */
const optionDescription = (option: Option): string =>
  new Help().optionDescription(option).replace(/ \(default: (false|\[\])\)$/, '')

/** Called with the exit code of the command. */
type Done = (code: number) => void

const addPlan = (root: Command, done: Done): void => {
  const plan = withVerdicts(
    root.command('plan').description('say what apply would do, changing nothing; `plan show FILE`'),
  )
    .option('-o, --out <file>', 'save the plan, to be applied as it is')
    .action(async (playbook, options) => {
      const { planPlaybook } = await import('./commands/plan.ts')
      done(await planPlaybook(playbook, options))
    })
  // Its own options are those behind its name.
  withFormat(plan.enablePositionalOptions().command('show').argument('<file>').description('what a saved plan says'))
    .option('--diff', 'show what changes, line by line', false)
    .option('-v, --verbose', 'also list what is unchanged', false)
    .action(async (file, options) => done(await (await import('./commands/plan-show.ts')).showPlan(file, options)))
}

const addApply = (root: Command, done: Done): void => {
  const described = root.command('apply').description('bring the hosts into the described state')
  withVerdicts(described, 'the playbook, or a saved plan')
    .option('--check', 'stop after the plan', false)
    .option('--refresh', 'with a saved plan: plan anew what has moved since, and apply it', false)
    .addOption(lockTimeout())
    .action(async (file, { check, ...options }) => {
      const { apply } = await import('./commands/apply.ts')
      done(await apply(check ? 'plan' : 'apply', file, options))
    })
}

const addExplain = (root: Command, done: Done): void => {
  withHosts(root.command('explain').description('say why a plan says what it says of one node, changing nothing'))
    .argument('<node>', 'HOST/task, or the task alone for all hosts')
    .addOption(noPending())
    .action(async (playbook, node, options) => {
      const { explainNode } = await import('./commands/explain.ts')
      done(await explainNode(playbook, node, options))
    })
}

const addDrift = (root: Command, done: Done): void => {
  withHosts(root.command('drift').description('say what has moved since it was applied, and what moved it')).action(
    async (playbook, options) => {
      const { showDrift } = await import('./commands/drift.ts')
      done(await showDrift(playbook, options))
    },
  )
}

const addGraph = (root: Command, done: Done): void => {
  withPlaybook(root.command('graph').description('draw what comes after what, and why; no host is contacted'))
    .addOption(new Option('--format <format>', 'dot, svg or json').choices(['dot', 'svg', 'json']).default('dot'))
    .action(async (playbook, options) => done(await (await import('./commands/graph.ts')).graph(playbook, options)))
}

const addRuns = (root: Command, done: Done): void => {
  const runs = root.command('runs').description('the runs that were remembered here: a list, or `show RUN`')
  withFormat(runs.command('list', { isDefault: true }).description('all of them, the newest first')).action(
    async options => done(await (await import('./commands/runs.ts')).listRuns(options)),
  )
  withFormat(
    runs
      .command('show')
      .argument('[run]', 'its id, or the end of it; else the newest')
      .description('what one of them said'),
  )
    .option('--diff', 'show what changed, line by line', false)
    .option('-v, --verbose', 'also list what was unchanged', false)
    .action(async (run, options) => done(await (await import('./commands/runs.ts')).showRun(run, options)))
}

const addResume = (root: Command, done: Done): void => {
  const words = 'go on with a run that did not end well: the last one, or RUN'
  withPasswords(withConnection(withVaults(withFormat(root.command('resume').description(words)))))
    .argument('[run]', 'its id, or the end of it')
    .option('-e, --extra-vars <k=v|@file>', 'a variable that was given by hand, once more', collect, [])
    .addOption(lockTimeout())
    .option('--diff', diffHelp, false)
    .addOption(new Option('--diff-private').hideHelp())
    .option('-v, --verbose', 'also list what is unchanged', false)
    .action(async (run, options) => done(await (await import('./commands/resume.ts')).resume(run, options)))
}

/** What a command takes that works on hosts without a playbook. */
const withPattern = (command: Command): Command =>
  withBecome(withPasswords(withConnection(withVaults(command))))
    .option('-i, --inventory <path>', 'an inventory file or folder, or hosts with a comma after each', collect, [])
    .option('-l, --limit <pattern>', 'only these of the hosts')
    .option('-e, --extra-vars <k=v|@file>', 'a variable that wins over all others; repeatable', collect, [])
    .option('--no-color', 'plain text')
    .addOption(
      new Option('-o, --format <format>', 'text, or one JSON event per line').choices(['text', 'json']).default('text'),
    )

/** An option of the command's own would be taken for one of ours: `exec all ls -l` would limit the hosts. */
const requireDashes = (root: Command, words: string[], command: Command): void => {
  const { rawArgs } = root as Command & { rawArgs: string[] }
  const end = rawArgs.indexOf('--')
  if (end < 0 || rawArgs.length - end - 1 !== words.length)
    command.error('error: behind one pattern and `--` stands the command: runbook exec PATTERN -- uptime')
}

const addExec = (root: Command, done: Done): void => {
  withPattern(root.command('exec').description('run one command on hosts, and show what it prints as it comes'))
    .usage('[options] <pattern> -- <command> [arguments...]')
    .argument('<pattern>', 'hosts and groups, as in `hosts` of a play')
    .argument('<command...>', 'a program and its arguments; or one word, which is a line of sh')
    .option('--time-limit <seconds>', 'what has not ended after so long is told to end', seconds)
    .action(async (pattern, words, options, command) => {
      requireDashes(root, words, command)
      const { runOnHosts } = await import('./commands/exec.ts')
      done(await runOnHosts(pattern, words, options))
    })
}

const addPing = (root: Command, done: Done): void => {
  withPattern(root.command('ping').description('say whether hosts can be reached, as whom, and how fast'))
    .argument('[pattern]', 'hosts and groups, as in `hosts` of a play', 'all')
    .action(async (pattern, options) => done(await (await import('./commands/ping.ts')).ping(pattern, options)))
}

const addCp = (root: Command, done: Done): void => {
  withPattern(root.command('cp').description('copy files to hosts, or from hosts; the last path is where to'))
    .argument('<paths...>', 'paths here, and PATTERN:/path on the hosts of a pattern')
    .option('-r, --recursive', 'folders with all that is in them', false)
    .option('-C, --check', 'say what would be copied, and copy nothing', false)
    .addOption(lockTimeout())
    .action(async (paths, options) => done(await (await import('./commands/cp.ts')).cp(paths, options)))
}

const addArtifacts = (root: Command, done: Done): void => {
  const artifacts = root.command('artifacts').description('the archives of programs that hosts are given')
  withFormat(
    withPlaybook(artifacts.command('fetch').description('bring all that a playbook needs; no host is contacted')),
  )
    .option('--to <dir>', 'a folder to fill, for --artifacts at a site without internet; else the cache')
    .option('--arch <list>', "the hosts' architectures (comma list; default: amd64)", words, [])
    .action(async (playbook, { arch, ...options }) => {
      const { fetchArtifacts } = await import('./commands/artifacts.ts')
      done(await fetchArtifacts(playbook, { ...options, arch: arch.length > 0 ? arch : ['amd64'] }))
    })
}

const addConfig = (root: Command, done: Done): void => {
  withFormat(
    withConnection(
      withVaults(root.command('config').description('say what counts of settings, and where each of them is written')),
    ),
  )
    .option('-i, --inventory <path>', 'an inventory file or folder; repeatable, later ones win', collect, [])
    .option('-e, --extra-vars <k=v|@file>', 'a variable that wins over all others; repeatable', collect, [])
    .option('--host <name>', 'how this host is reached')
    .action(async options => done(await (await import('./commands/config.ts')).showConfig(options)))
}

/** A command that is described in a file of its own, which nothing else needs. */
const apart = (name: string, says: string) => (root: Command) => void root.command(name).description(says)

const addVersion = (root: Command): void => {
  root
    .command('version')
    .description('say which runbook this is')
    .action(() => void process.stdout.write(`${packageJson.version}\n`))
}

/** The table of commands, as the help lists them. Each imports what it needs when it is called. */
const commands: Record<string, (root: Command, done: Done) => void> = {
  plan: addPlan,
  apply: addApply,
  explain: addExplain,
  drift: addDrift,
  graph: addGraph,
  runs: addRuns,
  resume: addResume,
  exec: addExec,
  ping: addPing,
  cp: addCp,
  artifacts: addArtifacts,
  config: addConfig,
  lab: apart('lab', 'throw-away hosts to try a playbook on: up, add NODE, rm NODE, list, status, down'),
  lint: apart('lint', 'say what in playbooks is allowed and hardly meant; no host is contacted'),
  schema: apart('schema', 'print the JSON Schema of playbooks, tasks or inventories, for editors'),
  module: apart('module', 'the modules that there are: list, or `show NAME`'),
  migrate: apart('migrate', 'say what roles and playbooks need that there is not: `check PATH...`'),
  inventory: apart('inventory', 'say which hosts, groups and variables there are, as ansible-inventory says it'),
  vault: apart('vault', 'files and values that only a password opens: encrypt, edit, view, … (vault --help)'),
  version: addVersion,
}

const exitOverrideBelow = (command: Command): void => {
  for (const inner of command.commands) exitOverrideBelow(inner.exitOverride())
}

/** The asked command alone where the first word names one: to describe all of them takes a part of every start. */
const program = (word: string | undefined, done: Done): Command => {
  const root = new Command('runbook')
    .description('Runs playbooks over SSH; what the plan says is what apply does.')
    .version(packageJson.version, '--version')
    .exitOverride()
    // What is wrong with a command line is told by `main`, which knows what to do instead.
    .configureOutput({ outputError: () => {} })
    .enablePositionalOptions()
    .configureHelp({ optionDescription })
    .addHelpText('after', exitHelp)
  const asked = Object.keys(commands).filter(name => name === word)
  for (const name of asked.length > 0 ? asked : Object.keys(commands)) commands[name]!(root, done)
  return root
}

/** Runs one command line and sets the process's exit code. */
export const main = async (argv: string[]): Promise<void> => {
  // Whoever reads the output may have had enough of it, or its disk is full: no reason to end; EIO: its terminal is gone.
  let lost: Error | undefined
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || lost) return
      if (error.code === 'EIO' && process.listenerCount('SIGHUP') > 0) return void process.kill(process.pid, 'SIGHUP')
      lost = error
      process.stderr.write(`error: the output cannot be written: ${error.message}\n`)
    })
  process.on('exit', () => {
    if (lost && process.exitCode === exit.done) process.exitCode = exit.failed
  })
  const done = (code: number): void => {
    process.exitCode = code
  }
  try {
    const root = program(argv[0], done)
    const described = root.commands[0]!
    if (argv[0] === 'inventory') (await import('./inventory-command.ts')).describeInventory(described, done)
    if (argv[0] === 'lab') (await import('./lab-command.ts')).describeLab(described, count, done)
    if (['lint', 'schema', 'module', 'migrate'].includes(argv[0]!))
      (await import('./author-commands.ts')).describeForAuthors(described, done)
    if (argv[0] === 'vault') (await import('./vault-commands.ts')).addVaultCommands(described, done)
    exitOverrideBelow(root)
    await root.parseAsync(spelled(argv), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    process.exitCode = error.exitCode === 0 ? exit.done : exit.badInput
    if (process.exitCode === exit.done) return
    const { tellUsageFailure } = await import('./usage-failure.ts')
    tellUsageFailure(error, argv)
  }
}
