import type { DiagnosisRule } from '../../builtin/lib/diagnosis-rule.ts'

const badKey: [RegExp, string][] = [
  [/^(unexpected )?EOF/, 'is empty or cut short'],
  [/^expected file header/, 'does not begin with /key/swarm/psk/1.0.0/ (a byte order mark, or another file)'],
  [/^unknown encoding/, 'names no encoding in its second line'],
  [/^encoding\/hex/, 'holds something else than 64 hex digits in its third line'],
]
const wrongKey = (text: string): string => badKey.find(([says]) => says.test(text))?.[1] ?? `cannot be read: ${text}`

/** Commands that set a member of the config and start the daemon with it: as its user, in its repo. */
const set = (member: string, value: string): string =>
  `\`{ipfs} config --json ${member} ${value}\`, then \`systemctl restart {unit}\``

const shared =
  'share the key with swarm_key before the start: `runbook apply PLAYBOOK`, with the playbook that has swarm_key, puts back the one that another host holds'

/** What kubo says when it does not start, or cannot do what it is asked. Texts of 0.42 to 0.44, measured. */
export const kuboRules: DiagnosisRule[] = [
  {
    says: /no connection with (\S+) at port (\d+) \(\w+\):.*connection refused/,
    means: (address, port) => ({
      cause: `nothing listens at ${address}, port ${port}, and from there nobody gets through to this host either`,
      fix: `on that host, \`systemctl status ipfs\` and \`ss -ltn\` show whether kubo runs and where it listens`,
    }),
  },
  {
    says: /no connection with (\S+) at port (\d+) \(\w+\):.*(?:i\/o timeout|deadline exceeded|no route to host|unreachable)/,
    means: (address, port) => ({
      cause: `this host and ${address} do not reach each other: both have dialled, and nothing came back (TCP port ${port})`,
      fix: `let TCP port ${port} through between the two, one direction is enough: firewalls on both hosts, and between them`,
    }),
  },
  {
    says: /AutoConf cannot use the default mainnet URL/,
    means: () => ({
      cause: 'kubo does not start: AutoConf is on, and a private network has no public settings to fetch',
      fix: `set AutoConf.Enabled to false: ${set('AutoConf.Enabled', 'false')}`,
    }),
  },
  {
    says: /no usable bootstrap peers: AutoConf is disabled/,
    means: () => ({
      cause: 'kubo does not start: AutoConf is off, but Bootstrap still holds its placeholder `auto`',
      fix: `set Bootstrap to [], or to the addresses of your own nodes: ${set('Bootstrap', "'[]'")}`,
    }),
  },
  {
    says: /^Error: constructing the node.*privnet: private network was not configured but is enforced/,
    means: () => ({
      cause: 'kubo does not start: there is no swarm.key in its repo, and LIBP2P_FORCE_PNET=1 demands one',
      fix: `${shared}. IPFS_PATH of the unit has to be the folder it is in: \`systemctl cat {unit}\``,
    }),
  },
  {
    says: /failed to configure private network: (.*)/,
    means: (text = '') => ({
      cause: `kubo does not start: its swarm.key ${wrongKey(text)}`,
      fix: `${shared}; where none does, restore the file from a backup`,
    }),
  },
  {
    says: /open (\S+): permission denied/,
    means: path => ({
      cause: `it may not read ${path}`,
      fix: `give it to the user it runs as (a command run as root leaves such files): \`chown {user}: ${path}\`, then \`systemctl restart {unit}\`; \`ls -ln ${path}\` shows whose it is`,
    }),
  },
  {
    says: /serveHTTP(Api|Gateway): manet\.Listen.*listen tcp\S* (\S+):(\d+): bind: cannot assign requested address/,
    means: (which, address, port) => ({
      cause: `its listener is to be ${address}:${port}, but ${address} is not an address of this host`,
      fix: `keep it on this host: ${set(which === 'Api' ? 'Addresses.API' : 'Addresses.Gateway', `'"/ip4/127.0.0.1/tcp/${port}"'`)}; \`ip -brief address\` shows those it has: a public address often belongs to a router in front`,
    }),
  },
  {
    says: /listen tcp\S* (\S+):(\d+): bind: cannot assign requested address/,
    means: (address, port) => ({
      cause: `its listener is to be ${address}:${port}, but ${address} is not an address of this host`,
      fix: 'use 127.0.0.1, 0.0.0.0 or one that `ip -brief address` shows: a public address often belongs to a router in front',
    }),
  },
  {
    says: /listen tcp\S* (\S+):(\d+): bind: address already in use/,
    means: (address, port) => ({
      cause: `its listener is to be ${address}:${port}, where something else listens already`,
      fix: `\`ss -ltnp 'sport = :${port}'\` names it with its pid; \`kill PID\` ends it, then \`systemctl restart {unit}\`; or choose another port`,
    }),
  },
  {
    says: /invalid (\w+) address: "([^"]*)"/,
    means: (which, text) => ({
      cause: `kubo does not start: Addresses.${which === 'gateway' ? 'Gateway' : which} is ${text}, which is no address`,
      fix: 'write it like /ip4/127.0.0.1/tcp/5001',
    }),
  },
  {
    says: /^Error: constructing the node.*failed to parse multiaddr "([^"]*)"/,
    means: text => ({
      cause: `kubo does not start: ${text} is no address, and stands in Bootstrap or in Addresses`,
      fix: 'write it like /ip4/192.168.1.10/tcp/4001/p2p/ID, or take it out',
    }),
  },
  {
    says: /failed to listen on any addresses: \[no transport for protocol\]/,
    means: () => ({
      cause: 'kubo does not start: Addresses.Swarm has no TCP address, and a private network runs over TCP alone',
      fix: `add one to Addresses.Swarm: ${set('Addresses.Swarm', `'["/ip4/0.0.0.0/tcp/4001"]'`)}`,
    }),
  },
  {
    says: /does not work with (AutoTLS\.Enabled=true|Routing\.Type=auto)/,
    means: what => ({
      cause: `kubo does not start: a private network does not go with ${what === 'AutoTLS.Enabled=true' ? what : 'Routing.Type autoclient'}`,
      fix:
        what === 'AutoTLS.Enabled=true'
          ? `set AutoTLS.Enabled to false: ${set('AutoTLS.Enabled', 'false')}`
          : `set Routing.Type to dht: ${set('Routing.Type', `'"dht"'`)}`,
    }),
  },
  {
    says: /transport does not support private networks, please disable (\S+)/,
    means: member => ({
      cause: `kubo does not start: ${member} is true, and this transport cannot be encrypted with a swarm key`,
      fix: `set ${member} to false: ${set(member, 'false')}`,
    }),
  },
  {
    says: /[Dd]eprecated configuration detected\. Manually migrate '(\w+)' fields to 'Provide'/,
    means: member => ({
      cause: `kubo does not start: its config has values in ${member}, which kubo 0.38 has replaced by Provide`,
      fix: `\`{ipfs} config ${member}\` shows them; those that are to stay are set anew (Reprovider.Strategy is Provide.Strategy, Reprovider.Interval is Provide.DHT.Interval), and the old ones emptied: ${set(member, "'{}'")}`,
    }),
  },
  {
    says: /datastore configuration of .* does not match what is on disk/,
    means: () => ({
      cause: 'kubo does not start: Datastore.Spec was changed after the repo was made',
      fix: 'put it back as the file datastore_spec in the repo has it: only a new repo can have another',
    }),
  },
  {
    says: /Your programs version \((\d+)\) is lower than your repos \((\d+)\)/,
    means: (program, repo) => ({
      cause: `kubo does not start: it is older than its repo, which has version ${repo} where this kubo knows ${program}`,
      fix: `install the newer kubo again (kubo_version), or let that one take the repo back: \`{ipfs} repo migrate --to=${program} --allow-downgrade\``,
    }),
  },
  {
    says: /fs-repo requires migration/,
    means: () => ({
      cause: 'kubo does not start: its repo is of an older version',
      fix: 'start it with --migrate, as the unit of the playbook does; by hand: `{ipfs} repo migrate`, then `systemctl restart {unit}`',
    }),
  },
  {
    says: /lock (\S+\/repo\.lock): someone else has the lock/,
    means: lock => ({
      cause: `another kubo works in the same repo: it holds ${lock}`,
      fix: '`ps -C ipfs -o pid,user,args` shows the other one: end it; never remove the lock',
    }),
  },
  {
    says: /no IPFS repo found in (\S+?)\.?$/,
    means: path => ({
      cause: `there is no repo in ${path}`,
      fix: 'run ipfs_init before, and check that IPFS_PATH of the unit is its folder',
    }),
  },
  {
    says: /error loading plugins: (unexpected EOF|invalid character.*)/,
    means: text => ({
      cause: `kubo does not start: its config is no JSON (${text})`,
      fix: 'restore the file from a backup: the identity is in it',
    }),
  },
  {
    says: /ipfs configuration file already exists/,
    means: () => ({
      cause: 'there is a repo already',
      fix: 'leave it: it holds the identity. Another path is a new node',
    }),
  },
  {
    says: /Kubo RPC Access Denied/,
    means: () => ({
      cause:
        'kubo asks for a token: API.Authorizations is set, and neither ipfs-cluster nor this playbook has one to give',
      fix: 'take API.Authorizations out of the config, restart kubo, and keep its API on 127.0.0.1',
    }),
  },
  {
    says: /(?:gater disallows connection to peer|no good addresses)/,
    means: () => ({
      cause:
        "kubo does not dial the other node's address. Likely: its own Swarm.AddrFilters forbid it (the profile `server` filters private ranges)",
      fix: `\`{ipfs} config Swarm.AddrFilters\` shows them; without any: ${set('Swarm.AddrFilters', "'[]'")}`,
    }),
  },
  {
    says: /failed to find migration|fs-repo-migrations.*(?:no such host|timeout|refused)/,
    means: () => ({
      cause: 'kubo has to bring its repo to a new version and cannot load the program for that',
      fix: 'go by kubo 0.36 first, or put the fs-repo-migrations where IPFS_DIST_PATH points to',
    }),
  },
]
