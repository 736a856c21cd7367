import { writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { counts, failures, plannedOf, resultsOf } from './reading.ts'
import { onLab, type Told } from './rig.ts'

// The real sudo and su of a host: every user, with and without a password, and each refusal. Nothing is put on it but accounts.

const { lab, check } = onLab('become-user', '/nonexistent')
const asAdmin = ['-e', 'ansible_user=admin']
const PASSWORD = 'correct horse'
const withPassword = ['-e', `ansible_become_password='${PASSWORD}'`]

/** What each user writes into the home that nobody else may enter: read, written, and verified there. */
const tasksOf = (user: string, words: string): string => `
    - name: ${user} file
      ${words}
      copy: { content: "of ${user}\\n", dest: /home/${user}/file, mode: '0600' }
    - name: ${user} folder
      ${words}
      file: { path: /home/${user}/folder/deep, state: directory }
    - name: ${user} command
      ${words}
      command: { cmd: sh -c 'echo "$(id -un) $HOME" >folder/who', chdir: /home/${user}, creates: /home/${user}/folder/who }
    - name: ${user} line
      ${words}
      lineinfile: { path: /home/${user}/folder/lines, line: more, create: true }`

const written = (name: string, tasks: string): string => {
  const file = `${lab.folder}/${name}.yml`
  writeFileSync(file, `- hosts: ipfs\n  tasks:${tasks}\n`)
  return file
}
const usersOnly = () =>
  written('users', ['web', 'db'].map(user => tasksOf(user, `become: true\n      become_user: ${user}`)).join(''))
const everybody = () =>
  written(
    'everybody',
    tasksOf('admin', 'become: false') +
      ['web', 'db'].map(user => tasksOf(user, `become: true\n      become_user: ${user}`)).join('') +
      `
    - name: root file
      become: true
      copy: { content: "of root\\n", dest: /root/file }`,
  )

const sudoers = (text: string): Promise<string> =>
  lab.ssh('node0', `printf '%s\\n' '${text}' >/etc/sudoers.d/admin; chmod 440 /etc/sudoers.d/admin; visudo -cq`)
const reset = (): Promise<string> => lab.ssh('node0', 'rm -rf /home/*/file /home/*/folder /root/file')

/** Applies a playbook: all that is done belongs to whom it was done for; a second time there is nothing to do. */
const needDone = async (file: string, users: string[], ...more: string[]): Promise<{ first: Told; second: Told }> => {
  const first = await lab.applyOf(file, ...more)
  assert.is(first.code, 0, failures(first).join('\n'))
  for (const user of users) {
    const said = await lab.ssh(
      'node0',
      `cd /home/${user} && stat -c '%U' file folder/deep folder/who && cat file folder/lines folder/who`,
    )
    assert.equal(said.split('\n'), [user, user, user, `of ${user}`, 'more', `${user} /home/${user}`])
  }
  const second = await lab.applyOf(file, ...more)
  assert.is(second.code, 0, failures(second).join('\n'))
  assert.equal([...new Set(resultsOf(second).map(({ status }) => status))], ['ok'])
  return { first, second }
}

/** A plan that ends at once because a host lets nobody become another user. */
const needRefused = async (why: RegExp, fix: RegExp, ...more: string[]): Promise<void> => {
  const told = await lab.applyOf(everybody(), ...asAdmin, ...more)
  const [lost] = told.events.filter(event => event.type === 'host-lost')
  assert.is(lost?.failure.reason, 'host-become', failures(told).join('\n'))
  assert.match(lost!.failure.why ?? '', why, JSON.stringify(lost!.failure))
  assert.match(lost!.failure.fix ?? '', fix)
  assert.is(told.code, 1)
  assert.equal(plannedOf(told).filter(({ verdict }) => verdict === 'change').length, 0)
}

const wrongTries = async (): Promise<number> =>
  Number(await lab.ssh('node0', "journalctl -q | grep -c 'authentication failure' || :"))

check('where a task becomes root, any users are one session', async () => {
  await lab.raise(1)
  const accounts = ['admin', 'web', 'db'].map(
    user => `id ${user} >/dev/null 2>&1 || useradd -m -s /bin/bash ${user}; chmod 700 /home/${user}`,
  )
  await lab.ssh(
    'node0',
    `${accounts.join('; ')}; echo 'admin:${PASSWORD}' | chpasswd; echo 'root:${PASSWORD} of root' | chpasswd`,
  )
  const { first, second } = await needDone(everybody(), ['admin', 'web', 'db'], ...asAdmin)
  assert.is(counts(second, 'roundTrips').node0, 1)
  assert.ok(counts(first, 'roundTrips').node0! <= 6, `${counts(first, 'roundTrips').node0} round trips`)
})

check('who may become two users, and not root, does just that', async () => {
  await reset()
  await sudoers('admin ALL=(web,db) NOPASSWD: ALL')
  await needDone(usersOnly(), ['web', 'db'], ...asAdmin)
  await needRefused(/not allowed to execute|a password is required/, /admin ALL=\(ALL\) NOPASSWD: ALL/)
})

check('sudo with a password: one round trip more, and nobody sees it', async () => {
  await reset()
  await sudoers('admin ALL=(ALL:ALL) ALL')
  const { second } = await needDone(everybody(), ['admin', 'web', 'db'], ...asAdmin, ...withPassword)
  assert.is(counts(second, 'roundTrips').node0, 1)
  await reset()
  await needDone(usersOnly(), ['web', 'db'], ...asAdmin, ...withPassword)
  const log = await lab.ssh('node0', 'journalctl -q; cat /var/log/auth.log 2>/dev/null || :')
  assert.not.match(log, PASSWORD)
  assert.not.match(lab.said, PASSWORD)
})

check('a password that is wrong, or missing, is told at once and tried once', async () => {
  const before = await wrongTries()
  await needRefused(
    /the password is wrong/,
    /password of admin on node0.*-K/,
    '-e',
    'ansible_become_password=not-this-one',
  )
  assert.is(await wrongTries(), before + 1)
  await needRefused(/a password is required/, /-K.*or, as root on node0/s)
})

check('sudo that wants a terminal gets one', async () => {
  await reset()
  await sudoers('Defaults requiretty\nadmin ALL=(ALL:ALL) ALL')
  await needDone(everybody(), ['admin', 'web', 'db'], ...asAdmin, ...withPassword)
  await reset()
  await sudoers('Defaults requiretty\nadmin ALL=(ALL:ALL) NOPASSWD: ALL')
  await needDone(everybody(), ['admin', 'web', 'db'], ...asAdmin)
})

check('su takes the password of who is become', async () => {
  await reset()
  await sudoers('# nothing')
  const su = [...asAdmin, '--become-method', 'su']
  await needDone(everybody(), ['admin', 'web', 'db'], ...su, '-e', `ansible_become_password='${PASSWORD} of root'`)
  const before = await wrongTries()
  await needRefused(/the password is wrong/, /password of root/, '--become-method', 'su', ...withPassword)
  assert.is(await wrongTries(), before + 1)
  await needRefused(/asks for the password of root/, /-K/, '--become-method', 'su')
})

check('nothing of a password is in what a run leaves here', async () => {
  assert.is(await lab.must('sh', '-c', `grep -rlF '${PASSWORD}' .runbook/runs || :`), '')
  assert.not.match(lab.said, PASSWORD)
})

test.run()
