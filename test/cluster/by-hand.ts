import type { Rig } from './rig.ts'

// The guide that this project began with, typed by hand: as root, in root's home, daemons by nohup. What it leaves is what
// `playbooks/adopt.yml` takes over.

/** Who the daemons run as, where their folders are, and what starts them. */
export type Hand = {
  user: string
  /** The folders, as IPFS_PATH and IPFS_CLUSTER_PATH would have them. */
  repo: string
  cluster: string
  /** The names of units that start them; undefined: nohup, from a shell. */
  units?: { kubo: string; cluster: string }
}

export const asRoot: Hand = { user: 'root', repo: '/root/.ipfs', cluster: '/root/.ipfs-cluster' }
export const asAda: Hand = {
  user: 'ada',
  repo: '/home/ada/.ipfs',
  cluster: '/home/ada/.ipfs-cluster',
  units: { kubo: 'ipfs.service', cluster: 'ipfs-cluster.service' },
}

const programs = ['ipfs', 'ipfs-cluster-service', 'ipfs-cluster-ctl']

/** Copies the programs to /usr/local/bin, as `sudo mv` of what was unpacked does. */
const copyPrograms = async (lab: Rig, node: string, from: string): Promise<void> => {
  for (const name of programs) {
    const { ansible_host: host, ansible_ssh_private_key_file: key, ansible_ssh_common_args: more } = lab.hosts[node]!
    const ssh = `ssh -F none -i ${key} ${more} -o BatchMode=yes -o LogLevel=ERROR root@${host}`
    await lab.must(
      'sh',
      '-c',
      `${ssh} 'cat >/usr/local/bin/${name} && chmod 755 /usr/local/bin/${name}' <${from}/${name}`,
    )
  }
}

const homeOf = (user: string): string => (user === 'root' ? '/root' : `/home/${user}`)

/** A shell command of the account, in its home and with nothing else set. */
const as = (user: string, command: string): string =>
  user === 'root'
    ? `cd && env -i HOME=/root PATH="$PATH" sh -c '${command}'`
    : `cd ${homeOf(user)} && setpriv --reuid=${user} --regid=${user} --init-groups env -i HOME=${homeOf(user)} PATH="$PATH" sh -c '${command}'`

const unitText = (user: string, command: string, environment: string): string => `[Unit]
Description=typed by hand
[Service]
User=${user}
${environment}ExecStart=${command}
Restart=on-failure
[Install]
WantedBy=multi-user.target
`

const startWith = async (
  lab: Rig,
  node: string,
  hand: Hand,
  program: 'kubo' | 'cluster',
  words: string[],
  environment: Record<string, string>,
): Promise<void> => {
  const set = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  const unit = hand.units?.[program]
  if (unit === undefined) {
    const log = `/var/log/${program}.log`
    await lab.ssh(
      node,
      `touch ${log}; chown ${hand.user} ${log}; ${as(hand.user, `${set.join(' ')} nohup ${words.join(' ')} </dev/null >${log} 2>&1 &`)}`,
    )
    return
  }
  const text = unitText(hand.user, `/usr/local/bin/${words.join(' ')}`, set.map(one => `Environment=${one}\n`).join(''))
  await lab.ssh(
    node,
    `printf %s '${text}' >/etc/systemd/system/${unit} && systemctl daemon-reload && systemctl enable -q --now ${unit}`,
  )
}

/** A random value of 32 bytes as hex digits. */
const digits = (lab: Rig): Promise<string> => lab.must('sh', '-c', `od -An -v -tx1 -N32 /dev/urandom | tr -d ' \\n'`)

export type Typed = { key: string; secret: string; ids: Record<string, { kubo: string; cluster: string }> }

