/** What Python calls white space, as a piece of a pattern: JavaScript's \s has others. */
export const SPACE = '[\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]'
export const SPACES_AT_END = new RegExp(`(?<!${SPACE})${SPACE}+$`)
export const SPACES_AT_START = new RegExp(`^${SPACE}+`)
/** A text without white space at both ends, as Python's `strip()` leaves it. */
export const stripped = (text: string): string => text.replace(SPACES_AT_START, '').replace(SPACES_AT_END, '')
