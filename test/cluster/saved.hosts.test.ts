import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { forms } from './forms.ts'
import { broken, counts, failures, plannedOf } from './reading.ts'
import { onLab, type Told, tell } from './rig.ts'

const { lab, check } = onLab('saved')
const out = (name: string): string => `${lab.folder}/${name}`
const applied = async (...words: string[]): Promise<Told> =>
  tell(await lab.start('apply', ...words, '--format', 'json').ended)
const statuses = ({ events }: Told): string[] =>
  events.flatMap(e => (e.type === 'result' ? [`${e.node} ${e.status}${e.needs ? ` (needs ${e.needs})` : ''}`] : []))

check('a plan of three fresh hosts is kept in two round trips, and applied as it was shown', async () => {
  await lab.raise()
  const plan = await lab.plan('-o', 'plan.json')
  assert.is(plan.code, 0, plan.stderr)
  assert.ok(Math.max(...Object.values(counts(plan, 'roundTrips'))) <= 2)
  const told = await applied('plan.json')
  assert.equal(failures(told), [])
  assert.is(told.code, 0, told.stderr)
  const verdicts = (of: Told): string[] => plannedOf(of).map(({ node, verdict }) => `${node} ${verdict}`)
  assert.equal(verdicts(told), verdicts(plan))
  assert.equal(broken(told), [])
})

check('applied once more it has nothing to do', async () => {
  const told = await applied('plan.json')
  assert.is(told.code, 0, told.stderr)
  assert.equal(Object.values(counts(told, 'steps')), [0, 0, 0])
})

check('no secret is in a plan, neither one of a host nor one that was given; what was given is asked for', async () => {
  const kept = '/var/lib/ipfs/config /var/lib/ipfs-cluster/identity.json'
  const key = await lab.ssh('node0', 'tail -n 1 /var/lib/ipfs/swarm.key')
  const secret = await lab.ssh('node0', `sed -n 's/.*"secret": *"\\(.*\\)".*/\\1/p' /var/lib/ipfs-cluster/service.json`)
  const own = `sed -n 's/.*"\\(PrivKey\\|private_key\\)": *"\\(.*\\)".*/\\2/p' ${kept}`
  const keys = Object.values(await lab.everywhere(own)).flatMap(text => text.split('\n'))
  const wanted = [key, secret, ...keys].flatMap(forms)
  assert.ok(wanted.length > 50)
  const leaks = (name: string): Buffer[] => {
    const bytes = readFileSync(out(name))
    assert.ok(bytes.length > 10_000)
    return wanted.filter(form => bytes.includes(form))
  }
  assert.is((await lab.plan('-o', 'quiet.json')).code, 0)
  assert.equal(leaks('quiet.json'), [])
  await lab.ssh(
    'node1',
    'rm /var/lib/ipfs/swarm.key && sed -i \'s/"secret": ".*"/"secret": ""/\' /var/lib/ipfs-cluster/service.json',
  )
  assert.is((await lab.plan('-o', 'given.json', '-e', `swarm_key=${key} cluster_secret=${secret}`)).code, 0)
  for (const name of ['plan.json', 'given.json']) assert.equal(leaks(name), [], name)
  const without = await applied('given.json')
  assert.is(without.code, 5)
  assert.match(without.summary.failures[0]!.fix!, '-e swarm_key=… -e cluster_secret=…')
  assert.is((await applied('given.json', '-e', `swarm_key=${key}`, '-e', `cluster_secret=${key}`)).code, 5)
  const told = await applied('given.json', '-e', `swarm_key=${key}`, '-e', `cluster_secret=${secret}`)
  assert.equal(failures(told), [])
  assert.equal(broken(told), [])
  assert.is(await lab.ssh('node1', 'tail -n 1 /var/lib/ipfs/swarm.key'), key)
  writeFileSync(out('trap.json'), readFileSync(out('given.json'), 'utf8') + key)
  assert.ok(leaks('trap.json').length > 0)
})

const site = `- hosts: all
  tasks:
    - { name: folder, file: { path: /etc/site, state: directory, mode: "0755" } }
    - { name: conf, needs: [folder], copy: { dest: /etc/site/conf, content: "a=1\\n", mode: "0644" } }
    - { name: log, needs: [folder], copy: { dest: /etc/site/log, content: "b=1\\n", mode: "0644" } }
    - { name: link, needs: [conf], file: { path: /etc/site/now, state: link, src: conf } }
    - { name: last, needs: [], copy: { dest: /etc/last, content: "c=1\\n", mode: "0644" } }
`

check('a host that has moved in one file is refused there, with both sides; the rest is applied', async () => {
  writeFileSync(out('site.yml'), site)
  await lab.everywhere('mkdir /etc/site && echo a=0 >/etc/site/conf && chmod 644 /etc/site/conf')
  const made = await lab.start('plan', 'site.yml', '-i', lab.inventory, '-o', 'site.json').ended
  assert.is(made.code, 0, made.stderr)
  await lab.ssh('node1', 'chmod 600 /etc/site/conf')
  const told = await applied('site.json')
  assert.is(told.code, 5)
  assert.equal(
    statuses(told).filter(text => !text.endsWith(' ok') && !text.endsWith(' changed')),
    ['node1/conf refused', 'node1/link skipped (needs node1/conf)'],
  )
  assert.equal(statuses(told).filter(text => text.endsWith('changed')).length, 3 * 3 + 1)
  const [failure, ...more] = told.summary.failures
  assert.equal(more, [])
  assert.is(failure!.reason, 'plan-moved')
  assert.match(failure!.why!, 'planned over: /etc/site/conf mode 0644; now: mode 0600')
  assert.is(
    await lab.ssh('node1', 'stat -c %a /etc/site/conf && cat /etc/site/conf && ls /etc/site'),
    '600\na=0\nconf\nlog',
  )
})

check('with --refresh it is planned anew, told, and goes through', async () => {
  const told = await applied('site.json', '--refresh')
  assert.is(told.code, 0, told.stderr)
  assert.equal(
    told.events.flatMap(e => (e.type === 'warning' ? [e.node] : [])),
    ['node1/conf'],
  )
  assert.equal(
    Object.values(counts(told, 'steps')).reduce((a, b) => a + b),
    2,
  )
  assert.is(await lab.ssh('node1', 'stat -c %a /etc/site/conf && cat /etc/site/now'), '644\na=1')
})

check('a run of a plan that is killed is gone on with by way of the plan', async () => {
  for (const line of ['node1/make_the_ipfs_repo', 'node0/configure_ipfs_cluster']) {
    await lab.lab('down')
    await lab.raise()
    assert.is((await lab.plan('-o', 'killed.json')).code, 0)
    const { code } = await lab.runUntil(line, run => run.kill('SIGKILL'), ['apply', 'killed.json'])
    assert.is(code, null)
    const resumed = tell(await lab.start('resume', '--format', 'json').ended)
    assert.equal(failures(resumed), [])
    assert.is(resumed.code, 0)
    assert.equal(Object.values(counts(await applied('killed.json'), 'steps')), [0, 0, 0])
  }
})

test.run()
