/** Starts each task when the one before it has ended, be it well or badly. */
export const oneAtATime = (): (<T>(task: () => Promise<T>) => Promise<T>) => {
  let last: Promise<unknown> = Promise.resolve()
  return task => {
    const turn = last.then(task)
    last = turn.catch(() => {})
    return turn
  }
}
