import { attempt, type Failure, type Origin } from '../../core/failure.ts'
import { Missing } from '../../core/unknown.ts'
import { createSecretReader } from '../../graph/secrets.ts'
import type { ControllerAnswers } from '../../jinja/controller-answers.ts'
import { hasBraces } from '../../load/braces.ts'
import { compileTemplate } from '../../load/expression.ts'
import type { Readable } from '../../load/load.ts'
import { locatedMember } from '../../load/located.ts'
import { matchHosts } from '../../load/pattern.ts'
import type { Play, Playbook, Task } from '../../load/playbook.ts'
import { spelled, validate, withDefaults } from '../../load/schema.ts'
import { secretSources } from '../../load/secrets.ts'
import { staticScope } from '../../load/static-scope.ts'
import { givenNames } from '../../load/variables.ts'
import type { AnyModule } from '../../module/define.ts'

type Scope = Record<string, unknown>

const lineOf = (origin: Origin | undefined): string => `${origin?.file}:${origin?.line}`

/** Values are only tried here: what a template asks of the controller stays unknown, and no command is run for it. */
const nobody = {
  once: () => {
    throw new Missing()
  },
} as unknown as ControllerAnswers

/** What an argument is on a host; as it is written where it cannot be told before the run. */
const valueHere = (task: Task, name: string, schema: unknown, scope: Scope, failures: Failure[]): unknown => {
  const at = locatedMember(task.args, name)
  if (!hasBraces(JSON.stringify(at.value))) return at.value
  const found = attempt(() => compileTemplate(at.value, at).evaluate(scope))
  // What registered values and facts are is not known yet.
  failures.push(...(found.failures ?? []).filter(({ reason }) => reason === 'playbook-value'))
  return found.failures ? at.value : spelled(schema, found.value)
}

/** What is wrong with the values that the arguments of a task have on one host. */
const onHost = (task: Task, { args }: AnyModule, scope: Scope, isSecret: (name: string) => boolean): Failure[] => {
  const failures: Failure[] = []
  const properties = args.properties as Record<string, { secret?: true } | undefined>
  // What comes of a secret is not told, nor looked at here.
  const given = (name: string): unknown =>
    properties[name]?.secret || isSecret(name)
      ? locatedMember(task.args, name).value
      : valueHere(task, name, properties[name], scope, failures)
  const values = Object.fromEntries(Object.keys(task.args.value).map(name => [name, given(name)]))
  const options = { subject: task.module, reason: 'playbook-argument', expressions: 'skip' } as const
  return [...failures, ...validate(args, withDefaults(args, values), task.args, options)]
}

/** One failure for all hosts on which it is the same; each names its hosts. */
const byHosts = (found: { host: string; failure: Failure }[]): Failure[] =>
  [...Map.groupBy(found, ({ failure }) => JSON.stringify(failure)).values()].map(same => {
    const { failure } = same[0]!
    const hosts = `It is so on ${same.map(({ host }) => host).join(', ')}.`
    return { ...failure, why: failure.why === undefined ? hosts : `${failure.why}\n${hosts}` }
  })

/** The tasks behind an include that may give variables: what there is not there may be by then. */
const behindGivers = ({ plays }: Playbook): Set<Task> => {
  const all = plays.flatMap(({ tasks, handlers }) => [...tasks, ...handlers])
  const first = all.findIndex(({ include }) => include && include.kind !== 'tasks')
  return new Set(first < 0 ? [] : all.slice(first + 1))
}

/**
 * What is wrong with values that variables give to arguments: evaluated on each host, as far as nothing of a run is needed.
 * A line of which something is `told` already, and a task that may be skipped or is repeated, is left alone.
 */
export const checkValues = (readable: Readable, modules: Record<string, AnyModule>, told: Failure[]): Failure[] => {
  const { playbook, inventory, extra } = readable
  if (inventory === undefined || extra === undefined) return []
  const seen = new Set(told.map(({ origin }) => lineOf(origin)))
  const registers = playbook.plays.flatMap(({ tasks }) => tasks.flatMap(givenNames))
  const scopeOf = staticScope({ inventory, extra, asks: () => nobody }, registers)
  const open = behindGivers(playbook)
  const secretReads = createSecretReader({ playbook, inventory, extra }, secretSources(readable).paths, () => [])
  const ofTask = (task: Task, play: Play, hosts: string[]): Failure[] => {
    const module = modules[task.module]
    if (!module || task.when.length > 0 || task.loop !== undefined || task.text !== undefined || task.noLog) return []
    const { args } = secretReads(task, play)
    const isSecret = (name: string): boolean => args[name] !== undefined
    return byHosts(
      hosts.flatMap(host =>
        onHost(task, module, scopeOf({ task, play }, host, 'an argument'), isSecret).map(failure => ({
          host,
          failure,
        })),
      ),
    )
      .filter(({ origin }) => !seen.has(lineOf(origin)))
      .filter(({ reason }) => reason !== 'playbook-value' || !open.has(task))
  }
  return playbook.plays.flatMap(play => {
    const hosts = attempt(() => matchHosts(inventory, play.hosts.value)).value?.hosts ?? []
    return [...play.tasks, ...play.handlers].flatMap(task => ofTask(task, play, hosts))
  })
}
