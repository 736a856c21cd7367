import { exec, program, type Query, type Step } from '../../../src/module/module.ts'
import { type ApiRefusal, apiQuestion, apiStep, type ClusterApi, listedPeers, readListed } from './cluster-api.ts'
import { printedJson } from './printed-json.ts'

type RaftDaemon = ClusterApi & { unit: string }

/**
 * The file that is there while runbook runs a daemon beside the unit. It says `begun PID`, then `member PID` once the
 * daemon is one.
 */
export const markFile = (path: string): string => `${path}/.runbook-raft`

/**
 * The members that a running daemon lists, each with why it does not answer; empty where no daemon answers, with what its
 * API says in place of that.
 */
export const raftMembers = (at: RaftDaemon): Query<{ errors: Record<string, string>; refusal?: ApiRefusal }> =>
  program({
    key: `live:${at.unit}#members`,
    sh: listedPeers(at),
    looks: [`live:${at.unit}#members`],
    parse: ({ stdout }) => {
      const { peers, refusal } = readListed(stdout)
      return { errors: Object.fromEntries(peers.map(({ id, error }) => [id, error])), ...(refusal ? { refusal } : {}) }
    },
    subject: 'members of the raft cluster',
  })

/** Where the members are, as the running daemon knows it: also of those that are gone. */
export const memberAddresses = (at: RaftDaemon): Query<{ all: string[] }> =>
  program({
    key: `live:${at.unit}#addresses`,
    sh: apiQuestion(at, { words: ['id'], method: 'GET', at: '/id', seconds: 18 }),
    looks: [`live:${at.unit}#addresses`],
    parse: ({ stdout }) => {
      const all = printedJson(stdout)?.cluster_peers_addresses
      return { all: Array.isArray(all) ? all.map(String) : [] }
    },
    subject: 'addresses of the raft cluster',
  })

/** Takes a member out of the list of voters. With a quorum it takes a moment, and a second time it does nothing. */
export const removeMember = (at: RaftDaemon, id: string): Step =>
  apiStep(at, { words: ['peers', 'rm', id], method: 'DELETE', at: `/peers/${id}`, seconds: 18 })

/** Ends the daemon of an earlier run that was cut, unless its number belongs to another process by now. */
const old = (signal: 'INT' | 'KILL'): string =>
  `read -r was pid <"$mark" && grep -qs ipfs-cluster-service "/proc/$pid/cmdline" && kill -s ${signal} -- "${signal === 'KILL' ? '-' : ''}$pid"`

/**
 * Runs the daemon beside the unit until it is ready, and lets it run on. The real program neither exits nor stops
 * when its start fails (it hangs with its lock after 20 s), so everything here has an end: a failed bootstrap is seen
 * in the log, killed with its process group and tried again, and after half a minute its last words are told. What a cut
 * join has left was never a member's and goes; state of one that was taken out is for the program, which keeps a backup.
 * A daemon that nobody comes back to is ended by `timeout`.
 */
const raising = `cd -- "$2" || exit 1
program=$1 word=$3 mark=.runbook-raft log=.runbook-raft.log to=
[ "$word" = join ] && { read -r to; word=begun; }
note() { printf '%s\\n' "$*" >"$mark.new" && mv -f -- "$mark.new" "$mark"; }
if [ -e "$mark" ]; then
  ${old('KILL')} && sleep 0.2
  [ "$was" != begun ] || rm -rf raft
fi
set -- daemon; [ -z "$to" ] || set -- daemon --bootstrap "$to"
left=250 pid=
while [ "$left" -gt 0 ]; do
  if [ -z "$pid" ]; then
    note "$word"
    setsid timeout --foreground -s INT -k 15 600 "$program" --config "$PWD" "$@" </dev/null >"$log" 2>&1 &
    pid=$!
    note "$word $pid"
  fi
  if grep -q 'IPFS Cluster is READY' "$log"; then note "member $pid"; exit; fi
  if ! kill -0 "$pid" 2>/dev/null || grep -Eq 'bootstrap to .* failed|start timed out' "$log"; then
    kill -s KILL -- "-$pid" 2>/dev/null
    pid=
    sleep 1; left=$((left - 10))
  fi
  sleep 0.1; left=$((left - 1))
done
[ -z "$pid" ] || kill -s KILL -- "-$pid"
# A member stays one, and its unit may start.
[ "$word" = begun ] || rm -f -- "$mark"
{ grep -E 'ERROR|WARN|rror' "$log" || cat "$log"; } | tail -n 6 >&2
exit 1`

/** Ends the daemon that was raised: cleanly, or after 15 s by force, for it may hang. */
const resting = `cd -- "$1" || exit 1
mark=.runbook-raft left=150
if ${old('INT')}; then
  while [ "$left" -gt -50 ] && kill -0 "$pid" 2>/dev/null; do
    [ "$left" -gt 0 ] || kill -s KILL -- "-$pid"
    sleep 0.1; left=$((left - 1))
  done
fi
rm -f -- "$mark.log" "$mark"`

const asDaemon = (at: RaftDaemon, script: string, words: string[], stdin?: { from: string; before: string }): Step =>
  exec(['sh', '-c', script, 'sh', ...words], {
    user: at.user,
    env: { HOME: at.path, IPFS_CLUSTER_PATH: at.path },
    ...(stdin ? { stdin: { ...stdin, after: '\n' } } : {}),
  })

/** What is raised: a member as it is, a new cluster of one, or a host that joins the one whose id is in memory. */
export const startBeside = (at: RaftDaemon, as: 'member' | 'begun'): Step =>
  asDaemon(at, raising, [`${at.bin_dir}/ipfs-cluster-service`, at.path, as])
export const joinBeside = (at: RaftDaemon, name: string, before: string): Step =>
  asDaemon(at, raising, [`${at.bin_dir}/ipfs-cluster-service`, at.path, 'join'], { from: name, before })
export const stopBeside = (at: RaftDaemon): Step => asDaemon(at, resting, [at.path])

/** A cluster peer's id, for who joins it. */
export const fetchPeerId = (path: string, name: string): Step => ({
  do: 'fetch',
  name,
  argv: ['sed', '-n', 's/^ *"id": *"\\([^"]*\\)".*/\\1/p', `${path}/identity.json`],
})
