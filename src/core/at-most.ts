/** Waits for the first of some events, for so many milliseconds at most. */
export const atMost = async (ms: number, ...events: Promise<unknown>[]): Promise<void> => {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, ms)
  await Promise.race([...events, late.promise])
  clearTimeout(timer)
}
