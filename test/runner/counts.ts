/** What one file of tests came to. */
export type Counts = { passed: number; failed: number; skipped: number }

const total = (text: string, word: string): number | undefined => {
  const found = text.match(new RegExp(`^ {2}${word}: +(\\d+)$`, 'm'))
  return found ? Number(found[1]) : undefined
}

/** How a child process ended: with an exit code, or without one because it was killed. */
export type Ending = { code: number | null; text: string }

/**
 * Reads uvu's totals. A file that says nothing, registers no test, or ends badly although all its tests passed, has
 * one failure more: silence is never a success.
 */
export const countsOf = ({ code, text }: Ending): Counts => {
  const [all, passed, skipped = 0] = [total(text, 'Total'), total(text, 'Passed'), total(text, 'Skipped')]
  if (all === undefined || passed === undefined) return { passed: 0, failed: 1, skipped: 0 }
  const failed = all - passed
  const isSilent = (code !== 0 && failed === 0) || all + skipped === 0
  return { passed, failed: isSilent ? failed + 1 : failed, skipped }
}

/** For a program that is one test by itself. */
export const countsOfProgram = ({ code }: Ending): Counts => ({
  passed: code === 0 ? 1 : 0,
  failed: code === 0 ? 0 : 1,
  skipped: 0,
})

export const sum = (all: Counts[]): Counts => ({
  passed: all.reduce((n, one) => n + one.passed, 0),
  failed: all.reduce((n, one) => n + one.failed, 0),
  skipped: all.reduce((n, one) => n + one.skipped, 0),
})

/** The sentence that ends a run; scripts read it, so it has one form. */
export const sentence = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
