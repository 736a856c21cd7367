import fc from 'fast-check'

/**
 * Where chance begins in the property tests. The same in every run, so that what passed here passes there; another
 * one by RUNBOOK_SEED=NUMBER, and RUNBOOK_SEED=new looks where nobody has looked yet.
 */
export const seed =
  process.env.RUNBOOK_SEED === 'new' ? Date.now() % 2 ** 31 : Number(process.env.RUNBOOK_SEED ?? 20_261_122)

/**
 * The share of the generated cases that are tried, above 0 and up to 1: RUNBOOK_CASES=SHARE. All of them unless it is
 * said; the fast tests try a few of each property, so that every one is still there.
 */
const share = Number(process.env.RUNBOOK_CASES ?? 1)

/** How many cases to try where `all` is the whole number: at least one. */
export const cases = (all: number): number => Math.max(1, Math.ceil(all * share))

fc.configureGlobal({ seed, numRuns: cases(100) })

export { fc }
