import { T } from '../../../src/module/module.ts'

export type ScalarValue = string | number | boolean

/** A text of one line that people also write as a number, or as yes and no. */
export const scalarArgument = (description: string) =>
  T.Unsafe<ScalarValue>({ type: ['string', 'number', 'boolean'], pattern: '^[^\\n]*$', description })

/** It as Ansible takes it: as Python prints it. */
export const scalarText = (value: ScalarValue): string =>
  typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value)
