import type { Given } from './callable.ts'
import { equal } from './equality.ts'
import { FunctionValue, Invocable } from './function-value.ts'
import { orElse, tupleOf, Undefined, type Value, ValueFault } from './value.ts'

/** What `loop` is in the body of a `for`. */
export class Loop extends Invocable {
  readonly type = 'LoopContext'
  readonly #items: Value[]
  readonly #depth: number
  readonly #recurse: ((items: Value) => Value) | undefined
  #changed: Value[] | undefined
  index = 0
  /** @param recurse renders the body for the members of another list; only of a `recursive` loop. */
  constructor(items: Value[], depth: number, recurse?: (items: Value) => Value) {
    super()
    this.#items = items
    this.#depth = depth
    this.#recurse = recurse
  }
  override call({ args }: Given): Value {
    if (!this.#recurse) throw new ValueFault('This loop is not recursive: write {% for … recursive %}.')
    return this.#recurse(orElse(args[0], () => null))
  }
  override attribute(name: string): Value | undefined {
    const { length } = this.#items
    const at = this.index
    const beside = (index: number, what: string): Value =>
      orElse(this.#items[index], () => new Undefined(new ValueFault(`There is no ${what} item here.`)))
    switch (name) {
      case 'index':
        return BigInt(at + 1)
      case 'index0':
        return BigInt(at)
      case 'revindex':
        return BigInt(length - at)
      case 'revindex0':
        return BigInt(length - at - 1)
      case 'first':
        return at === 0
      case 'last':
        return at === length - 1
      case 'length':
        return BigInt(length)
      case 'depth':
        return BigInt(this.#depth + 1)
      case 'depth0':
        return BigInt(this.#depth)
      case 'previtem':
        return beside(at - 1, 'previous')
      case 'nextitem':
        return beside(at + 1, 'next')
      case 'cycle':
        return new FunctionValue('cycle', ['*'], (values: Value[]) => values[at % values.length] ?? null)
      case 'changed':
        return new FunctionValue('changed', ['*'], (values: Value[]) => this.#hasChanged(values))
      default:
        return undefined
    }
  }
  #hasChanged(values: Value[]): boolean {
    if (this.#changed && equal(tupleOf(this.#changed), tupleOf(values))) return false
    this.#changed = values
    return true
  }
}
