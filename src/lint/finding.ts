import type { Origin } from '../core/failure.ts'
import type { Signatures } from '../load/check.ts'
import type { Readable } from '../load/load.ts'
import type { ReadNames } from './reads.ts'
import type { WrittenPart } from './written.ts'

/** Something that is allowed and hardly meant: what it is, what to do, and where it stands. */
export type Finding = { rule: string; what: string; fix: string; origin: Origin }

/** What is looked at: a playbook as it was read, its arguments as the schemas of modules have them, and as it is written. */
export type Subject = {
  loaded: Readable
  signatures: Signatures
  /** Plays, tasks and blocks of all its files, in written order. */
  written: WrittenPart[]
  reads: ReadNames
}

/** What a rule tells, without its name. */
export type Told = Omit<Finding, 'rule'>
export type Rule = (subject: Subject) => Told[]
