import { bind, type Given } from './callable.ts'
import { Live, type Value } from './value.ts'

/** Something that can be called. */
export abstract class Invocable extends Live {
  /** Given what is undefined or unknown too where it takes any value along, as a macro does. */
  readonly acceptsAnything: boolean = false
  abstract call(given: Given): Value
}

/** A function with Python's parameters, written as those of filters are. */
export class FunctionValue extends Invocable {
  readonly type: string
  readonly #name: string
  readonly #parameters: readonly string[]
  readonly #run: (...values: never[]) => Value
  constructor(name: string, parameters: readonly string[], run: (...values: never[]) => Value, type = 'function') {
    super()
    this.type = type
    this.#name = name
    this.#parameters = parameters
    this.#run = run
  }
  override get shown(): string {
    return `<${this.type} ${this.#name}>`
  }
  call(given: Given): Value {
    return this.#run(...(bind(this.#name, this.#parameters, given) as never[]))
  }
}
