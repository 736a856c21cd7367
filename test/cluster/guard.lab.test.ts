import { mkdirSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { onLab, type Told } from './rig.ts'

// Writes that another line or a program has overtaken, on a real host: what only mounts and accounts can show.

const { lab, check } = onLab('guard')

const lies = (sh: string): string => `command: { argv: [sh, -c, "touch /srv/t/lies; ${sh}"], creates: /srv/t/lies }`

type Scene = {
  about: string
  there: string
  tasks: string[]
  came: string[]
  look: string
  prints: string
  blames: string
}
const scenes: Scene[] = [
  {
    about: 'one file by the two names that a mount gives it: a line each',
    there: 'mkdir a b; mount --bind a b; echo old >a/f',
    tasks: ['lineinfile: { path: /srv/t/a/f, line: one }', 'lineinfile: { path: /srv/t/b/f, line: two }'],
    came: ['changed', 'changed'],
    look: 'cat a/f',
    prints: 'old\none\ntwo',
    blames: '/srv/t/b/f was changed after it was read, by node0/t0 under another name',
  },
  {
    about: 'what is written through one name is not thrown away through the other',
    there: 'mkdir a b; mount --bind a b; echo old >a/f',
    tasks: ['lineinfile: { path: /srv/t/a/f, line: one }', 'copy: { dest: /srv/t/b/f, content: "new\\n" }'],
    came: ['changed', 'refused'],
    look: 'cat a/f',
    prints: 'old\none',
    blames: '/srv/t/b/f was changed after it was read',
  },
  {
    about: 'a home that something else has made meanwhile stays as it is',
    there: 'userdel -rf ada 2>/dev/null; useradd -M ada',
    tasks: [lies('mkdir /home/ada; echo theirs >/home/ada/f'), 'user: { name: ada }'],
    came: ['changed', 'ok'],
    look: 'cat /home/ada/f; ls -A /home | grep -c runbook || true',
    prints: 'theirs\n0',
    blames: 'it was taken at its word that it changes only /srv/t/lies; /home/ada changed meanwhile',
  },
  {
    about: 'a line of a program that touches more than it says',
    there: ': >/etc/subuid',
    tasks: [lies('echo theirs:1:1 >>/etc/subuid'), 'lineinfile: { path: /etc/subuid, line: "podder:800000:65536" }'],
    came: ['changed', 'changed'],
    look: 'cat /etc/subuid',
    prints: 'theirs:1:1\npodder:800000:65536',
    blames: '/etc/subuid changed meanwhile',
  },
]

const statuses = ({ events }: Told): string[] =>
  events.flatMap(event => (event.type === 'result' ? [event.status] : []))
const playbook = (tasks: string[]): string =>
  `- hosts: all\n  tasks:\n${tasks.map((task, i) => `    - name: t${i}\n      ${task}\n`).join('')}`

check('a host', () => lab.raise(1))

for (const { about, there, tasks, came, look, prints, blames } of scenes)
  check(about, async () => {
    await lab.ssh('node0', `umount /srv/t/b 2>/dev/null; rm -rf /srv/t; mkdir -p /srv/t; cd /srv/t; ${there}`)
    writeFileSync(`${lab.folder}/playbook.yml`, playbook(tasks))
    const told = await lab.applyOf('playbook.yml')
    assert.equal(statuses(told), came, told.stdout)
    assert.is(await lab.ssh('node0', `cd /srv/t; ${look}`), prints)
    const warnings = told.events.flatMap(event => (event.type === 'warning' ? [event.text] : []))
    assert.ok(
      warnings.some(text => text.includes(blames)),
      warnings.join('\n'),
    )
    if (came.includes('refused')) return assert.is(told.code, 5)
    const second = await lab.applyOf('playbook.yml')
    assert.equal([second.code, second.summary.hosts.node0?.changed], [0, 0], second.stdout)
  })

const mixed = `- hosts: all
  tasks:
    - name: lies
      become: true
      ${lies('echo theirs >>/srv/t/own/f; echo theirs >>/srv/t/own/big')}
    - name: line
      lineinfile: { path: /srv/t/own/f, line: mine }
    - name: big
      needs: []
      copy: { src: big, dest: /srv/t/own/big }
`
check('where the task of a common user writes, who reads has looked; an upload looks as that user', async () => {
  await lab.ssh(
    'node0',
    'rm -rf /srv/t; mkdir -p /srv/t/own; cd /srv/t/own; echo old >f; echo old >big; chown -R admin: .',
  )
  mkdirSync(`${lab.folder}/files`, { recursive: true })
  writeFileSync(`${lab.folder}/files/big`, 'x'.repeat(1_100_000))
  writeFileSync(`${lab.folder}/playbook.yml`, mixed)
  const told = await lab.applyOf('playbook.yml', '-e', 'ansible_user=admin')
  assert.equal(statuses(told), ['changed', 'changed', 'refused'], told.stdout)
  assert.is(
    await lab.ssh('node0', 'cd /srv/t/own; cat f big; stat -c %U f big'),
    'old\ntheirs\nmine\nold\ntheirs\nadmin\nadmin',
  )
})

test.run()
