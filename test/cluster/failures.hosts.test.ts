import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needApplied, needNothingToDo } from './network.ts'
import { paste } from './pasted.ts'
import { failures } from './reading.ts'
import { onLab, playbook, type Told, tell } from './rig.ts'

// What people get wrong, one by one: broken by hand, told by its cause, mended, and fine again.

const { lab, check } = onLab('failures')
const repo = '/var/lib/ipfs'
const key = `${repo}/swarm.key`
const kubo = `runuser -u ipfs -- env IPFS_PATH=${repo} HOME=${repo} ipfs`
/** Listens where it should not, until it is ended by the pid that it leaves. */
const squat = (at: string): string =>
  `setsid perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(Listen => 1, LocalAddr => "${at}", ReuseAddr => 1) or die; sleep 60' >/dev/null 2>&1 & echo $! >/root/squatter; until ss -ltn | grep -q ${at}; do :; done`
const leave = 'kill $(cat /root/squatter) 2>/dev/null; rm -f /root/squatter'

/** Asserts that a run told a failure in these words, with something to do about it. */
const needTold = (told: Told, words: string[]): void => {
  const said = failures(told).join('\n')
  assert.is(told.code, 1, said)
  for (const word of words) assert.ok(said.includes(word), `"${word}" in:\n${said}`)
  for (const failure of told.summary.failures) assert.ok(failure.fix, `no fix for: ${failure.what}`)
}

/** How a host is broken and mended, and words of what is told of it. */
type Fault = [what: string, breaks: string, mends: string, ...words: string[]]

const backup = `cp -p ${repo}/config ${key} ${repo}/version /root`
const restore = `cp -p /root/config /root/version ${repo}; rm -f ${key}; cp -p /root/swarm.key ${repo}`
const set = (member: string, value: string): string => `${kubo} config --json ${member} '${value}'`

/** Kubo dies of these at its start. They stand in the files that it reads, behind the back of the playbook. */
const KUBO: Fault[] = [
  ['P2: AutoConf is on', set('AutoConf.Enabled', 'true'), restore, 'AutoConf is on'],
  ['P2: a placeholder in Bootstrap', set('Bootstrap', '["auto"]'), restore, 'placeholder `auto`'],
  ['P2: no swarm key', `rm -f ${key}`, restore, 'there is no swarm.key'],
  ['P2: an empty swarm key', `: >${key}`, restore, 'swarm.key is empty'],
  ['P2: a swarm key with a byte order mark', `sed -i '1s/^/\\xEF\\xBB\\xBF/' ${key}`, restore, 'byte order mark'],
  ['P2: half a swarm key', `sed -i '3s/..$/zz/' ${key}`, restore, '64 hex digits'],
  ['P2: a swarm key for root alone', `chown root: ${key}`, restore, `may not read ${key}`],
  [
    'P3: an address of another machine',
    set('Addresses.API', '"/ip4/203.0.113.7/tcp/5001"'),
    restore,
    '203.0.113.7 is not an address of this host',
  ],
  [
    'P3: a port that another program has',
    squat('127.0.0.1:8080'),
    leave,
    '127.0.0.1:8080, where something else listens',
  ],
  ['a member of an older kubo', set('Reprovider', '{"Interval":"12h"}'), restore, 'values in Reprovider'],
  ['a repo of a newer kubo', `echo 19 >${repo}/version`, restore, 'older than its repo'],
]

check('a network that is well', async () => {
  await lab.raise(2)
  await needApplied(lab)
  await lab.everywhere(backup)
  writeFileSync(
    `${lab.folder}/restart.yml`,
    '- hosts: node0\n  become: true\n  tasks:\n    - service: { name: ipfs, state: restarted, settle: 20 }\n',
  )
})

check(
  'a unit that systemd has let go, for it does not run and nothing names it, is restarted like any other',
  async () => {
    const unit = '[Service]\nExecStart=/bin/sleep 1000\n'
    await lab.ssh('node0', `printf '${unit.replaceAll('\n', '\\n')}' >/etc/systemd/system/alone.service`)
    writeFileSync(
      `${lab.folder}/alone.yml`,
      '- hosts: node0\n  become: true\n  tasks:\n    - service: { name: alone, state: restarted }\n',
    )
    const told = await lab.applyOf('alone.yml')
    assert.is(told.code, 0, failures(told).join('\n'))
    assert.is((await lab.ssh('node0', 'systemctl is-active alone; systemctl stop alone')).trim(), 'active')
  },
)

