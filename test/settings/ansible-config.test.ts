import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { attempt } from '../../src/core/failure.ts'
import { readAnsibleConfig } from '../../src/settings/ansible-config.ts'
import { findAnsibleConfig } from '../../src/settings/ansible-config-file.ts'
import { settingOf } from '../../src/settings/precedence.ts'
import { targetOf } from '../../src/settings/reach.ts'

const folder = mkdtempSync(join(tmpdir(), 'runbook-ansible-cfg-'))
test.after(() => rmSync(folder, { recursive: true }))
const cfg = join(folder, 'ansible.cfg')
const written = (text: string): string => {
  writeFileSync(cfg, text)
  return cfg
}

test('the file that counts: the named one, else the one here, unless anybody may write here', () => {
  const here = join(folder, 'here')
  mkdirSync(here)
  const found = (environment = {}) => findAnsibleConfig(here, environment)
  const elsewhere = found().file
  assert.not.equal(elsewhere, join(here, 'ansible.cfg'))
  writeFileSync(join(here, 'ansible.cfg'), '')
  assert.equal(found(), { file: join(here, 'ansible.cfg'), warnings: [] })
  written('')
  assert.is(found({ ANSIBLE_CONFIG: cfg }).file, cfg)
  assert.is(found({ ANSIBLE_CONFIG: folder }).file, cfg, 'a folder stands for the file in it')
  assert.is(found({ ANSIBLE_CONFIG: '../ansible.cfg' }).file, cfg)
  assert.is(found({ ANSIBLE_CONFIG: '/nowhere.cfg' }).file, join(here, 'ansible.cfg'))
  chmodSync(here, 0o777)
  const open = found()
  assert.is(open.file, elsewhere)
  assert.match(open.warnings[0]!, /anybody may write into .*here.*ANSIBLE_CONFIG/)
  assert.equal(found({ ANSIBLE_CONFIG: cfg }), { file: cfg, warnings: [] })
})

test('what is followed is a setting with its place; paths begin where the file lies', async () => {
  const text = `[defaults]
remote_user = "ada"
private_key_file = keys/id
timeout = 7
host_key_checking = False
inventory = hosts.ini, ~/more
forks=5
[ssh_connection]
ssh_args = -C -o ControlPersist=60s -p 2222
retries = 2
[privilege_escalation]
become = yes
become_user = postgres
`
  const { configured, warnings } = readAnsibleConfig(written(text), {})
  assert.equal(warnings, [])
  const settingValue = (name: Parameters<typeof settingOf>[0]) =>
    settingOf(name, { vars: {}, configured, environment: {} })?.value
  assert.equal(settingValue('inventory'), `${folder}/hosts.ini,${homedir()}/more`)
  assert.equal(
    [settingValue('forks'), settingValue('retries'), settingValue('become'), settingValue('becomeUser')],
    ['5', '2', 'yes', 'postgres'],
  )
  const told: string[] = []
  const target = await targetOf('web', {}, { configured, environment: {}, warn: (_, text) => told.push(text) })
  assert.equal(
    [target.user, target.port, target.keyFiles, target.timeoutSeconds, target.newKeys],
    ['ada', 2222, [join(folder, 'keys/id')], 7, 'accept'],
  )
  assert.match(told[0]!, `host_key_checking (${cfg}:5)`)
})

test('environment and home stand in paths', () => {
  const { configured } = readAnsibleConfig(written('[defaults]\nprivate_key_file = $KEYS/${WHO}/id\n'), {
    KEYS: '/k',
    WHO: 'w',
  })
  assert.is(configured.get('defaults.private_key_file')!.value, '/k/w/id')
})

test('what is not followed is named once with its line; what has no meaning here is passed over', () => {
  const text =
    '[defaults]\ngathering = smart\nroles_path = roles\n[ssh_connection]\npipelining = True\n[galaxy]\nserver = x\n'
  const { warnings } = readAnsibleConfig(written(text), {})
  assert.equal(warnings, [`${cfg}: not followed: gathering (line 2), server (line 7)`])
})

test('what cannot be read is refused', () => {
  const { failures } = attempt(() => readAnsibleConfig(written('remote_user = ada\n'), {}))
  assert.equal([failures![0]!.reason, failures![0]!.origin], ['usage-file', { file: cfg, line: 1, column: 1 }])
  const other = join(folder, 'ansible.conf')
  writeFileSync(other, '')
  assert.match(attempt(() => readAnsibleConfig(other, {})).failures![0]!.fix!, '.cfg')
})

test.run()
