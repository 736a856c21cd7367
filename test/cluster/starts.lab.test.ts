import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { broken, counts, failures, plannedOf } from './reading.ts'
import { onLab, type Told, tell } from './rig.ts'

const { lab, check } = onLab('starts')
const unit = (name: string, text: string): string =>
  `    - { name: unit ${name}, systemd_unit: { name: ${name}, content: "${text.replaceAll('\n', '\\n')}" } }
    - { name: start ${name}, service: { name: ${name}, state: started } }\n`
const written = (name: string, tasks: string): string => {
  const file = join(lab.folder, `${name}.yml`)
  writeFileSync(file, `- hosts: node0\n  become: true\n  tasks:\n${tasks}`)
  return file
}
const planOf = async (file: string): Promise<Told> =>
  tell(await lab.start('plan', file, '-i', lab.inventory, '--format', 'json').ended)
const verdicts = (told: Told): Record<string, string> =>
  Object.fromEntries(plannedOf(told).map(({ node, verdict }) => [node.replace('node0/', ''), verdict]))
/** Plans, applies and applies again: what is decided is kept, and the second apply has nothing to do. */
const applied = async (file: string): Promise<Record<string, string>> => {
  const plan = await planOf(file)
  const first = await lab.applyOf(file)
  assert.is(first.code, 0, failures(first).join('\n'))
  assert.equal(broken(first), [])
  const second = await lab.applyOf(file)
  assert.equal([second.code, counts(second, 'changed')], [0, { node0: 0 }])
  return verdicts(plan)
}

check('a file that a oneshot unit makes: its mode waits, and a fallback is not written over it', async () => {
  await lab.raise(1)
  const oneshot = unit('mk', `[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c 'echo made >/srv/k'`)
  const file = written(
    'oneshot',
    `    - { name: kept, copy: { dest: /srv/kept, content: a } }
${oneshot}    - { name: look, stat: { path: /srv/k }, register: k }
    - { name: fallback, when: not k.stat.exists, copy: { dest: /srv/k, content: fallback } }
    - { name: mode, file: { path: /srv/k, mode: "0600" } }
    - { name: kept mode, file: { path: /srv/kept, mode: "0644" } }\n`,
  )
  const { look, mode, kept_mode, ...rest } = await applied(file)
  // What /srv/k is nobody knows: as a link it would lead to any file, and its mode would be that of this one.
  assert.equal([look, mode, kept_mode, rest.start_mk], ['undecided', 'undecided', 'undecided', 'change'])
  assert.is(await lab.ssh('node0', 'cat /srv/k; stat -c %a /srv/k'), 'made\n600')
})

check(
  'a unit of the machine, as systemd has it: a drop-in with a command before its start, and a sandbox',
  async () => {
    await lab.ssh(
      'node0',
      `printf '[Service]\\nExecStart=/bin/sleep infinity\\nProtectHome=yes\\n' >/lib/systemd/system/d.service`,
    )
    const file = written(
      'drop-in',
      `    - { name: folder, file: { path: /etc/systemd/system/d.service.d, state: directory } }
    - { name: drop, copy: { dest: /etc/systemd/system/d.service.d/a.conf, content: "[Service]\\nExecStartPre=/bin/touch /srv/pre\\n" } }
    - { name: start, service: { name: d, state: started } }
    - { name: pre, file: { path: /srv/pre, mode: "0600" } }
    - { name: home, copy: { dest: /root/x, content: a } }\n`,
    )
    const { pre, home } = await applied(file)
    assert.equal([pre, home], ['undecided', 'change'])
  },
)

check('a daemon reaches its own folders, and nothing else', async () => {
  const file = written(
    'daemon',
    `${unit('own', `[Service]\nStateDirectory=own\nExecStart=/bin/sh -c 'echo x >/var/lib/own/f; exec sleep infinity'`)}\
    - { name: own file, file: { path: /var/lib/own/f, mode: "0600" } }
    - { name: other, copy: { dest: /srv/other, content: a } }\n`,
  )
  const { own_file, other } = await applied(file)
  assert.equal([own_file, other], ['undecided', 'change'])
})

test.run()
