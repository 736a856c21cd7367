import { writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { plannedOf, resultsOf } from './reading.ts'
import { onLab, type Told, tell } from './rig.ts'

// What places have, and who may use them, over a real connection: as root, as a user with sudo for some tasks, and as a
// user alone.

const { lab, check } = onLab('place')

const told = async (command: 'plan' | 'apply', tasks: string, ...more: string[]): Promise<Told> => {
  const file = `${lab.folder}/place.yml`
  writeFileSync(file, `- hosts: ipfs\n  needs: []\n  tasks:\n${tasks}`)
  return tell(await lab.start(command, file, '-i', lab.inventory, '--format', 'json', ...more).ended)
}
const whys = (ran: Told): Record<string, string> =>
  Object.fromEntries(
    plannedOf(ran).map(({ node, verdict, why }) => [node.replace('node0/', ''), `${verdict}${why ? `: ${why}` : ''}`]),
  )

check('as root: modes on the way, mounts, what the kernel shows', async () => {
  await lab.raise(1)
  await lab.ssh(
    'node0',
    'mkdir -p /srv/g /srv/d/m && chgrp 33 /srv/g && chmod 2775 /srv/g && echo one >/srv/hosts && echo two >/srv/orig && mount --bind /srv/orig /srv/hosts && mount -t tmpfs inner /srv/d/m',
  )
  const tasks = `
    - { name: folders, needs: [], file: { path: /srv/g/a/b, state: directory, mode: "0750" } }
    - { name: mounted, needs: [], lineinfile: { path: /srv/hosts, line: x } }
    - { name: inside, needs: [], file: { path: /srv/d, state: absent } }
    - { name: kernel, needs: [], copy: { dest: /proc/sys/vm/swappiness, content: "10\\n" } }
    - { name: closed, needs: [], file: { path: /sys/fs/cgroup/new, state: directory } }
`
  const found = whys(await told('plan', tasks))
  assert.match(found.folders!, /^change/)
  assert.match(found.mounted!, /^fail: \/srv\/hosts is a mount point \(\/srv\/orig of /)
  assert.match(found.inside!, /^fail: .*inner is mounted at \/srv\/d\/m/)
  assert.match(found.kernel!, /^fail: .*no file on a disk/)
  assert.match(found.closed!, /^fail: .*mounted read-only/)
  const ran = await told('apply', tasks.split('\n').slice(0, 2).join('\n'))
  assert.equal(
    resultsOf(ran).map(({ status }) => status),
    ['changed'],
  )
  // As Ansible's: each folder that is made gets the mode, which takes the set-group-ID bit away that it had of the one above.
  assert.is(await lab.ssh('node0', 'stat -c "%a %g" /srv/g/a /srv/g/a/b'), '750 33\n750 0')
})

const forgotten = `
    - { name: file, needs: [], copy: { dest: /etc/x.conf, content: x } }
    - { name: account, needs: [], user: { name: zed } }
    - { name: unit, needs: [], service: { name: cron, state: stopped } }
    - { name: others, needs: [], file: { path: /etc/hostname, mode: "0600" } }
    - { name: folder, needs: [], command: { cmd: ls, chdir: /root, creates: /tmp/nope } }
    - { name: own, needs: [], copy: { dest: /tmp/mine, content: x } }
`
for (const [about, tasks] of [
  ['alone', forgotten],
  [
    'where another task becomes root',
    `${forgotten}    - { name: root's, needs: [], become: true, stat: { path: /root } }\n`,
  ],
] as const)
  check(`as a user ${about}: what he may not do fails in the plan, and says how`, async () => {
    const ran = await told('plan', tasks, '-e', 'ansible_user=admin')
    const found = whys(ran)
    assert.match(found.file!, /^fail: admin may not write to \/etc$/)
    for (const name of ['account', 'unit']) assert.match(found[name]!, /^fail: admin may not change .*: only root may$/)
    assert.match(found.others!, /^fail: \/etc\/hostname belongs to root/)
    assert.match(found.folder!, /^fail: (admin may not enter \/root|\/root may not be read)/)
    assert.match(found.own!, /^change/)
    for (const { failure } of plannedOf(ran)) if (failure) assert.match(failure.fix!, 'become: true')
  })

test.run()
