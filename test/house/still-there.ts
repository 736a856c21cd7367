/**
 * What breaks a rule of the house and has not been mended yet. These lists only shrink: an entry that is no longer true
 * fails the test, as does anything that is not in them.
 */
export const STILL_THERE = {
  rooms: [] as string[],
  namesTwice: [
    'explain: src/cli/commands/explain.ts, src/plan/explain.ts',
    'plan: src/cli/commands/plan.ts, src/plan/plan.ts',
  ],
  oldNames: ['src/run/steps.ts: KeptOutput', 'src/run/take-hosts.ts: takeHosts'],
  ipfsInBuiltin: [] as string[],
}
