// Options of ansible-playbook that runbook does not have, and what to do instead. One that comes to be leaves this list.

/** Flags that mean the same, what a value of theirs is called, and the advice for a value (or for what stands for one). */
export type AnsibleOption = { flags: string[]; value?: string; advice: (value: string) => string }

export const ansibleOptions: AnsibleOption[] = [
  {
    flags: ['--sftp-extra-args', '--scp-extra-args'],
    value: 'ARGS',
    advice: () => 'leave it out: files come by the same connection; what it is made with goes into --ssh-common-args',
  },
  {
    flags: ['-C', '--check'],
    advice: () =>
      '`runbook plan PLAYBOOK` says what would change and changes nothing; so does `runbook apply PLAYBOOK --check`',
  },
  { flags: ['-D'], advice: () => 'write it out: --diff' },
  {
    flags: ['--step'],
    advice: () =>
      'look first: `runbook plan PLAYBOOK -o plan.json` shows each change, `runbook apply plan.json` does just that',
  },
  { flags: ['--flush-cache'], advice: () => 'leave it out: nothing of a host is cached, each run reads it anew' },
  {
    flags: ['--force-handlers'],
    advice: () =>
      'write force_handlers: true into the play; without it the next `apply` after a run that failed runs handlers that are due',
  },
  {
    flags: ['-M', '--module-path'],
    value: 'PATH',
    advice: () => 'modules of your own lie in the folder modules/ beside the playbook: see docs/writing-modules.md',
  },
]

/** A word of a command line as flag and value: `--user=ada`, `-uada` and `-bK` are each known by their flag. */
const parts = (given: string): { flag: string; attached?: string } => {
  if (!given.startsWith('--')) {
    const attached = given.slice(2)
    return { flag: given.slice(0, 2), ...(attached === '' ? {} : { attached }) }
  }
  const [flag = given, ...rest] = given.split('=')
  return { flag, ...(rest.length === 0 ? {} : { attached: rest.join('=') }) }
}

/**
 * What to do instead of an option of Ansible's, as it stands in the command line; undefined for any other. Its value is
 * what is attached to it, or the next word.
 */
export const adviceFor = (given: string, argv: string[]): string | undefined => {
  const { flag, attached } = parts(given)
  const option = ansibleOptions.find(({ flags }) => flags.includes(flag))
  if (!option) return undefined
  const next = argv[argv.indexOf(given) + 1]
  const value = attached ?? (next?.startsWith('-') ? undefined : next)
  return option.advice(value ?? option.value ?? '')
}
