import type { Origin } from '../core/failure.ts'
import { isRecord } from '../core/value.ts'
import { plainWord } from '../load/block.ts'
import { keyOrigin, type Located } from '../load/located.ts'
import { playWords, taskWords } from '../load/names.ts'
import { variableLayers } from '../load/secrets.ts'
import type { Rule, Subject, Told } from './finding.ts'

/** What every task sees without anybody having defined it. Source: ansible docs, special_variables. */
const MAGIC = new Set(
  'ansible_check_mode ansible_collection_name ansible_config_file ansible_dependent_role_names ansible_diff_mode ansible_facts ansible_forks ansible_index_var ansible_inventory_sources ansible_limit ansible_local ansible_loop ansible_loop_var ansible_parent_role_names ansible_parent_role_paths ansible_play_batch ansible_play_hosts ansible_play_hosts_all ansible_play_name ansible_play_role_names ansible_playbook_python ansible_role_name ansible_role_names ansible_run_tags ansible_search_path ansible_skip_tags ansible_verbosity ansible_version facts group_names groups hostvars inventory_dir inventory_file inventory_hostname inventory_hostname_short item lookup namespace now omit play_hosts playbook_dir q query range role_name role_names role_path undef vars'.split(
    ' ',
  ),
)
const WORDS = new Set([
  ...playWords,
  ...taskWords,
  'action',
  'block',
  'rescue',
  'always',
  'serial',
  'strategy',
  'order',
])
/** Words that are the best name of a variable all the same, and of which Ansible says nothing either. */
const COMMON = new Set(['name', 'needs', 'after', 'rolling', 'touches', 'secrets', 'defaults'])

/** A name that is given a value, and where. */
type Given = { name: string; origin: Origin; by: string }

const whatHides = ({ name, by }: Given): string | undefined => {
  if (MAGIC.has(name)) return `${by} "${name}" hides the variable that every task has by this name.`
  if (WORDS.has(name) && !COMMON.has(name)) return `${by} "${name}" is called like a keyword.`
  return undefined
}

/** Names that stand under the keys of tasks: what is registered or looped by. */
const givenBy = (members: Map<string, Located>): Given[] =>
  [...members].flatMap(([key, at]) => {
    const { value } = at
    if (key === 'register' && typeof value === 'string') return [{ name: value, origin: at.origin, by: 'The register' }]
    if (key === 'loop_control' && isRecord(value))
      return ['loop_var', 'index_var'].flatMap(word => {
        const name = value[word]
        return typeof name === 'string' && name !== 'item'
          ? [{ name, origin: at.at(`/${word}`), by: 'The variable of the loop' }]
          : []
      })
    return []
  })

/** A slip of the indentation: an argument of the task's own module stands among its variables. */
const argumentsAmongVariables = ({ written, signatures, reads }: Subject): Told[] =>
  written.flatMap(({ kind, members }) => {
    const vars = members.get('vars')
    if (kind !== 'task' || !isRecord(vars?.value)) return []
    const module = [...members.keys()].map(plainWord).find(key => Object.hasOwn(signatures, key) && key !== 'vars')
    if (module === undefined) return []
    const { properties = {} } = signatures[module]!.args as { properties?: object }
    return Object.keys(vars.value)
      .filter(name => name in properties && !reads.has(name))
      .map(name => ({
        what: `The variable "${name}" is called like an argument of ${module}, and nothing reads it.`,
        fix: `If the argument is meant, write it below ${module}.`,
        origin: keyOrigin(vars, name),
      }))
  })

/** Variables, registers and loops whose names hide what runbook defines, a keyword, or an argument of the task's module. */
export const hidingName: Rule = subject => {
  const layers = variableLayers({ ...subject.loaded, extra: {} })
  // What runbook gives every task itself stands in no file.
  const isOwn = ({ origin }: Located): boolean => origin.file !== 'runbook'
  const { inventory, playbook } = subject.loaded
  // What an inventory gives each host by itself stands at the place of the host.
  const magical = new Set(
    Object.values(inventory?.vars ?? {}).flatMap(vars => [...MAGIC].flatMap(name => vars[name] ?? [])),
  )
  const roles = new Set(playbook.roles)
  const variables = layers.flatMap(layer =>
    Object.entries(layer)
      .filter(([, at]) => isOwn(at) && !magical.has(at) && !roles.has(at.origin.file))
      .map(([name, { origin }]) => ({ name, origin, by: 'The variable' })),
  )
  const made = playbook.plays
    .flatMap(play => [...play.tasks, ...play.handlers])
    .flatMap(({ args, gives = [] }) => gives.map(name => ({ name, origin: keyOrigin(args, name), by: 'The variable' })))
  const given = [...variables, ...made, ...subject.written.flatMap(({ members }) => givenBy(members))]
  return [
    ...given.flatMap(one => {
      const what = whatHides(one)
      return what === undefined ? [] : { what, fix: 'Give it another name.', origin: one.origin }
    }),
    ...argumentsAmongVariables(subject),
  ]
}
