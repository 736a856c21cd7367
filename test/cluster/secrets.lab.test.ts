import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { forms } from './forms.ts'
import { failures } from './reading.ts'
import { onLab } from './rig.ts'

const { lab, check } = onLab('secrets')
// Elsewhere than in the folder that is searched.
const given = join(tmpdir(), `runbook-given-${process.pid}.json`)
test.after(() => rmSync(given, { force: true }))

/** A file of this size is a program or an archive of one. */
const PROGRAM = 1_000_000
const filesBelow = (folder: string, leftOut: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (path === leftOut) return []
    if (entry.isDirectory()) return filesBelow(path, leftOut)
    return entry.isFile() && statSync(path).size < PROGRAM ? [path] : []
  })

// What every process of a host was started with and given, and what stood in folders for temporary files, gathered again and again until there is a file that says
// to stop; each line once in the end. Nothing of it is searched here, so that the search is not found.
const watch = `set +m; (exec >/dev/null 2>&1 </dev/null; while [ ! -e /run/watch.stop ]; do
  cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | sort -u >>/run/watch.seen
  find /tmp /var/tmp /dev/shm -type f -exec cat {} + 2>/dev/null >>/run/watch.seen; sleep 0.05
done; touch /run/watch.done) &`
const watched = 'touch /run/watch.stop; until [ -e /run/watch.done ]; do sleep 0.1; done; sort -u /run/watch.seen'
const resting = `cat /etc/systemd/system/*.service /etc/environment /etc/default/* 2>/dev/null
  systemctl show ipfs ipfs-cluster; systemctl show-environment; journalctl --no-pager -o cat
  for p in /proc/[0-9]*; do tr '\\0' '\\n' <$p/cmdline; tr '\\0' '\\n' <$p/environ; done 2>/dev/null; :`

/** The hosts' disks lie below the lab's folder. */
const disks = `${lab.folder}/.runbook/lab/secrets/hosts`
const shown: Record<string, string> = {}
let secrets: string[] = []

let wanted: Buffer[] = []
const holds = (bytes: Buffer): boolean => wanted.some(form => bytes.includes(form))

/** The places where any form of a secret stands. */
const leaks = (): string[] => {
  const files = filesBelow(lab.folder, disks)
  assert.ok(files.some(file => file.includes('/cache/')))
  const inFiles = files.filter(file => holds(readFileSync(file)))
  return [...inFiles, ...Object.keys(shown).filter(place => holds(Buffer.from(shown[place]!)))]
}

check('secrets are made, and given again where they were lost, while all processes are watched', async () => {
  await lab.raise()
  await lab.everywhere(watch)
  const first = await lab.start(...lab.words('apply', '--diff', '--verbose')).ended
  assert.is(first.code, 0, first.stdout + first.stderr)
  const key = await lab.ssh('node0', 'tail -n 1 /var/lib/ipfs/swarm.key')
  const secret = await lab.ssh('node0', `sed -n 's/.*"secret": *"\\(.*\\)".*/\\1/p' /var/lib/ipfs-cluster/service.json`)
  for (const text of [key, secret]) assert.match(text, /^[0-9a-f]{64}$/)
  const own = `sed -n 's/.*"\\(PrivKey\\|private_key\\)": *"\\(.*\\)".*/\\2/p' /var/lib/ipfs/config /var/lib/ipfs-cluster/identity.json`
  const keys = Object.values(await lab.everywhere(own)).flatMap(text => text.split('\n'))
  assert.is(keys.length, 6)
  for (const text of keys) assert.match(text, /^[\w+/]{80,}={0,2}$/)
  secrets = [key, secret, ...keys]
  wanted = secrets.flatMap(forms)
  await lab.ssh(
    'node1',
    'rm /var/lib/ipfs/swarm.key && sed -i \'s/"secret": ".*"/"secret": ""/\' /var/lib/ipfs-cluster/service.json',
  )
  await lab.plan('--diff')
  const second = await lab.apply('--diff')
  assert.equal(failures(second), [])
  const again = await lab.ssh('node1', 'tail -n 1 /var/lib/ipfs/swarm.key')
  assert.is(again, key)
})

