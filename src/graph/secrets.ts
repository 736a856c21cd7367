import { compileTemplate, type Reference } from '../load/expression.ts'
import type { Loaded } from '../load/load.ts'
import { type Located, locatedMember } from '../load/located.ts'
import type { Play, Task } from '../load/playbook.ts'
import { type SecretPath, variableLayers } from '../load/secrets.ts'
import { compileLoop, leadsToItem } from '../load/task-loop.ts'
import { layersOfPlay, layersOfTask } from '../load/variables.ts'
import { compileBare } from './compile.ts'
import { registerReferences } from './register-references.ts'

/** The arguments of each module that its schema calls secret. */
type SecretArguments = (module: string) => string[]

/** The variables that a task makes, as they stand among its arguments. */
const madeBy = ({ args, gives = [] }: Task): Record<string, Located>[] =>
  gives.length === 0 ? [] : [Object.fromEntries(gives.map(name => [name, locatedMember(args, name)]))]

/** The references in every value that a variable of a name has in these layers. */
const referencesWithin =
  (layers: Record<string, Located>[]) =>
  (name: string): Reference[] =>
    layers
      .flatMap(layer => (Object.hasOwn(layer, name) ? [layer[name]!] : []))
      .flatMap(located => compileTemplate(located.value, located).references)

/**
 * The extra variables that a secret argument may come from, also by way of other variables. Found in the text of the
 * playbook alone, so there may be one too many, which then only has to be given once more.
 */
export const secretExtraVars = (loaded: Loaded, secretsOf: SecretArguments): Set<string> => {
  const { playbook, extra } = loaded
  const tasks = playbook.plays.flatMap(play => [...play.tasks, ...play.handlers])
  const within = referencesWithin([...variableLayers(loaded), ...tasks.flatMap(madeBy)])
  const references = tasks.flatMap(({ module, args, loop }) => {
    const given = secretsOf(module).filter(name => name in args.value)
    const values = given.map(name => compileTemplate(args.value[name], locatedMember(args, name)))
    // An item stands for what the loop runs over.
    return [...values, ...(loop && given.length > 0 ? [compileLoop(loop)] : [])].flatMap(value => value.references)
  })
  return new Set(Object.keys(extra).filter(name => registerReferences(references, new Set([name]), within).length > 0))
}

/** A secret that an expression reads: on its own host, or on some other; and how often it is named there, at most. */
export type SecretRead = { path: SecretPath; own: boolean; times: number }
/** The secrets that each argument of a task reads, those of its template files among them, and what its loop and condition do. */
export type SecretReads = { args: Record<string, SecretRead[]>; loop: SecretRead[]; when: SecretRead[] }

/** Whether one path leads to, or through, the other; a step that is known only later may be any. */
const meet = (path: readonly (string | null)[], secret: SecretPath): boolean =>
  secret.every((name, i) => i >= path.length || path[i] === null || path[i] === name)

/** Of a secret that has members only what is looked at, as far as that is written down. */
const narrowed = (path: readonly (string | null)[], secret: SecretPath): SecretPath => {
  const open = path.indexOf(null)
  const known = (open < 0 ? path : path.slice(0, open)) as string[]
  return known.length > secret.length ? known : secret
}

/** The secrets that references lead to; an item of a loop leads to what it runs over. */
const secretsBehind = (
  references: Reference[],
  secrets: SecretPath[],
  within: (name: string) => Reference[],
): SecretRead[] => {
  const reads = new Map<string, SecretRead>()
  const visited = new Set<string>()
  const follow = (list: Reference[], isOwn: boolean): void => {
    for (const { path, outline } of list) {
      if (outline) continue
      const own = isOwn && path[0] !== 'hostvars'
      const rest = path[0] === 'hostvars' ? path.slice(2) : path
      const met = secrets.filter(secret => meet(rest, secret))
      // Two entries of `secrets:` may call the same thing secret.
      for (const key of new Set(met.map(secret => JSON.stringify(narrowed(rest, secret)))))
        reads.set(`${own} ${key}`, { path: JSON.parse(key), own, times: (reads.get(`${own} ${key}`)?.times ?? 0) + 1 })
      const [name] = rest
      if (met.length > 0 || typeof name !== 'string' || visited.has(`${own} ${name}`)) continue
      visited.add(`${own} ${name}`)
      follow(within(name), own)
    }
  }
  follow(references, true)
  return [...reads.values()]
}

/** Tells which secrets the tasks of a play read, each found out once. */
export type SecretReader = (task: Task, play: Play) => SecretReads

/**
 * Which secrets a task reads, also by way of variables. Found in the text of the playbook: it may be one too many.
 * @param files the references of the template files that a task names
 */
export const createSecretReader = (
  { playbook, inventory, extra }: Pick<Loaded, 'playbook' | 'inventory' | 'extra'>,
  secrets: SecretPath[],
  files: (task: Task) => Reference[],
): SecretReader => {
  const made = playbook.plays.flatMap(play => [...play.tasks, ...play.handlers]).flatMap(madeBy)
  const readsOf = (task: Task, play: Play): SecretReads => {
    const within = referencesWithin([
      ...layersOfPlay(play),
      ...Object.values(inventory.vars),
      ...layersOfTask(task),
      extra,
      ...made,
    ])
    const items = task.loop ? compileLoop(task.loop).references : []
    const inTask = (name: string): Reference[] => (leadsToItem(task.loop, name) ? items : within(name))
    const args = Object.keys(task.args.value).map((name): [string, SecretRead[]] => {
      const own = compileTemplate(task.args.value[name], locatedMember(task.args, name)).references
      const all = task.templates.includes(name) ? [...own, ...files(task)] : own
      return [name, secretsBehind(all, secrets, inTask)]
    })
    return {
      args: Object.fromEntries(args.filter(([, reads]) => reads.length > 0)),
      loop: secretsBehind(items, secrets, within),
      when: secretsBehind(
        task.when.flatMap(one => compileBare(one).references),
        secrets,
        inTask,
      ),
    }
  }
  const known = new Map<Task, SecretReads>()
  return (task, play) => {
    if (secrets.length === 0) return { args: {}, loop: [], when: [] }
    const reads = known.get(task) ?? readsOf(task, play)
    known.set(task, reads)
    return reads
  }
}
