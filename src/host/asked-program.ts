import { quoted } from '../core/quote.ts'
import type { Become } from '../core/transport.ts'
import { asksNothing, commandOf } from './become-command.ts'
import { isAlready } from './environment.ts'

// A program that begins as another user once a question has been answered, or in a terminal of its own. Its text is an
// argument of the login's shell, which may be any: in it stand no single quotes, no line breaks and no backslash before
// another one.

/** What the parts of one beginning say on their way, each with the same number, which nobody else knows. */
export type Marks = {
  /** The login's own files are done, and what comes next on this stream is of who asks. */
  here: string
  /** sudo asks for the password with exactly this. */
  prompt: string
  /** A shell runs as the other user. */
  begun: string
  /** That shell has read an empty line. */
  again: string
  /** Who hands a password to the terminal has read an empty line, and has ended. */
  fed: string
}

export const marksOf = (nonce: string): Marks => ({
  here: `here-${nonce}`,
  prompt: `password-${nonce}:`,
  begun: `begun-${nonce}`,
  again: `again-${nonce}`,
  fed: `fed-${nonce}`,
})

/**
 * How a program gets to be another user's. `piped`: all by the streams of the channel. `seated`: the same, while its
 * process group has a terminal, which is all that sudo's requiretty asks for. `fed`: su and doas ask at the terminal, and
 * what answers is read from the channel by a process of ours that ends with that.
 */
export type Way = 'piped' | 'seated' | 'fed'

export const wayIn = (become: Become, isSeated: boolean): Way =>
  become.method === 'sudo' ? (isSeated ? 'seated' : 'piped') : 'fed'

/** Takes the streams of the channel, which are kept under other numbers where the terminal has taken theirs. */
const OWN_STREAMS = '<&3 >&4 2>&5 3<&- 4>&- 5>&-'
const KEEP_STREAMS = 'exec 3<&0 4>&1 5>&2; '
/** util-linux's script makes a terminal: nothing else that is found on every host does. */
const NEED_SCRIPT = 'command -v script >/dev/null || { echo "runbook: there is no script here" >&2; exit 127; }; '
const elsePiped = ({ fed }: Marks): string => `command -v script >/dev/null || { echo ${fed} >&2; eval "exec $1"; }; `
const inTerminal = (streams: string): string => `script -qfc "stty -echo; eval \\"exec \\$R ${streams}\\"" /dev/null`

/**
 * How a shell says that it has begun. Where somebody was asked at the terminal it says so there, behind all that was said to
 * be read by nobody: else a late line of that would come among what frames print.
 */
const sayBegun = ({ method }: Become, way: Way, { begun }: Marks): string => {
  const plainly = `printf %s ${begun} >&2; `
  if (way !== 'fed') return plainly
  return method === 'su'
    ? `${plainly}exec ${OWN_STREAMS}; `
    : `{ printf %s ${begun} >/dev/tty; } 2>/dev/null || ${plainly}`
}

/** The shell that runs as the other user: it says so, and does what the first line that is not empty says. */
const shellText = (become: Become, way: Way, marks: Marks): string =>
  `${sayBegun(become, way, marks)}while IFS= read -r x; do test -z "$x" || break; printf %s ${marks.again} >&2; done; eval "$x"`

/**
 * Reads one line of the channel and hands it to the terminal; an empty one is only told of. Where the channel has ended
 * all ends here, lest the end of the input were taken for a password.
 */
const feeder = (marks: Marks): string =>
  `{ IFS= read -r p <&3 || kill -KILL 0; test "$p" || printf %s ${marks.fed} >&5; printf "%s\\n" "$p"; }`

const TEXTS: Record<Way, (become: Become, marks: Marks) => string> = {
  piped: () => 'eval "exec $1"',
  seated: () => `${KEEP_STREAMS}${NEED_SCRIPT}exec ${inTerminal(OWN_STREAMS)} </dev/null >/dev/null`,
  // doas closes what it does not know, so it has the streams from the beginning; su may look whether they are a terminal.
  // Where there is no script most a su reads its input instead, one byte at a time as a shell does.
  fed: ({ method }, marks) =>
    `${method === 'su' ? elsePiped(marks) : NEED_SCRIPT}${feeder(marks)} | ${inTerminal(method === 'su' ? '' : OWN_STREAMS)} >&5; exit $?`,
}

/**
 * The words of `/bin/sh` that begin a shell as another user: a script, and its arguments. It says where it begins on both
 * streams, and speaks English: prompts and refusals are looked for.
 */
const wordsOf = (become: Become, way: Way, marks: Marks): string[] => {
  const shell = ['/bin/sh', '-c', shellText(become, way, marks)]
  const command = commandOf(become, shell, asksNothing(become) ? undefined : marks.prompt)
  const text = [
    ...(way === 'fed' ? [KEEP_STREAMS] : []),
    `test ${isAlready(become.user)} && eval "exec $2"; `,
    `LC_ALL=C; R=$1; SHELL=/bin/sh; export LC_ALL R SHELL; printf %s ${marks.here}; printf %s ${marks.here} >&2; `,
    TEXTS[way](become, marks),
  ]
  return [text.join(''), 'sh', quoted(command), quoted(shell)]
}

/** The line for the login's shell. */
export const askedLine = (become: Become, way: Way, marks: Marks): string =>
  `exec /bin/sh -c ${quoted(wordsOf(become, way, marks))}`
