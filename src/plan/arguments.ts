import { Refusal } from '../core/failure.ts'
import { isUnknown, Lost, Missing, type Unknown, unknownsIn } from '../core/unknown.ts'
import type { Node } from '../graph/graph.ts'
import { type Expression, exactly } from '../load/expression.ts'
import type { Located } from '../load/located.ts'
import { spelled, validate, withDefaults } from '../load/schema.ts'
import type { LoopItem } from '../load/scope.ts'
import { leavesOf } from '../load/secrets.ts'
import { failedBefore } from './failure-policy.ts'
import { lostHosts } from './known.ts'
import { groupsWithout, scopeOf } from './scope.ts'
import type { Walk } from './walk-state.ts'

export type Arguments = { values: Record<string, unknown>; scope: Record<string, unknown> }

/** A host that is done without, as the inventory knows it: for arguments that can do with a partial list. */
type Absent = { host: string; address: unknown }

/** Whether an expression runs over the hosts of a group: then it uses those that answered. */
const overHosts = (expression: Expression): boolean =>
  expression.references.some(r => r.path[0] === 'hostvars' && r.path[1] === null)

const absentIn = (walk: Walk, node: Node, host: string, gone: ReadonlySet<string>): Absent[] => {
  const scope = scopeOf(walk, node, host)
  return [...gone]
    .filter(lost => node.hosts.includes(lost) || node.play.tasks.includes(node.task))
    .filter(lost => lost !== host)
    .map(lost => ({ host: lost, address: addressOf(scope, lost) }))
}

const addressOf = (scope: Record<string, unknown>, host: string): unknown => {
  const vars = (scope.hostvars as Record<string, Record<string, unknown>>)[host]!
  return 'address' in vars ? vars.address : vars.ansible_host
}

/** A file of the controller's is named from there on by where it is: in two roles one name means two files. */
const placed = ({ known }: Walk, { task }: Node, name: string, value: unknown): unknown =>
  task.folders.length > 0 && typeof value === 'string' && (task.files.includes(name) || task.templates.includes(name))
    ? known.place(task, name, value)
    : value

/** What the schema of an argument says of it to the engine. */
type ArgumentSchema = { partial?: string; secret?: true } | undefined

/**
 * The arguments as far as they can be told. A list over hosts runs over those that answered; when some are missing, only
 * an argument that declares `partial` takes it, and the argument it names there gets the missing hosts; for any other the
 * node needs the lost host. Such a `partial` argument also does without hosts where what the task comes after, or reads,
 * has failed: a daemon that did not start is no better than a silent host.
 */
const evaluated = (
  walk: Walk,
  node: Node,
  host: string,
  scope: Record<string, unknown>,
  item?: LoopItem,
): Record<string, unknown> | Lost => {
  const { properties } = walk.known.modules[node.task.module]!.args
  const lost = new Set(lostHosts(walk.known))
  const failed = failedBefore(walk, node, host)
  const values: Record<string, unknown> = {}
  for (const [name, expression] of Object.entries(node.compiled.args)) {
    const sibling = (properties[name] as ArgumentSchema)?.partial
    const gone = sibling === undefined ? lost : failed
    const partial = overHosts(expression) && gone.size > 0
    const within = partial ? scopeOf(walk, node, host, item, groupsWithout(walk.known, gone)) : scope
    const said = node.task.gives?.includes(name) ? exactly(expression, within) : expression.evaluate(within)
    const value = placed(walk, node, name, spelled(properties[name], said))
    if (value !== undefined) values[name] = value
    if (!partial) continue
    const absent = absentIn(walk, node, host, gone)
    if (sibling !== undefined) values[sibling] = absent
    else if (absent.length > 0) return new Lost(absent[0]!.host)
  }
  return values
}

/**
 * Evaluates a task's arguments on one host, in the scope that its condition was evaluated in. Unknowns stay in place, to
 * be met by whoever reads them. Throws Refusals (`playbook-value`, `playbook-argument`).
 */
