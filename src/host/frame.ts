import { quote } from '../core/quote.ts'
import type { Fragment } from '../core/transport.ts'

/**
 * What the first frame of a session does before anything else, so that it costs no round trip: messages in one
 * language, known file modes, no history; and the input of the shell under a number of its own, for the watch. The
 * environment is what `environment.ts` has given. LC_ALL is for what we read and print ourselves, and in no fragment
 * that lingers: a program of a task has the language of the environment.
 */
const START = ['export LC_ALL=C', 'umask 022', 'unset HISTFILE', 'exec 3<&0']

/**
 * Nothing is sent while a frame runs, so if the shell's input becomes readable it has ended: the controller is gone.
 * Then the process group, which the ssh server has made for this session, gets TERM, and KILL after 10 s. A daemon that
 * is meant to stay has a session of its own, by its service manager or setsid. So has the loop that waits for the group
 * to end, where there is setsid: then the group is gone as soon as what ran has ended.
 */
const WATCH = [
  "( trap '' TERM; read -r runbook_x <&3 || { kill -TERM 0",
  'read -r runbook_x runbook_x runbook_x runbook_x runbook_g runbook_x </proc/self/stat',
  `if command -v setsid && [ "$runbook_g" ]; then exec setsid sh -c 'n=100; while kill -0 "-$1"; do n=$((n-1)); [ $n -gt 0 ] || kill -KILL "-$1"; sleep 0.1; done' sh "$runbook_g"; fi`,
  'sleep 10; kill -KILL 0; } ) >/dev/null 2>&1 & runbook_watch=$!',
].join('; ')
/** By KILL, since the watch ignores TERM; `wait` keeps bash from reporting it. */
const UNWATCH = 'kill -KILL "$runbook_watch"; wait "$runbook_watch" 2>/dev/null'

/**
 * Runs a fragment whose children may outlive it: `runbook_text`, with the mark `$1` behind it. Its streams are pipes of
 * its own, each copied by sed up to the mark; what comes later is read and dropped for as long as somebody may write it,
 * so that nobody is ended or kept waiting for having printed. sed holds a line whole: one that has no end is cut off.
 * Nothing but what drops runs in the background, because what a shell puts there ignores an interrupt. Redirections are
 * those of `exec`: any other leaves a copy of the old stream open in what is started. GNU's sed gives a status with `q`,
 * which tells the mark from the end; with one that gives none (BusyBox), that the shell was killed is told by its status
 * alone; and since that sed looks whether a line is the last one, an empty line follows the mark. On each stream there is
 * one mark and no second: a copy that ends without having seen it says it (that sed was out of memory, where there is more to
 * read, its status does not tell). A list of processes shows the pattern of sed,
 * which does not match itself. Where sed cannot do it at all, a fragment runs as any other.
 */
const LINGERING = `runbook_copy() {
( exec 2>/dev/null; ulimit -S -v 524288; exec sed "/[\${1%"\${1#?}"}]\${1#?}:/q\${runbook_sed#0}" )
[ $? != "$runbook_sed" ] || return 0
if [ "$(head -c 1 | wc -c)" -eq 0 ]; then printf '%s:137\\n' "$1"
else printf 'runbook ended it: a line without end\\n%s:141\\n' "$1"; fi
return 1
}
runbook_drop() { { read -r runbook_ && exec cat; } <&8 >/dev/null 2>&1 3<&- 5>&- 6>&- 7>&- 8<&- 9>&- & }
runbook_plainly() {
( unset LC_ALL; set --; eval "$runbook_text" ) </dev/null 3<&-
runbook_=$?; printf "$1:%d\\n" "$runbook_"; printf "$1:0\\n" >&2
}
runbook_lingering() {
[ "\${runbook_sed-}" ] || { echo | sed q7 >/dev/null 2>&1; runbook_sed=$?
[ "$runbook_sed" = 7 ] || case $(printf 'a\\nb\\n' | sed /a/q 2>/dev/null) in a) runbook_sed=0;; *) runbook_sed=x;; esac; }
[ "$runbook_sed" != x ] || { runbook_plainly "$1"; return; }
{ runbook_=$(exec 9>&1 >/dev/null
{ exec 7>&1; {
exec 2>&1 >&7 5>&- 6>&- 7>&-
( unset LC_ALL; set --; eval "$runbook_text" ) </dev/null 3<&- 9>&-
runbook_=$?; trap '' PIPE; echo "$runbook_" >&9; printf "$1:%d\\n\\n" "$runbook_" 2>/dev/null; printf "$1:0\\n\\n" >&2
} | { exec 8<&0; runbook_copy "$1" >&6 && runbook_drop; }
} | { exec 8<&0; runbook_copy "$1" >&5 && runbook_drop; }
); } 5>&1 6>&2
[ "$runbook_" ] || { runbook_=137; [ "$runbook_sed" = 7 ] || { printf "$1:137\\n"; printf "$1:0\\n" >&2; }; }
}`

/** Tags of the marks that are no fragment: before the first, with the shell's process number, and after the last. */
export const BEGIN_TAG = 'b'
export const END_TAG = 'e'

const onStderr = (nonce: string, frame: number, tag: string): string => `printf '${nonce}:${frame}:${tag}:0\\n' >&2`

const onBoth = (nonce: string, frame: number, tag: string, value = '0'): string =>
  `printf '${nonce}:${frame}:${tag}:%d\\n' ${value}; ${onStderr(nonce, frame, tag)}`

/**
 * A fragment is the argument of `eval` in a subshell of its own: `cd`, `exit`, `set` and a syntax error stay in there,
 * here-documents and quotes need no care, its text is in no argument list, and one fork is all it costs
 * (measured with dash: 0.4 ms; a here-document fed to another `sh` 1.1 ms). The space keeps a leading `-` from being
 * an option of `eval`, the newline ends a here-document. Its stdin is empty: it must not eat the frames that follow.
 */
const fragmentText = (
  nonce: string,
  frame: number,
  index: number,
  { sh, step, lingers }: Fragment,
  mayStop: boolean,
): string => {
  const text = quote(` ${sh}\n`)
  const run = lingers
    ? [`runbook_text=${text}`, `runbook_lingering ${nonce}:${frame}:${index}`]
    : [`( eval ${text} ) </dev/null 3<&-`, `runbook_=$?; ${onBoth(nonce, frame, String(index), '"$runbook_"')}`]
  const body = [...run, ...(step ? ['[ "$runbook_" = 0 ] || runbook_stop=1'] : [])].join('\n')
  return mayStop ? `[ "$runbook_stop" ] || {\n${body}\n}` : body
}

/**
 * The text of one frame. It is one compound command whose closing line comes last: sh runs nothing of it before it
 * has read all of it, so a frame cut in half does nothing. Marks stand on both streams because ssh orders stdout and
 * stderr independently; the first one leaves behind what came between two frames (a login's greeting, late output).
 */
export const frameText = (nonce: string, frame: number, fragments: Fragment[]): string => {
  const firstStep = fragments.findIndex(fragment => fragment.step)
  const afterStep = (index: number): boolean => firstStep >= 0 && index > firstStep
  return [
    '{',
    ...(frame === 1 ? START : []),
    ...(fragments.some(fragment => fragment.lingers) ? [LINGERING] : []),
    WATCH,
    'runbook_stop=',
    onBoth(nonce, frame, BEGIN_TAG, '$$'),
    ...fragments.map((fragment, index) => fragmentText(nonce, frame, index, fragment, afterStep(index))),
    UNWATCH,
    onBoth(nonce, frame, END_TAG),
    '}',
    '',
  ].join('\n')
}
