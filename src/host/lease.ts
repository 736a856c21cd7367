import type { Wire } from '../connection/link.ts'
import { type Failure, notAnAnswer, Refusal } from '../core/failure.ts'
import { quote } from '../core/quote.ts'
import type { LeaseAnswer, LeaseHolder, LeaseRequest } from '../core/transport.ts'
import { lastLine } from './become.ts'
import { pastGreeting } from './greeting.ts'
import { ANSWER_SECONDS } from './shell.ts'

// A lease is made by a program on a second channel, the keeper: it has the kernel's lock on a small file, which says who
// has the lease and until when it counts. Whatever ends the keeper ends the lock, so no lock outlives its run. When a
// lease has expired while its file is still locked, its run is cut off, or asleep. The next run that asks ends the steps
// and the connection of that run first, so that it cannot go on. If no run asks, the keeper ends by itself.

/** How long a lease counts without being renewed, by the host's time since boot; how often it is renewed. */
const SECONDS = 30
const BEAT_MS = 10_000
/** After so long without being renewed the keeper ends the connection, and with it all that runs there. */
const SILENT_SECONDS = 60
/** How long the steps of an expired lease have to end by themselves. */
const GRACE_SECONDS = 5
/** After a cut connection the watch of a frame has ended all steps in 10 s (see frame.ts). */
const ENDED_SECONDS = 11
/** How long the answer may take: another run's steps and its keeper are ended first, and what it left behind after that. */
const ASK_SECONDS = 60
/** How long giving the lease back may take. */
const GIVE_MS = 2_000

/**
 * The program at the other end: it reads the script, which is one compound command, and then a line for each renewal.
 */
export const KEEPER_PROGRAM = '/bin/sh'

const BY_SSH = `if [ "$(id -u)" = 0 ]; then f=/run/runbook.lease; else
  f=\${HOME:?}/.runbook-$(uname -n).lease
  ( : >>"$f" ) 2>/dev/null || { f=/run/user/$(id -u)/runbook.lease; ( : >>"$f" ) 2>/dev/null; } || {
    echo 'nobody neither the home of that user nor its folder in /run/user can be written to'; exit 0; }
fi
q=$$
while [ "$server" = 0 ] && [ "$q" -gt 1 ] && read -r x c x n x <"/proc/$q/stat"; do
  case $c in '(sshd'*|'(dropbear'*) server=$q;; esac
  q=$n
done 2>/dev/null`

/**
 * Sets `f`, the file of the lease: one for all who are root, one for each other user, who may have no home, or one that is
 * read-only. And `server`, the ssh server's
 * process of this connection: the nearest ancestor of that name, 0 if none is seen. Where there is no connection the
 * nearest one is that of whoever has started runbook, which nobody is to end.
 */
export const leasePlace = (by: 'ssh' | 'local'): string => (by === 'ssh' ? BY_SSH : `server=1\n${BY_SSH}`)

/**
 * `lock`: 0 where this keeper has the lock on `f`, which is open as 9; 1 where somebody else has it. By flock, or where there
 * is none (BusyBox as Debian builds it) by a link beside the file, which names the keeper by its number and the time it
 * started: nobody can have both again. What a dead one has left is taken away by whoever makes the folder that is named after
 * it; so the link that is removed is never a living one's.
 */
const LOCKING = `by=
lock() { flock -n 9; }
command -v flock >/dev/null || lock() {
  read -r q </proc/$$/stat; set -- \${q##*) }; m=$$.\${20}
  by=$f.by
  ln -s "$m" "$by" && return
  w=$(readlink "$by") || { ln -s "$m" "$by"; return; }
  [ "$w" != "$m" ] || return 0
  if read -r q </proc/\${w%.*}/stat; then set -- \${q##*) }; [ "\${20}" != "\${w#*.}" ] || return 1; fi
  mkdir "$f.$w" || return 1
  q=$(readlink "$by") && [ "$q" = "$w" ] && rm -f -- "$by"
  rmdir "$f.$w"
  ln -s "$m" "$by"
} 2>/dev/null`