/** Starts kubo, waits for its API, then the cluster peer. */
export const startByHand = async (lab: Rig, node: string, hand: Hand, typed: Typed, first: string): Promise<void> => {
  const isDefault = hand.repo.endsWith('/.ipfs')
  const repo: Record<string, string> = isDefault ? {} : { IPFS_PATH: hand.repo }
  await startWith(lab, node, hand, 'kubo', ['ipfs', 'daemon'], { ...repo, LIBP2P_FORCE_PNET: '1' })
  await lab.until(
    `kubo on ${node}`,
    30,
    async () => (await lab.ssh(node, `[ -e ${hand.repo}/api ] && echo up; :`)) === 'up',
  )
  const at = `/ip4/${lab.hosts[first]!.ansible_host}/tcp/9096/p2p/${typed.ids[first]!.cluster}`
  const joins = node === first ? [] : ['--bootstrap', at]
  const folder: Record<string, string> = hand.cluster.endsWith('/.ipfs-cluster')
    ? {}
    : { IPFS_CLUSTER_PATH: hand.cluster }
  await startWith(lab, node, hand, 'cluster', ['ipfs-cluster-service', 'daemon', ...joins], {
    ...folder,
    CLUSTER_SECRET: typed.secret,
  })
}

const prepare = async (lab: Rig, node: string, hand: Hand, secret: string, key: string, consensus: string) => {
  if (hand.user !== 'root')
    await lab.ssh(node, `id ${hand.user} >/dev/null 2>&1 || useradd -m -s /bin/bash ${hand.user}`)
  const text = `/key/swarm/psk/1.0.0/\n/base16/\n${key}\n`
  const set = `IPFS_PATH=${hand.repo} IPFS_CLUSTER_PATH=${hand.cluster}`
  const run = (command: string) => lab.ssh(node, as(hand.user, `export ${set}; ${command}`))
  await run('ipfs init >/dev/null && ipfs bootstrap rm --all >/dev/null && ipfs config --json AutoConf.Enabled false')
  await lab.ssh(node, `printf '${text}' >${hand.repo}/swarm.key && chown ${hand.user}: ${hand.repo}/swarm.key`)
  // As in the guide: the secret is exported, and `init` writes what is exported.
  const rc = `${homeOf(hand.user)}/.bashrc`
  await lab.ssh(node, `echo 'export LIBP2P_FORCE_PNET=1\nexport CLUSTER_SECRET=${secret}' >>${rc}`)
  await run(`CLUSTER_SECRET=${secret} ipfs-cluster-service init --consensus ${consensus} >/dev/null`)
  const id = (file: string, member: string) =>
    lab.ssh(node, `sed -n 's/^ *"${member}": *"\\([^"]*\\)".*/\\1/p' ${file} | head -n 1`)
  return { kubo: await id(`${hand.repo}/config`, 'PeerID'), cluster: await id(`${hand.cluster}/identity.json`, 'id') }
}

/** Types the guide on hosts of the lab: keys shared by hand, everybody bootstraps to the first. */
export const typeGuide = async (
  lab: Rig,
  { nodes = lab.nodes, hand = asRoot, from = `${lab.standin}/bin`, consensus = 'crdt' } = {},
): Promise<Typed> => {
  const [key, secret] = [await digits(lab), await digits(lab)]
  const first = nodes[0]!
  const typed: Typed = { key, secret, ids: {} }
  for (const node of nodes) {
    await copyPrograms(lab, node, from)
    typed.ids[node] = await prepare(lab, node, hand, secret, key, consensus)
  }
  const start = `/ip4/${lab.hosts[first]!.ansible_host}/tcp/4001/p2p/${typed.ids[first]!.kubo}`
  for (const node of nodes)
    await lab.ssh(node, as(hand.user, `export IPFS_PATH=${hand.repo}; ipfs bootstrap add ${start} >/dev/null`))
  for (const node of nodes) await startByHand(lab, node, hand, typed, first)
  await lab.until('all cluster peers', 60, async () => {
    const listed = await lab.ssh(first, 'ipfs-cluster-ctl --enc=json peers ls 2>/dev/null | grep -c "^    \\"id\\""; :')
    return Number(listed) === nodes.length
  })
  return typed
}

/** Adds so many files by the cluster; their CIDs, once each is pinned on all hosts. */
export const pinFiles = async (lab: Rig, node: string, count: number): Promise<string[]> => {
  const add = `for n in $(seq ${count}); do head -c 2000 /dev/urandom >/tmp/pin.$n; ipfs-cluster-ctl add -Q /tmp/pin.$n; done`
  const cids = (await lab.ssh(node, add)).split('\n').filter(Boolean)
  if (cids.length !== count) throw new Error(`${cids.length} of ${count} were added`)
  return cids
}