for (const [what, breaks, mends, ...words] of KUBO)
  check(`kubo does not start: ${what}`, async () => {
    await lab.ssh('node0', `systemctl stop ipfs; ${breaks}`)
    const began = Date.now()
    const told = await lab.applyOf('restart.yml')
    const seconds = (Date.now() - began) / 1000
    // The fix is pasted as it stands, and what has failed passes. There is no newer kubo here that could take its repo back.
    const [failure] = told.summary.failures
    if (what !== 'a repo of a newer kubo') {
      const pid = await lab.ssh('node0', 'cat /root/squatter 2>/dev/null; :')
      await paste(lab, 'node0', failure!, { PLAYBOOK: playbook, PID: pid })
      assert.is((await lab.applyOf('restart.yml')).code, 0, `${what}: the fix does not help: ${failure!.fix}`)
    }
    await lab.ssh('node0', `systemctl stop ipfs; systemctl reset-failed ipfs; ${mends}`)
    needTold(told, words)
    assert.ok(seconds < 15, `it took ${seconds} s`)
  })

check(
  'a daemon that dies five times stays down, and is told by what it said, not by how it was restarted',
  async () => {
    const faster = '/run/systemd/system/ipfs.service.d/faster.conf'
    await lab.ssh(
      'node0',
      `mkdir -p $(dirname ${faster}); printf '[Service]\\nRestartSec=100ms\\n' >${faster}; systemctl daemon-reload
     : >${key}; systemctl start --no-block ipfs`,
    )
    const state = (): Promise<string> => lab.ssh('node0', 'systemctl show -p ActiveState,NRestarts ipfs')
    await lab.until('it stays down', 20, async () => (await state()).includes('ActiveState=failed'))
    assert.match(await lab.ssh('node0', 'journalctl -u ipfs -n 3 -o cat'), 'repeated too quickly')
    const told = await lab.applyOf('restart.yml')
    await lab.ssh('node0', `rm ${faster}; systemctl daemon-reload; systemctl reset-failed ipfs; ${restore}`)
    needTold(told, ['swarm.key is empty'])
    await needApplied(lab)
  },
)

const service = '/var/lib/ipfs-cluster'
const bothIds = `sed -i 's/"PeerID": "[^"]*"/"PeerID": "'$(cat /root/other)'"/' ${repo}/config`

/** What the plan of the main playbook finds. */
const PLAN: Fault[] = [
  [
    'the profile `server` on private addresses',
    `${kubo} config profile apply server`,
    restore,
    'Swarm.AddrFilters has /ip4/10.0.0.0/ipcidr/8',
  ],
  [
    'an API that asks for a token',
    set('API.Authorizations', '{"a":{"AuthSecret":"bearer:x","AllowedPaths":["/api/v0"]}}'),
    restore,
    'API.Authorizations is set',
  ],
  ['a member of an older kubo', set('Provider', '{"Strategy":"all"}'), restore, 'Provider.Strategy'],
  ['a repo of a newer kubo', `echo 19 >${repo}/version`, restore, 'a repo of version 19', 'which knows 18'],
  [
    'a repo of an older kubo, which this one would ask the public network about',
    `echo 15 >${repo}/version`,
    restore,
    'a repo of version 15',
    'fs-repo-15-to-16',
  ],
  ['a repo without a version', `rm ${repo}/version`, restore, `${repo}/version is not there`],
  ['two hosts with one peer id of kubo', bothIds, restore, 'node0 and node1 have one peer id of kubo'],
  [
    'two hosts with one cluster peer id',
    `cp -p ${service}/identity.json /root; cp /root/identity.other ${service}/identity.json; chown ipfs: ${service}/identity.json`,
    `cp -p /root/identity.json ${service}`,
    'node0 and node1 have one cluster peer id',
  ],
  ['P3: a port that another program has', squat('127.0.0.1:5001'), leave, 'perl (pid', '127.0.0.1:5001'],
  [
    'a clock that is an hour behind',
    `printf '#!/bin/sh\nexec /usr/bin/date -d "-1 hour" "$@"\n' >/usr/local/bin/date; chmod +x /usr/local/bin/date`,
    'rm /usr/local/bin/date',
    'its clock is 3600 s behind',
  ],
  [
    'a full disk',
    'mount -t tmpfs -o size=16k none /usr/local/lib/kubo',
    'umount /usr/local/lib/kubo',
    'the disk is full',
  ],
]

