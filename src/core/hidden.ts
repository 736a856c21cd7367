import type { Hidden } from './event.ts'
import type { Failure } from './failure.ts'

/** Values from this length on are replaced wherever they stand. Of shorter ones the text around them is hidden as well. */
export const shortestSecret = 4

/** What stands in place of what is not told. */
export const hiddenWords: Record<Hidden, string> = {
  no_log: '(hidden by no_log)',
  secret: '(hidden: it is made of a secret)',
}

const fixes: Record<Hidden, string> = {
  no_log: 'To see what it says, take no_log away where nobody else reads along, and run it once.',
  secret:
    'What it says is hidden as a whole, since a secret in it is shorter than 4 characters or was changed by an expression. To see it, take the variable out of secrets where nobody else reads along.',
}

/** A failure of which only the kind and the place are told: its text may quote what is secret. */
export const hiddenFailure = ({ reason, what, origin }: Failure, hidden: Hidden): Failure => ({
  reason,
  what: /^A step failed with exit status \d+\.$/.test(what) ? what : 'It failed, and why may not be told.',
  why: hiddenWords[hidden],
  fix: fixes[hidden],
  ...(origin ? { origin: { ...origin, unquoted: true } } : {}),
})
