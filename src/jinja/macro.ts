import type { Given } from './callable.ts'
import { Invocable } from './function-value.ts'
import { Dict, orElse, tupleOf, Undefined, type Value, ValueFault } from './value.ts'

export type MacroParameter = { name: string; usual?: (names: Map<string, Value>) => Value }
export type MacroShape = {
  name: string
  parameters: MacroParameter[]
  /** Which of `varargs`, `kwargs` and `caller` its body reads: those it may be given. */
  reads: ReadonlySet<string>
  render(names: Map<string, Value>): Value
}

/** A macro: called with values by position and by name, it is what its body puts out. */
export class Macro extends Invocable {
  readonly type = 'Macro'
  override readonly acceptsAnything = true
  readonly #shape: MacroShape
  constructor(shape: MacroShape) {
    super()
    this.#shape = shape
  }
  override get shown(): string {
    return `<Macro '${this.#shape.name}'>`
  }
  override attribute(name: string): Value | undefined {
    if (name === 'name') return this.#shape.name
    return name === 'arguments' ? tupleOf(this.#shape.parameters.map(one => one.name)) : undefined
  }
  override call({ args, named }: Given): Value {
    const { name, parameters, reads, render } = this.#shape
    const names = new Map<string, Value>()
    const others = new Dict(named)
    for (const [index, parameter] of parameters.entries()) {
      const given = orElse(args[index], () => others.get(parameter.name))
      if (args[index] !== undefined && others.has(parameter.name))
        throw new ValueFault(`The macro "${name}" is given "${parameter.name}" twice.`)
      others.delete(parameter.name)
      const lacking = () => new Undefined(new ValueFault(`The macro "${name}" is not given "${parameter.name}".`))
      names.set(
        parameter.name,
        orElse(given, () => orElse(parameter.usual?.(names), lacking)),
      )
    }
    this.#addRest(names, args.slice(parameters.length), others, reads)
    return render(names)
  }
  #addRest(names: Map<string, Value>, rest: Value[], others: Dict, reads: ReadonlySet<string>): void {
    const { name, parameters } = this.#shape
    const caller = others.get('caller')
    others.delete('caller')
    if (caller !== undefined && !reads.has('caller'))
      throw new ValueFault(`The macro "${name}" has no place for a caller.`)
    if (reads.has('caller'))
      names.set('caller', caller ?? new Undefined(new ValueFault(`The macro "${name}" is not called by a call block.`)))
    if (rest.length > 0 && !reads.has('varargs'))
      throw new ValueFault(`The macro "${name}" takes not more than ${parameters.length} values.`)
    const [stray] = others.keys()
    if (stray !== undefined && !reads.has('kwargs'))
      throw new ValueFault(`The macro "${name}" takes no "${String(stray)}".`)
    if (reads.has('varargs')) names.set('varargs', tupleOf(rest))
    if (reads.has('kwargs')) names.set('kwargs', others)
  }
}
