import type { Callable, Context } from './callable.ts'
import type { Pieces } from './pieces.ts'
import type { Value } from './value.ts'

/** The names of a place in a template, with those of the places around it. */
export class Scope {
  readonly #values = new Map<string, Value>()
  readonly #around: Scope | undefined
  constructor(around?: Scope) {
    this.#around = around
  }
  find(name: string): Value | undefined {
    return this.#values.has(name) ? this.#values.get(name) : this.#around?.find(name)
  }
  set(name: string, value: Value): void {
    this.#values.set(name, value)
  }
  /** What was set here itself, not around. */
  own(): [string, Value][] {
    return [...this.#values]
  }
}

export type Execute = (frame: Frame) => void
export type Evaluate = (frame: Frame) => Value

/** A template that was read: what it does, its blocks, and itself as the place of what is wrong in it. */
export type Compiled = { source: object; body: Execute; blocks: ReadonlyMap<string, Block> }
export type Block = { body: Execute; isScoped: boolean; isRequired: boolean }

/** One rendering: what is the same in every place of it. */
export type Rendering = {
  context: Context
  filters: Readonly<Record<string, Callable>>
  tests: Readonly<Record<string, Callable>>
  /** What every template can name: functions such as `range`. */
  global(name: string): Value | undefined
  /** A template by its name; undefined where there is none. */
  template(name: string): Compiled | undefined
  /** How deep templates and macros have called each other, and how many rounds of loops there were. */
  calls: { depth: number; rounds: number }
}

/** What a statement or expression is carried out in. */
export type Frame = {
  rendering: Rendering
  scope: Scope
  /** The names of the template itself, which its blocks see. */
  top: Scope
  output: Pieces
  /** The blocks of the template and of those it extends, the outermost heir first. */
  blocks: Map<string, Block[]>
  /** Set by `extends`: what is rendered in the end. */
  heir: { parent?: Compiled }
  /** Whether this is the template's own level, whose output goes where another template is extended. */
  isTop: boolean
}
