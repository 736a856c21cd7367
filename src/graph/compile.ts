import { attempt, type Failure, Refusal } from '../core/failure.ts'
import { compileExpression, compileTemplate, type Expression, type Reference } from '../load/expression.ts'
import { type Located, locatedMember } from '../load/located.ts'
import type { Task } from '../load/playbook.ts'
import { maySkip } from '../load/task.ts'
import { compileLoop } from '../load/task-loop.ts'

/** A task with its expressions compiled: once per task, whatever the number of hosts and loop items. */
export type CompiledTask = {
  when: Expression[]
  loop?: Expression
  changedWhen?: Expression[]
  failedWhen?: Expression[]
  ignoreErrors?: Expression
  repeats?: { until: Expression[]; retries?: Expression; delay?: Expression }
  /** What an item of the loop is called. */
  label?: Expression
  args: Record<string, Expression>
  references: Reference[]
}

/**
 * Where only an expression can stand, in a condition, text is one, with braces or without; `true` may stand as YAML
 * writes it.
 */
export const compileBare = (located: Located): Expression =>
  typeof located.value === 'string'
    ? compileExpression(located.value, located.origin)
    : compileTemplate(located.value, located)

/** What decides over the answer of a task, and what it reads besides that answer. */
const compileJudgement = ({ changedWhen, failedWhen, ignoreErrors, repeats, register }: Task) => {
  const number = (at: Located | undefined) => at && compileTemplate(at.value, at)
  const retries = number(repeats?.retries)
  const delay = number(repeats?.delay)
  const made = {
    ...(changedWhen ? { changedWhen: changedWhen.map(compileBare) } : {}),
    ...(failedWhen ? { failedWhen: failedWhen.map(compileBare) } : {}),
    ...(ignoreErrors ? { ignoreErrors: compileTemplate(ignoreErrors.value, ignoreErrors) } : {}),
    ...(repeats
      ? {
          repeats: {
            until: repeats.until.map(compileBare),
            ...(retries ? { retries } : {}),
            ...(delay ? { delay } : {}),
          },
        }
      : {}),
  }
  const words = [...(made.changedWhen ?? []), ...(made.failedWhen ?? []), ...(made.repeats?.until ?? [])]
  const over = words.flatMap(one => one.references)
  const others = over.filter(({ path }) => path[0] !== register)
  const plain = [made.ignoreErrors, retries, delay].flatMap(one => one?.references ?? [])
  return { made, references: [...others, ...plain] }
}

/** What cannot be read in a task that may come to nothing is told where a host comes to it. */
const compileArgument = (task: Task, located: Located): Expression => {
  if (!maySkip(task)) return compileTemplate(located.value, located)
  const { value, failures } = attempt(() => compileTemplate(located.value, located))
  const refused = (): never => {
    throw new Refusal(...(failures as Failure[]))
  }
  return value ?? { references: [], literal: false, evaluate: refused, value: refused }
}

const compiledTasks = new WeakMap<Task, CompiledTask>()

/** Throws a Refusal (`playbook-expression`) where an expression does not parse. */
export const compileTask = (task: Task): CompiledTask => {
  const known = compiledTasks.get(task)
  if (known) return known
  const made = compiled(task)
  compiledTasks.set(task, made)
  return made
}

const compiled = (task: Task): CompiledTask => {
  const when = task.when.map(compileBare)
  const loop = task.loop && compileLoop(task.loop)
  const args = Object.fromEntries(
    Object.keys(task.args.value).map(key => [key, compileArgument(task, locatedMember(task.args, key))]),
  )
  const vars = Object.values(task.vars).map(located => compileTemplate(located.value, located))
  const label = task.loop?.label && compileTemplate(task.loop.label.value, task.loop.label)
  const judgement = compileJudgement(task)
  const loops = [...(loop ? [loop] : []), ...(label ? [label] : [])]
  const references = [...when, ...loops, ...Object.values(args), ...vars].flatMap(e => e.references)
  return {
    when,
    ...(loop ? { loop } : {}),
    ...(label ? { label } : {}),
    ...judgement.made,
    args,
    references: [...references, ...judgement.references],
  }
}
