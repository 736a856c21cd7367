import { attempt, Refusal, refuse } from '../core/failure.ts'
import { hasBraces } from './braces.ts'
import { compileTemplate } from './expression.ts'
import type { Located } from './located.ts'
import { createScope } from './scope.ts'

/** A scope of variables alone: there are no hosts yet. */
const scopeOf = (layers: Record<string, Located>[]): Record<string, unknown> => {
  const noHost = (): never =>
    refuse('playbook-reference', 'There are neither facts nor registered values before hosts are contacted.')
  return createScope({
    host: '',
    layers,
    layersOf: () => [],
    groups: {},
    registers: () => [],
    register: () => noHost,
    facts: noHost,
  })
}

/**
 * The text of what names a file or a role that a playbook is put together from. It is known before there are hosts: from
 * variables of the play and of the command line. Throws a Refusal (`playbook-value`).
 *
 * @param layers variables, lowest first
 */
export const staticText = (at: Located<string>, layers: Record<string, Located>[]): string => {
  if (!hasBraces(at.value)) return at.value
  const { value, failures } = attempt(() => compileTemplate(at.value, at).evaluate(scopeOf(layers)))
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  const [failure] = failures ?? []
  throw new Refusal({
    reason: 'playbook-value',
    what: `What is named here is not known: ${at.value}`,
    why: failure?.what ?? 'It comes to no text.',
    fix: 'A playbook is put together before hosts are contacted: use variables of the play (vars, vars_files) or of the command line.',
    origin: at.origin,
  })
}
