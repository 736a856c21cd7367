import { quote, unitName } from '../../../src/module/module.ts'
import { unitExamination } from '../../builtin/lib/unit-examination.ts'

/** Where a peer is to be reached: as the inventory has it, and its port. */
export type DialTarget = { address: string; port: number }

/** What tries one place, `$1` and `$2`: with what is on a host. Its last line is why it failed. */
const trying = `has() { command -v "$1" >/dev/null 2>&1; }
try() {
  if has bash; then timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2"
  elif has perl; then timeout 3 perl -MIO::Socket::IP -e 'IO::Socket::IP->new(PeerHost => $ARGV[0], PeerPort => $ARGV[1]) or die "$@\\n"' "$1" "$2"
  elif has nc; then timeout 3 nc -z "$1" "$2"
  else return 9; fi
}
check() {
  place=$1:$2; case $1 in *:*) place="[$1]:$2" ;; esac
  getent ahosts "$1" >/dev/null || { echo "measured: $1: no such host here (getent ahosts $1)"; return; }
  said=$(LC_ALL=C try "$1" "$2" 2>&1); got=$?
  case $got/$said in
    0/*) echo "measured: $place takes connections from here" ;;
    124/* | *'timed out'*) echo "measured: $place does not answer from here: no connection in 3 s" ;;
    *refused*) echo "measured: $place refuses connections from here: nothing listens there" ;;
    9/*) echo "measured: $place was not tried: this host has neither bash, perl nor nc" ;;
    *) echo "measured: $place cannot be reached from here: $(printf %s "$said" | tail -n 1)" ;;
  esac
}`

/**
 * A command that tries connections from this host to others, all side by side, and says of each in a line `measured: …`
 * what came of it: no such host, nothing that listens, no answer, or that it takes connections. Then what is measured of
 * this host's own unit.
 */
export const dialCheck = (targets: DialTarget[], unit: string): string[] => [
  'sh',
  '-c',
  `${trying}
${targets.map(({ address, port }) => `check ${quote(address)} ${port} &`).join('\n')}
wait
${unitExamination}`,
  'sh',
  unitName(unit),
]
