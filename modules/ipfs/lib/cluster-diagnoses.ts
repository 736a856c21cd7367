import type { DiagnosisRule } from '../../builtin/lib/diagnosis-rule.ts'

/** What ipfs-cluster says when it does not start or does not find the others. Texts of 1.1.6, measured. */
export const clusterRules: DiagnosisRule[] = [
  {
    says: /(\S+) was started before (\S+) last changed/,
    means: (unit, file) => ({
      cause: `${unit} runs with an older ${file}: what was changed in it since, its secret perhaps, is not in use`,
      fix: `systemctl restart ${unit}`,
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
      cause: `${at} does not speak the same language: 4001 is the port of kubo, or the swarm keys differ`,
      fix: 'between cluster peers use port 9096; between kubos compare the digests of swarm.key',
    }),
  },
  {
    says: /\[(\/\S+)\] failed to negotiate security protocol: .*(?:connection reset by peer|message was too large|trailing newline|EOF)/,
    means: at => ({
      cause: `${at} hangs up at once: it has another key, or is another program`,
      fix: 'compare the digests of swarm.key (kubo) or of cluster.secret in service.json on both hosts, and the port',
    }),
  },
  {
    says: /bootstrap to (\S+) failed: failed to dial: context deadline exceeded/,
    means: at => ({
      cause: `${at} was reached and did not answer: most often its cluster secret is another one`,
      fix: 'compare the digests of cluster.secret in service.json, and restart the peer that was started before it was changed',
    }),
  },
  {
    // Above the rules for dials: that one member cannot be dialled does not keep a daemon from starting.
    says: /consensus start timed out|failed to make requestVote RPC|(?:timed out|error) waiting for leader/,
    means: () => ({
      cause: 'raft has no leader: not more than half of its members can be reached, or this one was taken out',
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
      cause: `another ipfs-cluster works in the same folder, or its user may not write there: ${lock}`,
      fix: 'end the other one (`ps -C ipfs-cluster-service -o pid,user,args`), and check who owns the folder',
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
    says: /(not in the list of cluster peers: .*)\. The usual causes/,
    means: missing => ({
      cause: missing,
      fix: 'compare the digests of cluster.secret on both hosts, restart a peer that was started before its own was changed, and see that the port is open',
    }),
  },
]
