import type { Diagnosis } from '../../../src/module/module.ts'

/** What a program says, and what that means: the cause and what to do, made of the parts of what it said. */
export type DiagnosisRule = { says: RegExp; means(...parts: string[]): { cause: string; fix: string } }

/**
 * Looks for the first rule that one of the lines of a text meets. The more telling rules come first: one cause often
 * makes several lines.
 */
export const diagnoseBy =
  (rules: DiagnosisRule[]) =>
  (text: string): Diagnosis | undefined => {
    const lines = text.split('\n')
    for (const { says, means } of rules)
      for (const line of lines) {
        const found = says.exec(line)
        if (found) return { ...means(...found.slice(1).map(part => part ?? '')), said: line.trim() }
      }
    return undefined
  }
