import { acceptingAnything, type Callable, callable } from './callable.ts'
import { Undefined, type Value } from './value.ts'

/** What is not known yet is a value that will be there: it is defined. */
const defined = (value: Value): boolean => !(value instanceof Undefined)

/** Every test by its name, Ansible's and Jinja's. */
export const tests: Readonly<Record<string, Callable>> = {
  defined: acceptingAnything(callable(['value'], defined)),
  undefined: acceptingAnything(callable(['value'], (value: Value) => !defined(value))),
}
