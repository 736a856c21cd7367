/** What runbook itself puts into every scope. */
export const builtIn: readonly string[] = [
  'hostvars',
  'groups',
  'item',
  'facts',
  'inventory_hostname',
  'group_names',
  'vars',
]

/** What a rescue is told of the task that failed. */
export const failedVariables: readonly string[] = ['ansible_failed_task', 'ansible_failed_result']

/** The members of `facts`. */
export const factNames: readonly string[] =
  'machine architecture system kernel hostname distribution distribution_version processors service_manager'.split(' ')

/** The variables of a host that its connection is made by, or that are refused there. */
export const connectionVariables: readonly string[] =
  'host port user timeout password private_key_file private_key_passphrase connection host_key_checking become become_method become_user become_password become_pass become_exe become_flags sudo_user sudo_pass sudo_exe sudo_flags su_user su_pass su_exe su_flags doas_user doas_pass doas_exe doas_flags ssh_host ssh_port ssh_user ssh_timeout ssh_pass ssh_password ssh_private_key_file ssh_private_key_passphrase ssh_host_key_checking ssh_args ssh_common_args ssh_extra_args ssh_executable ssh_retries ssh_pkcs11_provider'
    .split(' ')
    .map(word => `ansible_${word}`)

/** Python's keywords: Ansible takes none of them for the name of a variable. */
const keywords: readonly string[] =
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'.split(
    ' ',
  )

/** Why a name cannot be that of a variable or a register, as the end of a sentence; undefined when it can. */
export const nameFault = (name: string): string | undefined => {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return 'is no name: letters, digits and _ only, and no digit first'
  if (builtIn.includes(name)) return 'is a name that runbook defines itself'
  if (keywords.includes(name)) return 'is a keyword of Python, which no variable can be called'
  return undefined
}

/** In front of a module's name: the one that comes with runbook, whatever hides it. */
export const builtinPrefix = 'runbook.builtin.'

export const playWords: readonly string[] =
  'name hosts connection remote_user port gather_facts gather_subset gather_timeout fact_path collections pre_tasks roles tasks post_tasks handlers vars defaults become become_user become_method become_flags become_exe environment tags needs secrets no_log ignore_errors module_defaults vars_files vars_prompt any_errors_fatal force_handlers max_fail_percentage'.split(
    ' ',
  )
export const taskWords: readonly string[] =
  'name when loop loop_control register needs after rolling notify tags run_once become become_user become_method become_flags become_exe environment vars changed_when failed_when ignore_errors until retries delay check_mode touches no_log args module_defaults collections delegate_to connection async poll timeout any_errors_fatal'.split(
    ' ',
  )

const shared = 'port remote_user ignore_unreachable diff throttle debugger'.split(' ')
const ansiblePlay = 'serial strategy order import_playbook when run_once'.split(' ')
const ansibleTask = 'delegate_facts listen'.split(' ')

/** What tasks take over from a block, an import or a role around them. */
export const inheritedWords: readonly string[] =
  'name when vars tags become become_user become_method become_flags become_exe environment no_log ignore_errors run_once notify module_defaults collections delegate_to connection any_errors_fatal'.split(
    ' ',
  )
/** The lists of tasks of a block: what is done, what is done where that fails, and what is done in any case. */
export const blockSections = ['block', 'rescue', 'always'] as const
/** What a block may say. */
export const blockWords: readonly string[] = [...inheritedWords, ...blockSections]
/** The same of a task that stands for those of a file. */
export const importWords: readonly string[] = [...inheritedWords, 'import_tasks']

/** Whether a word is a keyword of Ansible's plays that runbook does not have. Source: ansible lib/ansible/playbook/*.py. */
export const isForeignPlayWord = (word: string): boolean => ansiblePlay.includes(word) || shared.includes(word)
/** The same of a task. */
export const isForeignTaskWord = (word: string): boolean => ansibleTask.includes(word) || shared.includes(word)

/** The stable name of a task in ids and outputs: lower case, anything else becomes one `_`. */
export const slugOf = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')

/** Whether a line of an inventory gives a password or a key to log in with, whatever else is wrong with the line. */
export const givesPassword = (line: string): boolean =>
  /\bansible_\w*(pass|password|passphrase|private_key)["']?\s*[:=]/.test(line)