/** What a keeper says who has not got the lease: a number of seconds and the line of who has it, or why nobody can. */
const ANSWER = /^theirs \d{1,10}( .*)?$|^nobody .+$/

const oneLine = (text: string): string => text.replaceAll(/[\s\0]+/g, ' ')

/**
 * Acquires the lock, prints the outcome, and keeps the lock until its stdin ends. `own`: the process group of the
 * steps. The file's one line: until when it counts, the keeper, `own`, the ssh server's process, the run, who. The
 * holder before may remove the file between opening and locking it: the lock counts only if the line can be read back
 * by name.
 */
const keeperScript = ({ run, who }: LeaseRequest, mark: string, shell: number, place: string): string => `{
${mark}
export LC_ALL=C
umask 022; set -f
server=0
${place}
command -v timeout >/dev/null || { echo 'nobody it has no timeout'; exit 0; }
[ -r /proc/uptime ] || { echo 'nobody it has no /proc'; exit 0; }
${LOCKING}
now() { IFS=' .' read -r t x </proc/uptime; }
own=0
[ ! -r /proc/${shell}/stat ] || read -r x x x x own x </proc/${shell}/stat
line() { now; printf '%d %d %d %d %s\n' $((t+${SECONDS})) $$ "$own" "$server" ${quote(oneLine(`${run} ${who}`))}; }
gone() {
  n=$2
  while [ "$n" -gt 0 ] && kill -0 "-$1"; do sleep 0.1; n=$((n-1)); done
} 2>/dev/null
hangUp() { [ "$1" -le 1 ] || kill -s TERM "$1"; } 2>/dev/null
oust() {
  if [ "$3" -gt 1 ]; then
    kill -TERM "-$3"; gone "$3" ${GRACE_SECONDS * 10}; kill -KILL "-$3"
  fi
  hangUp "$4"
  kill -KILL "$2"
} 2>/dev/null
tries=0; ousted=
while :; do
  exec 9<>"$f" || exit 1
  lock
  case $? in
  0)
    m=$(line)
    printf '%s\n' "$m" >&9 || {
      [ -s "$f" ] || rm -f -- "$f"
      [ ! "$by" ] || rm -f -- "$by"
      echo "$f cannot be written to: the disk may be full" >&2
      exit 1
    }
    IFS= read -r l 2>/dev/null <"$f" && [ "$l" = "$m" ] && break;;
  1)
    l=; IFS= read -r l 2>/dev/null <"$f"; set -- \${l:-x}; now
    case $1$2$3$4 in
    ''|*[!0-9]*) ;;
    *)
      if [ "$t" -lt "$1" ]; then echo "theirs $(($1-t)) $l"; exit 0; fi
      [ "$ousted" = "$l" ] || { ousted=$l; oust "$@"; };;
    esac;;
  *) exit 1;;
  esac
  tries=$((tries+1))
  [ "$tries" -le 50 ] || { echo "theirs 0 $l"; exit 0; }
  sleep 0.1
done
trap 'rm -f -- "$f" \${by:+"$by"}' EXIT
trap 'exit 1' HUP INT TERM PIPE
echo mine
while :; do
  case $(timeout ${SILENT_SECONDS} dd bs=64 count=1 2>/dev/null; echo "$?") in
  0) break;;
  *give*) exit 0;;
  *0) line 1<>"$f";;
  *)
    hangUp "$server"
    [ "$server" -gt 1 ] || [ "$own" -le 1 ] || kill -TERM "-$own" 2>/dev/null
    exit 1;;
  esac
done
[ "$own" -le 1 ] || gone "$own" ${ENDED_SECONDS * 10}
exit 0
}
`

const holderOf = (words: string): LeaseHolder => {
  const [left = '', , , , , run = '', ...who] = words.split(' ')
  return { run, who: who.join(' '), secondsLeft: Number(left) }
}

