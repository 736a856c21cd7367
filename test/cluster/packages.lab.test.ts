import { writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { onLab, tell } from './rig.ts'

// Packages on a real host, from a repository of its own: what apt-get says of them in a plan, that this writes nothing, and
// that it comes true. `web` depends on `weblib` and on a mail server; `rival` cannot be there with it.

const { lab, check } = onLab('packages', '/nonexistent')

const REPOSITORY = `set -e
rm -rf /var/tmp/b /var/tmp/repo; mkdir -p /var/tmp/b /var/tmp/repo; cd /var/tmp/b
deb() { d=$1_$2; mkdir -p $d/DEBIAN
if [ $1 = web ]; then mkdir $d/etc; echo "of the package" >$d/etc/web.conf; echo /etc/web.conf >$d/DEBIAN/conffiles; fi
printf 'Package: %s\\nVersion: %s\\nArchitecture: all\\nMaintainer: x <x@x>\\nDescription: x\\n%s' $1 $2 "$3" >$d/DEBIAN/control
dpkg-deb -b -Znone $d /var/tmp/repo/ >/dev/null; }
deb web 1.0 'Depends: weblib (>= 1.0), mta
'
deb web 1.1 'Depends: weblib (>= 1.0), mta
'
deb weblib 1.0 ''
deb weblib 1.2 ''
deb rival 1.0 'Conflicts: web
'
deb bigmail 1.0 'Provides: mta
Conflicts: mta
'
deb smallmail 1.0 'Provides: mta
Conflicts: mta
'
deb broken 1.0 'Depends: nowhere
'
cd /var/tmp/repo
for f in *.deb; do dpkg-deb -f $f; printf 'Filename: ./%s\\nSize: %s\\nSHA256: %s\\n\\n' $f $(stat -c %s $f) $(sha256sum $f | cut -d' ' -f1); done >Packages
rm -f /etc/apt/sources.list.d/*; echo 'deb [trusted=yes] file:/var/tmp/repo ./' >/etc/apt/sources.list
apt-get -q update >/dev/null 2>&1`

type Scene = {
  about: string
  tasks: string[]
  /** The verdicts of the plan, in the order of the tasks, and how often the host is asked for it. */
  plan: string[]
  trips: number
  look: string
  prints: string
}

const versions = (names: string): string =>
  `dpkg-query -W -f '\${Package} \${Version} \${db:Status-Status}\\n' ${names} 2>/dev/null || :`

const scenes: Scene[] = [
  {
    about: 'what comes along with one line is there for the next, and what a package may not touch is known behind it',
    tasks: [
      'apt: { name: weblib }',
      'apt: name=web,weblib state=present',
      'apt: { name: smallmail }',
      'apt: { name: bigmail, state: absent }',
      'copy: { dest: /srv/web.conf, content: ours }',
      'copy: { dest: /etc/web.conf, content: ours }',
    ],
    plan: ['change', 'change', 'ok', 'ok', 'change', 'undecided'],
    trips: 2,
    look: `${versions('web weblib smallmail bigmail')}; cat /etc/web.conf`,
    prints: 'smallmail 1.0 installed\nweb 1.1 installed\nweblib 1.2 installed\nours',
  },
  {
    about: 'what together would come out otherwise is certain, and its details come later',
    tasks: [
      'apt: { name: [web, smallmail], state: absent, purge: true }',
      'apt: { name: web=1.0* }',
      'apt: { name: bigmail }',
      'apt: { name: weblib=1.0, allow_downgrade: true }',
    ],
    plan: ['change', 'change', 'undecided', 'undecided'],
    trips: 2,
    look: versions('web weblib smallmail bigmail'),
    prints: 'bigmail 1.0 installed\nweb 1.0 installed\nweblib 1.0 installed',
  },
  {
    about: 'lists that are got anew: what is installed stays so, what is not comes',
    tasks: [
      'apt: { update_cache: true }',
      'apt: { name: web }',
      'apt: { name: web, state: latest, update_cache: true }',
      'package: { name: rival, state: absent }',
    ],
    plan: ['undecided', 'ok', 'undecided', 'undecided'],
    trips: 1,
    look: versions('web'),
    prints: 'web 1.1 installed',
  },
]

const run = async (command: 'plan' | 'apply', tasks: string[]) => {
  const file = `${lab.folder}/packages.yml`
  const list = tasks.map(task => `    - ${task}\n`).join('')
  writeFileSync(file, `- hosts: all\n  gather_facts: false\n  tasks:\n${list}`)
  return tell(await lab.start(command, file, '-i', lab.inventory, '--format', 'json').ended)
}

const told = ({ events }: Awaited<ReturnType<typeof run>>): string[] =>
  events.flatMap(event => (event.type === 'planned' ? [event.verdict] : []))

/** Whatever has changed since a mark was made, where apt and dpkg have their files, or a plan could leave some. */
const CHANGED = 'find /etc /usr /var/lib /var/cache /var/log/apt /var/tmp /tmp /root /srv -xdev -cnewer /var/tmp/mark'

check('packages: a plan that writes nothing comes true, and the second apply finds nothing to do', async () => {
  await lab.raise(1)
  await lab.ssh('node0', REPOSITORY)
  for (const { about, tasks, plan, trips, look, prints } of scenes) {
    await lab.ssh('node0', 'touch /var/tmp/mark')
    const planned = await run('plan', tasks)
    assert.equal(told(planned), plan, about)
    assert.is(planned.summary.hosts.node0!.roundTrips, trips, about)
    assert.is(await lab.ssh('node0', `${CHANGED} || :`), '', about)
    const applied = await run('apply', tasks)
    assert.is(applied.code, 0, `${about}\n${applied.stderr}${applied.stdout}`)
    assert.equal(
      applied.events.filter(event => event.type === 'warning'),
      [],
      about,
    )
    assert.is(await lab.ssh('node0', look), prints, about)
  }
})

check('packages: what apt-get would refuse fails in the plan, with what was meant', async () => {
  const refused: [task: string, said: RegExp][] = [
    ['apt: { name: bigmial }', /no list of packages has bigmial/],
    ['apt: { name: broken }', /broken depends on nowhere/],
    ['apt: { name: rival=7 }', /rival is not to be had in version 7/],
    ['apt: { name: [weblib, rival], fail_on_autoremove: true }', /would have to go/],
  ]
  const planned = await run(
    'plan',
    refused.map(([task]) => `${task}\n      ignore_errors: true`),
  )
  const why = planned.events.flatMap(event => (event.type === 'planned' ? [event.why ?? ''] : []))
  for (const [i, [, said]] of refused.entries()) assert.match(why[i]!, said)
  const [first] = (await run('plan', ['apt: { name: bigmial }'])).events.flatMap(event =>
    event.type === 'planned' ? [event.failure?.fix] : [],
  )
  assert.match(first!, 'Did you mean "bigmail"?')
})

test.run()
