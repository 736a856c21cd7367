/** Exit codes, as in `runbook --help`. When several hold, the first of `order` wins. */
export const exit = {
  done: 0,
  failed: 1,
  pending: 2,
  unreachable: 3,
  badInput: 4,
  refused: 5,
  bug: 70,
  hungUp: 129,
  interrupted: 130,
} as const
const order = [
  exit.bug,
  exit.hungUp,
  exit.interrupted,
  exit.badInput,
  exit.failed,
  exit.refused,
  exit.unreachable,
  exit.pending,
  exit.done,
]

/** The one exit code of a run in which all of these hold. */
export const worstExit = (codes: number[]): number => order.find(code => codes.includes(code)) ?? exit.done