const cannot = (name: string, why: string): Failure => ({
  reason: 'host-step',
  what: `${name} cannot be kept for this run alone: its lease cannot be written`,
  why,
  fix: /disk may be full/i.test(why)
    ? 'free some space there (`df -h /run`) and run again'
    : 'as root it is /run/runbook.lease, else ~/.runbook-HOSTNAME.lease: let the login write there',
})

const ended = (name: string): Failure => ({
  reason: 'host-lost',
  what: `${name} is no longer kept for this run`,
  why: 'its lease there was ended: by hand, or by another run after 30 s without a sign of this one',
  fix: 'run the same command again: it reads what is there and does what is missing',
})

const broke = (name: string, why: string): Failure => ({
  reason: 'host-lost',
  what: `the connection to ${name} broke while it was to be kept for this run`,
  why,
  fix: 'run the same command again',
})

const silent = (name: string, seconds: number): Failure => ({
  reason: 'host-lost',
  what: `${name} has not answered for ${seconds} seconds whether it may be kept for this run alone`,
  why: 'the program there that keeps it has begun and says nothing: the file system of its lease may hang',
  fix: 'as root it is /run/runbook.lease, else ~/.runbook-HOSTNAME.lease: see whether it can be read there, and run again',
})

/**
 * Asks for the lease of a host by a `KEEPER_PROGRAM` at the other end of the wire, which stays there.
 * `shell`: the process number of the shell that steps run in. `onEnd` is called when the lease ends
 * unasked. `refused` gives the failure of a program that did not start.
 *
 * @throws Refusal `host-step` when the lease cannot be written there, `host-lost` when the connection broke or no answer
 * came in `answerSeconds`, at most a minute; `host-protocol` when what came is none.
 */
export const acquireLease = async (
  name: string,
  wire: Wire,
  request: LeaseRequest,
  shell: number,
  onEnd: (failure: Failure) => void,
  refused: (said: string) => Failure | undefined = () => undefined,
  place = leasePlace('ssh'),
  answerSeconds = ANSWER_SECONDS,
): Promise<LeaseAnswer> => {
  const heard = pastGreeting(name, wire)
  const seconds = Math.min(ASK_SECONDS, answerSeconds)
  wire.stdin.on('error', () => {})
  wire.stdin.write(keeperScript(request, heard.mark, shell, place))
  const said = Promise.race([heard.line(() => true), wire.closed.then(() => undefined)])
  const answer = await heard.within(said, seconds, () => silent(name, seconds))
  if (answer === undefined) {
    const { status, why } = await wire.closed
    if (status === undefined && why !== undefined) throw new Refusal(broke(name, why))
    const words = heard.stderr()
    const notStarted = heard.begun() ? undefined : refused(words)
    throw new Refusal(notStarted ?? cannot(name, lastLine(words) || `its keeper ended with ${status ?? 'no status'}`))
  }
  const [is, ...words] = answer.split(' ')
  if (is !== 'mine') {
    wire.stdin.end()
    if (!ANSWER.test(answer)) {
      wire.cut()
      throw new Refusal(notAnAnswer(`what ${name} says is no answer to what was asked`, 'it was asked for its lease'))
    }
    return is === 'theirs' ? { is, holder: holderOf(words.join(' ')) } : { is: 'nobody', why: words.join(' ') }
  }
  let given = false
  const beat = setInterval(() => wire.stdin.write('\n'), BEAT_MS)
  beat.unref()
  wire.closed.then(() => {
    clearInterval(beat)
    if (!given) onEnd(ended(name))
  })
  heard.broken.catch((error: Refusal) => {
    clearInterval(beat)
    onEnd(error.failures[0]!)
  })
  return {
    is: 'mine',
    give: async () => {
      given = true
      clearInterval(beat)
      wire.stdin.end('give\n')
      const late = Promise.withResolvers<void>()
      const timer = setTimeout(late.resolve, GIVE_MS)
      await Promise.race([wire.closed, late.promise])
      clearTimeout(timer)
    },
  }
}
