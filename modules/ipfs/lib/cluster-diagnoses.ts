import type { DiagnosisRule } from '../../builtin/lib/diagnosis-rule.ts'
import { secretDigestCommand } from './cluster.ts'

/** What tells on a host which secret ipfs-cluster has there. */
const secretDigest = `\`${secretDigestCommand('{folder}/service.json')}\``

/** What ipfs-cluster says when it does not start or does not find the others. Texts of 1.1.6, measured. */
export const clusterRules: DiagnosisRule[] = [
  {
    says: /(\S+) was started before (\S+) last changed/,
    means: (unit, file) => ({
      cause: `${unit} runs with an older ${file}: what was changed in it since, its secret perhaps, is not in use`,
      fix: `\`systemctl restart ${unit}\``,
    }),
  },
  // What was measured from this host comes before what its log may mean.
  {
    says: /^measured: (\S+): no such host here/,
    means: name => ({
      cause: `${name} has no address on this host: no such host`,
      fix: `give an address or a name that every host knows (\`getent ahosts ${name}\` shows what one makes of it): the variable address of that host in the inventory, or a line in /etc/hosts here`,
    }),
  },
  {
    says: /^measured: (\S+) refuses connections from here/,
    means: at => ({
      cause: `nothing listens at ${at}: that host was reached, and refuses`,
      fix: 'there, `systemctl restart ipfs-cluster` starts the daemon and `ss -ltnp` shows where it listens',
    }),
  },
  {
    says: /^measured: (\S+) (?:does not answer from here|cannot be reached from here: (.*))/,
    means: (at, why) => ({
      cause: `${at} does not answer this host${why === '' ? ': what is sent there is dropped' : ` (${why})`}`,
      fix: `let TCP through to it, on that host and on the way; \`ss -ltn\` there shows whether it listens`,
    }),
  },
  {
    says: /\[([^\]]+)\] failed to negotiate security protocol: peer id mismatch: expected (\w+), but remote key matches (\w+)/,
    means: (at, wrong, right) => ({
      cause: `${wrong} is not the id of the peer at ${at}: that is ${right}`,
      fix: `use ${right} there. A cluster peer has an id of its own (identity.json, output of cluster_init); kubo's is another`,
    }),
  },
  {
    says: /(\/\S+\/tcp\/4001)(?:\/p2p\/\w+ failed: failed to dial: context deadline exceeded|\] failed to negotiate security protocol)/,
    means: at => ({
      cause: `${at} was reached and does not speak the same language. Likely: it is kubo's port in the place of the cluster's; between kubos, another swarm.key`,
      fix: 'between cluster peers use port 9096; between kubos `sha256sum {repo}/swarm.key` tells on both hosts',
    }),
  },
  {
    says: /\[(\/\S+)\] failed to negotiate security protocol: .*(?:connection reset by peer|message was too large|trailing newline|EOF)/,
    means: at => ({
      cause: `${at} was reached and hangs up at once. Likely: it has another key, or is another program`,
      fix: `on both hosts ${secretDigest} tells of ipfs-cluster, \`sha256sum {repo}/swarm.key\` of kubo, and \`ss -ltnp\` which program has the port`,
    }),
  },
  {
    says: /bootstrap to (\S+) failed: failed to dial: context deadline exceeded/,
    means: at => ({
      cause: `${at} was reached and did not answer in 3 s. Likely: its cluster secret is another one`,
      fix: `on both hosts ${secretDigest} tells; a peer that was started before its own was changed is restarted: \`systemctl restart ipfs-cluster\``,
    }),
  },
  {
    // Above the rules for dials: that one member cannot be dialled does not keep a daemon from starting.
    says: /consensus start timed out|failed to make requestVote RPC|(?:timed out|error) waiting for leader/,
    means: () => ({
      cause: 'raft has no leader. Likely: not more than half of its members are up, or this one was taken out',
      fix: 'start the others: it goes on by itself when more than half are up. One that was taken out joins again by cluster_raft',
    }),
  },
  {
    says: /\[(\/\S+)\] dial tcp\S* (\S+): connect: connection refused/,
    means: at => ({
      cause: `nothing listens at ${at}`,
      fix: 'start the daemon there, or mend the port',
    }),
  },
  {
    says: /privnet: private network was not configured but is enforced by the environment/,
    means: () => ({
      cause: 'there is no key for the private network, and LIBP2P_FORCE_PNET=1 demands one',
      fix: 'share the cluster secret with cluster_secret before the start (kubo: the swarm key, with swarm_key)',
    }),
  },
  {
    says: /error loading cluster secret from config: (.*)/,
    means: text => ({
      cause: `ipfs-cluster does not start: its secret is not 64 hex digits (${text})`,
      fix: 'put the right one into cluster.secret of service.json, or blank it and run cluster_secret again',
    }),
  },
  {
    says: /open (\S+\/service\.json): no such file or directory/,
    means: file => ({ cause: `there is no ${file}`, fix: 'run cluster_init before the start' }),
  },
  {
    says: /identity ID does not match the private_key/,
    means: () => ({
      cause: 'ipfs-cluster does not start: the id in identity.json is not that of the key beside it',
      fix: 'restore identity.json from a backup of this host',
    }),
  },
  {
    says: /lock (\S+\/cluster\.lock): someone else has the lock/,
    means: lock => ({
      cause: `ipfs-cluster does not get its lock: ${lock}. Likely: another one works in the same folder, or its user may not write there`,
      fix: `\`ps -C ipfs-cluster-service -o pid,user,args\` shows another one, \`ls -ld ${lock.replace(/\/[^/]*$/, '')}\` whose the folder is`,
    }),
  },
  {
    says: /ipfs does not seem to be available after (\d+) retries/,
    means: () => ({
      cause: 'ipfs-cluster waits for kubo, which does not answer it',
      fix: 'start kubo, and make ipfs_connector.ipfshttp.node_multiaddress its API address; API.Authorizations must not be set',
    }),
  },
  {
    says: /(not in the list of cluster peers: .*)/,
    means: missing => ({
      cause: missing,
      fix: `see what ipfs-cluster says there: \`journalctl -u ipfs-cluster -n 30\`. Likely, where its port takes connections: another cluster secret, which this tells on both hosts: ${secretDigest}`,
    }),
  },
]