check('what the other host has is at hand, and kubo rests while its files are broken', async () => {
  const id = await lab.ssh('node0', `sed -n 's/.*"PeerID": "\\(.*\\)".*/\\1/p' ${repo}/config`)
  const identity = await lab.ssh('node0', `base64 -w0 ${service}/identity.json`)
  await lab.ssh(
    'node1',
    `echo ${id} >/root/other; echo ${identity} | base64 -d >/root/identity.other; systemctl stop ipfs`,
  )
})

/** Those whose fix is more than to look something up: it is pasted, and the next plan passes. */
const PASTED = [
  'the profile `server` on private addresses',
  'an API that asks for a token',
  'a member of an older kubo',
  'P3: a port that another program has',
]

for (const [what, breaks, mends, ...words] of PLAN)
  check(`in the plan: ${what}`, async () => {
    await lab.ssh('node1', breaks)
    const told = await lab.plan()
    needTold(told, words)
    if (PASTED.includes(what)) {
      const [failure] = told.summary.failures
      await paste(lab, 'node1', failure!, { PLAYBOOK: playbook })
      assert.equal(failures(await lab.plan()), [], `the fix does not help: ${failure!.fix}`)
    }
    await lab.ssh('node1', `systemctl stop ipfs; ${mends}`)
  })

for (const [what, args, words] of [
  [
    'P3: an address of another machine',
    'api_listen=/ip4/203.0.113.7/tcp/5001',
    ['203.0.113.7 is not an address of this host'],
  ],
  ['P3: no address at all', 'gateway_listen=127.0.0.1:8080', ['Addresses.Gateway is to be 127.0.0.1:8080']],
  ['fewer copies at most than at least', 'replication_factor_min=2', ['replication_factor_min 2', 'max -1']],
  [
    'more copies than there are peers',
    '{"replication_factor_min": 3, "replication_factor_max": 3}',
    ['the cluster has 2 peers: every new pin would fail'],
  ],
  ['a duration without a unit', 'monitor_ping_interval=5', ['5']],
  [
    'P2: no TCP under a swarm key',
    '{"swarm_listen": ["/ip4/0.0.0.0/udp/4001/quic-v1"]}',
    ['Addresses.Swarm has no TCP address'],
  ],
] satisfies [string, string, string[]][])
  check(`in the plan: ${what}`, async () => needTold(await lab.plan('-e', args), words))

check('the profile `server` is cleared of what keeps these hosts apart, where that is asked for', async () => {
  await lab.ssh('node1', `systemctl start ipfs; ${kubo} config profile apply server >/dev/null`)
  await needApplied(lab, '-e', 'clear_filters=true')
  const filters = await lab.ssh('node1', `${kubo} config Swarm.AddrFilters`)
  assert.match(filters, '/ip4/192.168.0.0/ipcidr/16')
  assert.not.match(filters, '/ip4/10.0.0.0/ipcidr/8')
  await needNothingToDo(lab)
  await needNothingToDo(lab, '-e', 'clear_filters=true')
  await lab.ssh('node1', restore)
})

for (const [what, args, ...words] of [
  ['loopback', 'address=127.0.0.1', '127.0.0.1 (loopback)'],
  ['one address for both', 'address=198.51.100.7', 'node0 and node1 are both to be reached at 198.51.100.7'],
  ['a port in the address', 'address=10.0.0.1:4001', 'with a port'],
] as const)
  check(`in the plan: addresses: ${what}`, async () => needTold(await lab.plan('-e', args), [...words]))

type Vars = Record<string, unknown> & { ansible_host: string }
/** Plans over an inventory with other hosts, or with other variables of them. */
const planWith = async (change: (hosts: Record<string, Vars>) => void): Promise<Told> => {
  const inventory = JSON.parse(readFileSync(`${lab.folder}/${lab.inventory}`, 'utf8'))
  change(inventory.all.children.ipfs.hosts)
  writeFileSync(`${lab.folder}/other.json`, JSON.stringify(inventory))
  return tell(
    await lab.start('plan', playbook, '-i', 'other.json', '--artifacts', lab.artifacts, '--format', 'json').ended,
  )
}

