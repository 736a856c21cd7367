import type { Value } from './value.ts'

/** A method: given its owner first. */
export type Method = (owner: never, ...values: never[]) => Value
