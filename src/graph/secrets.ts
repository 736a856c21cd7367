import { compileTemplate, type Reference } from '../load/expression.ts'
import type { Loaded } from '../load/load.ts'
import { type Located, locatedMember } from '../load/located.ts'
import { compileBare } from './compile.ts'
import { registerReferences } from './register-references.ts'

/** The arguments of each module that its schema calls secret. */
type SecretArguments = (module: string) => string[]

/**
 * The extra variables that a secret argument may come from, also by way of other variables. Found in the text of the
 * playbook alone, so there may be one too many, which then only has to be given once more.
 */
export const secretExtraVars = ({ playbook, inventory, extra }: Loaded, secretsOf: SecretArguments): Set<string> => {
  const tasks = playbook.plays.flatMap(play => [...play.tasks, ...play.handlers])
  const layers: Record<string, Located>[] = [
    ...playbook.plays.flatMap(play => [play.defaults, play.vars]),
    ...tasks.map(task => task.vars),
    ...Object.values(inventory.vars),
    extra,
  ]
  const within = (name: string): Reference[] =>
    layers
      .flatMap(layer => (Object.hasOwn(layer, name) ? [layer[name]!] : []))
      .flatMap(located => compileTemplate(located.value, located).references)
  const references = tasks.flatMap(({ module, args, loop }) => {
    const given = secretsOf(module).filter(name => name in args.value)
    const values = given.map(name => compileTemplate(args.value[name], locatedMember(args, name)))
    // `item` stands for what the loop runs over.
    return [...values, ...(loop && given.length > 0 ? [compileBare(loop)] : [])].flatMap(value => value.references)
  })
  return new Set(Object.keys(extra).filter(name => registerReferences(references, new Set([name]), within).length > 0))
}