check('in the plan: addresses: a name that only the controller knows', async () => {
  const told = await planWith(hosts => {
    for (const [name, vars] of Object.entries(hosts)) vars.address = `${name}.test`
  })
  needTold(told, ['node1.test, the address of node1, is no name that this host knows', 'node0.test'])
})

check('in the plan: addresses: the one of another host', async () => {
  const told = await planWith(hosts => {
    hosts.node1!.address = hosts.node0!.ansible_host
    hosts.node0!.address = '198.51.100.7'
  })
  needTold(told, ['and that is one of node0'])
})

check('in the plan: one machine under two names, and no word of moving anything', async () => {
  const at = lab.hosts.node1!.ansible_host
  const second = at.replace(/\d+$/, '250')
  await lab.must('ip', '-n', lab.netns('node1'), 'address', 'add', `${second}/32`, 'dev', 'eth0')
  const keys = `${lab.folder}/.runbook/lab/${lab.name}/known_hosts`
  const known = readFileSync(keys, 'utf8')
  writeFileSync(keys, known + known.replaceAll(at, second))
  const told = await planWith(hosts => {
    hosts.twin = { ...hosts.node1!, ansible_host: second }
  })
  writeFileSync(keys, known)
  await lab.must('ip', '-n', lab.netns('node1'), 'address', 'del', `${second}/32`, 'dev', 'eth0')
  needTold(told, ['node1 and twin are one machine: it is listed twice'])
  for (const { fix } of told.summary.failures) assert.not.match(fix ?? '', /\b(move|mv|rm)\b/)
})

check('a repo of version 16 is migrated before its kubo starts', async () => {
  await lab.ssh('node1', `systemctl stop ipfs; echo 16 >${repo}/version`)
  await needApplied(lab)
  assert.is(await lab.ssh('node1', `cat ${repo}/version`), '18')
  await needNothingToDo(lab)
})

check('a repo of version 15 is migrated by the program that the plan asks for', async () => {
  const program = '/usr/local/bin/fs-repo-15-to-16'
  const text = `#!/bin/sh\necho 16 >\${1#-path=}/version\n`
  await lab.ssh(
    'node1',
    `systemctl stop ipfs; echo 15 >${repo}/version; printf '${text}' >${program}; chmod +x ${program}`,
  )
  await needApplied(lab)
  assert.is(await lab.ssh('node1', `cat ${repo}/version; rm ${program}`), '18')
  await needNothingToDo(lab)
})

check('before any host is asked: P3: one port for two', async () => {
  const told = await lab.plan('-e', 'swarm_port=9096')
  assert.is(told.code, 4)
  assert.match(failures(told).join(), 'seven different ports')
})

/** Playbooks of somebody else, with the usual slips. */
const SLIPS: [what: string, tasks: string, words: string[]][] = [
  [
    "P4: kubo's peer id for the cluster's",
    `- ipfs_init: {}
      register: made
    - cluster_join: { peers: "{{ groups.ipfs | map('extract', hostvars, 'peer') }}" }`,
    ['is the peer id of a kubo', 'the cluster peer there has another'],
  ],
  [
    "P5: kubo's port for the cluster's",
    `- cluster_init: {}
      register: made
    - cluster_join: { port: 4001, peers: "{{ groups.ipfs | map('extract', hostvars, 'peer') }}" }`,
    ['/tcp/4001 a kubo listens'],
  ],
  [
    'P1: a Go too old',
    '- go_install: { version: 1.21.3, builds: { kubo: v0.42.0 } }',
    ['kubo v0.42.0 is built with Go 1.26.4 or newer, not with 1.21.3'],
  ],
  ['P1: no Go at all', '- go_install: { builds: { ipfs-cluster: v1.1.6 } }', ['this host has none']],
]
for (const [what, tasks, words] of SLIPS)
  check(`before any step: ${what}`, async () => {
    writeFileSync(
      `${lab.folder}/slip.yml`,
      `- hosts: ipfs\n  become: true\n  vars: { peer: { id: "{{ made.peer_id }}", address: "{{ ansible_host }}" } }\n  tasks:\n    ${tasks}\n`,
    )
    const told = await lab.applyOf('slip.yml')
    needTold(told, words)
    for (const [host, { steps }] of Object.entries(told.summary.hosts)) assert.is(steps, 0, `steps on ${host}`)
  })

check('all of it mended, the network is well again', async () => {
  await needApplied(lab)
  await needNothingToDo(lab)
})

test.run()
