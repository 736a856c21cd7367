import type { Json } from '../../../src/module/module.ts'

/** A value of the arguments as plain data of its own, for steps and promises; reading an unknown in it throws it. */
export const plainJson = (value: unknown): Json => (value === undefined ? null : JSON.parse(JSON.stringify(value)))