check(
  'who else is on a host reads no secret and reaches no API from outside, and the services can do little',
  async () => {
    const kept = 'swarm.key config ../ipfs-cluster/service.json ../ipfs-cluster/identity.json'
    const modes = `cd /var/lib/ipfs && stat -c '%a %U %n' ${kept}`
    const open = `ss -ltnH | awk '{ print $4 }' | grep -v '^127\\.' | sed 's/.*://' | sort -un | paste -sd ' '`
    // What upstream's own hardened unit of kubo v0.42.0 scores on systemd 252 is 1.7; --threshold counts in tenths.
    const score =
      'for u in ipfs ipfs-cluster; do systemd-analyze security --no-pager --threshold=16 $u.service | tail -n 1; done'
    const unknown = `journalctl --no-pager -o cat | grep -iE 'unknown (key|lvalue)|failed to parse' || echo none`
    for (const node of lab.nodes) {
      assert.equal((await lab.ssh(node, modes)).split('\n'), [
        '400 ipfs swarm.key',
        '600 ipfs config',
        '600 ipfs ../ipfs-cluster/service.json',
        '600 ipfs ../ipfs-cluster/identity.json',
      ])
      assert.is(await lab.ssh(node, open), '22 4001 9096')
      assert.match(await lab.ssh(node, `set -eo pipefail; ${score}`), /ipfs\.service: .*ipfs-cluster\.service: /s)
      assert.is(await lab.ssh(node, unknown), 'none')
    }
  },
)

check('secrets given as variables, and a run that refuses them, tell nothing', async () => {
  const [key, secret] = secrets
  writeFileSync(given, JSON.stringify({ swarm_key: key, cluster_secret: secret }), { mode: 0o600 })
  await lab.ssh(
    'node2',
    'rm /var/lib/ipfs/swarm.key && sed -i \'s/"secret": ".*"/"secret": ""/\' /var/lib/ipfs-cluster/service.json',
  )
  const told = await lab.apply('--diff', '-e', `swarm_key=${key} cluster_secret=${secret}`)
  assert.equal(failures(told), [])
  const [, playbook = '', ...more] = lab.words('plan', '-e', `@${given}`)
  for (const task of ['share_the_swarm_key', 'share_the_cluster_secret', 'configure_kubo_for_a_private_network']) {
    const explained = await lab.start('explain', playbook, `node1/${task}`, ...more).ended
    assert.is(explained.code, 0, explained.stderr)
  }
  for (const wrong of [key!.slice(1), key!.slice(1).toUpperCase()]) {
    writeFileSync(given, JSON.stringify({ swarm_key: wrong, cluster_secret: secret!.toUpperCase() }))
    const refused = await lab.start(...lab.words('apply', '--diff', '-e', `@${given}`)).ended
    assert.is(refused.code, 1, refused.stdout)
  }
})

check('no secret is in an output, a file of the controller, a unit, an environment, or a command line', async () => {
  for (const node of lab.nodes) {
    shown[`processes of ${node}, all the while`] = await lab.ssh(node, watched)
    shown[`units, journal and processes of ${node}`] = await lab.ssh(node, resting)
  }
  shown['what runs of runbook said'] = lab.said
  assert.match(shown['what runs of runbook said'], /swarm key/)
  for (const text of Object.values(shown)) assert.ok(text.length > 2000)
  assert.equal(leaks(), [])
})

check('on the hosts they stand where they have to and nowhere else', () => {
  for (const node of lab.nodes) {
    const disk = `${disks}/${node}/upper`
    const holding = filesBelow(disk, '').filter(file => holds(readFileSync(file)))
    assert.equal(holding.map(file => file.slice(disk.length)).sort(), [
      '/var/lib/ipfs-cluster/identity.json',
      '/var/lib/ipfs-cluster/service.json',
      '/var/lib/ipfs/config',
      '/var/lib/ipfs/swarm.key',
    ])
  }
  return Promise.resolve()
})

check('and what looks for them would have found them', () => {
  for (const form of wanted) assert.ok(holds(Buffer.concat([Buffer.from('before'), form, Buffer.from('after')])))
  shown['a trap'] = `before ${forms(secrets[0]!).at(-1)} after`
  assert.equal(leaks(), ['a trap'])
  return Promise.resolve()
})

test.run()
