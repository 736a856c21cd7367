/**
 * What breaks a rule of the house and has not been mended yet. These lists only shrink: an entry that is no longer true
 * fails the test, as does anything that is not in them.
 */
export const STILL_THERE = {
  rooms: [] as string[],
  namesTwice: [] as string[],
  oldNames: [] as string[],
  ipfsInBuiltin: [] as string[],
}
