import { unseededChance } from './chance.ts'
import { secretInClear } from './clear-secrets.ts'
import { sameFileTwice } from './fights.ts'
import type { Finding, Rule, Subject } from './finding.ts'
import { hidingName } from './hiding-names.ts'
import { idleHandler } from './idle-handlers.ts'
import { modeNotOctal } from './modes.ts'
import { neverRuns } from './never-runs.ts'
import { bareLoop, bracesInCondition, ignoredErrors } from './old-habits.ts'
import { unusedVariable } from './unused-variables.ts'

/** Every rule, by the name that its findings are told under. */
export const rules: Record<string, Rule> = {
  'mode-not-octal': modeNotOctal,
  'secret-in-clear': secretInClear,
  'unused-variable': unusedVariable,
  'never-runs': neverRuns,
  'handler-not-notified': idleHandler,
  'unseeded-random': unseededChance,
  'hiding-name': hidingName,
  'bare-loop': bareLoop,
  'braces-in-condition': bracesInCondition,
  'ignored-errors': ignoredErrors,
  'same-file-twice': sameFileTwice,
}

const byPlace = (a: Finding, b: Finding): number =>
  (a.origin.file < b.origin.file ? -1 : a.origin.file > b.origin.file ? 1 : 0) ||
  a.origin.line - b.origin.line ||
  a.origin.column - b.origin.column

/** All that the rules say of a playbook, in file order. What is found at one place on several ways counts once. */
export const findingsOf = (subject: Subject): Finding[] => {
  const all = Object.entries(rules).flatMap(([rule, tell]) => tell(subject).map(told => ({ rule, ...told })))
  const unique = new Map(
    all.map(one => [`${one.rule} ${one.origin.file}:${one.origin.line}:${one.origin.column} ${one.what}`, one]),
  )
  return [...unique.values()].sort(byPlace)
}