export const argumentsOf = (
  walk: Walk,
  node: Node,
  host: string,
  scope: Record<string, unknown>,
  item?: LoopItem,
): Arguments | Unknown => {
  const schema = walk.known.modules[node.task.module]!.args
  const values = evaluated(walk, node, host, scope, item)
  if (isUnknown(values)) return values
  for (const [name, value] of Object.entries(values))
    if ((schema.properties[name] as ArgumentSchema)?.secret)
      for (const one of leavesOf(value)) walk.known.secrets.add(one)
  const complete = withDefaults(schema, values) as Record<string, unknown>
  if (unknownsIn(complete).length === 0) {
    const told = { subject: node.task.module, reason: 'playbook-argument' } as const
    const failures = validate(schema, complete, node.task.args, told)
    if (failures.length > 0) throw new Refusal(...failures)
  }
  return { values: complete, scope }
}

/** Conditions as a value: true, false, or the unknown that was met first. One that is no boolean is refused. */
export const areTrue = (
  word: string,
  expressions: Expression[],
  written: Located[],
  scope: Record<string, unknown>,
): boolean | Unknown => {
  for (const [i, expression] of expressions.entries()) {
    const value = expression.evaluate(scope)
    if (isUnknown(value)) return value
    if (typeof value !== 'boolean')
      throw new Refusal({
        reason: 'playbook-value',
        what: `\`${word}\` wants true or false.`,
        why: `It is ${JSON.stringify(value)}.`,
        fix: 'Compare it: x == "yes", list | length > 0, x | bool, x is defined.',
        origin: written[i]!.origin,
      })
    if (!value) return false
  }
  return true
}

/** `when` of a node. */
export const condition = ({ compiled, task }: Node, scope: Record<string, unknown>): boolean | Unknown =>
  areTrue('when', compiled.when, task.when, scope)

/** What is registered of a task whose condition is false. */
export const skippedBy = ({ compiled, task }: Node, scope: Record<string, unknown>): object => {
  const at = compiled.when.findIndex(expression => expression.evaluate(scope) === false)
  return { skip_reason: 'Conditional result was False', false_condition: task.when[at]?.value }
}

/** Each item is a line of its own, planned in one piece with the others. */
const MOST_ITEMS = 10_000

/** Where an item is in its loop, as `ansible_loop` tells it. */
const placeInLoop = (all: unknown[], at: number, isWhole: boolean): Record<string, unknown> => ({
  index: at + 1,
  index0: at,
  first: at === 0,
  last: at + 1 === all.length,
  length: all.length,
  revindex: all.length - at,
  revindex0: all.length - at - 1,
  ...(isWhole ? { allitems: all } : {}),
  ...(at + 1 < all.length ? { nextitem: all[at + 1] } : {}),
  ...(at > 0 ? { previtem: all[at - 1] } : {}),
})

/** An item with the names that its task has of it. Nothing is known of where in the loop it is while there are no items yet. */
export const itemAt = ({ task }: Node, value: unknown, place: { all: unknown[]; at: number } | Unknown): LoopItem => {
  const { variable, index, extended } = task.loop!
  const [at, inLoop] = isUnknown(place)
    ? [place, place]
    : [place.at, extended && placeInLoop(place.all, place.at, extended === 'with all items')]
  const indexed = index === undefined ? {} : { [index]: at, ansible_index_var: index }
  const names = { [variable]: value, ansible_loop_var: variable, ...indexed, ...(extended && { ansible_loop: inLoop }) }
  return { value, names }
}

/** The items of a loop, or the unknown that decides them. An item names its line: all of it has to be known. */
export const itemsOf = (node: Node, scope: Record<string, unknown>): LoopItem[] | Unknown => {
  const value = exactly(node.compiled.loop!, scope)
  if (isUnknown(value)) return value
  if (!Array.isArray(value))
    throw new Refusal({
      reason: 'playbook-value',
      what: '`loop` wants a list.',
      why: `It is ${JSON.stringify(value)}.`,
      origin: node.task.loop!.over.origin,
    })
  if (value.length > MOST_ITEMS)
    throw new Refusal({
      reason: 'playbook-value',
      what: `\`loop\` has ${value.length} items, at most ${MOST_ITEMS} are done.`,
      origin: node.task.loop!.over.origin,
    })
  const open = unknownsIn(value)
  const first = open.find(one => one instanceof Missing) ?? open[0]
  return first ?? value.map((one, at) => itemAt(node, one, { all: value, at }))
}
