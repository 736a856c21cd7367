import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { modulesWithCases } from '../modules/modules.ts'
import { results, verdicts, withRig } from '../plan/rig.ts'
import { extrasOf, makeWith } from './access-list.ts'

// Every module that puts a file in the place of another, on one that has a list of access and an extended attribute:
// both stay, or the plan refuses. The file is `f.service`.

const big = Buffer.alloc(1_200_000, 'big\n')
const ways: [module: string, args: string][] = [
  ['copy', '{ dest: "{{ root }}/f.service", content: "two\\n" }'],
  ['copy', '{ dest: "{{ root }}/f.service", src: small }'],
  ['copy', '{ dest: "{{ root }}/f.service", src: big }'],
  ['copy', '{ dest: "{{ root }}", src: folder/ }'],
  ['copy', '{ dest: "{{ root }}/f.service", src: "{{ root }}/small", remote_src: true }'],
  ['copy', '{ dest: "{{ root }}/f.service", src: "{{ root }}/big", remote_src: true }'],
  ['file', '{ path: "{{ root }}/f.service", mode: "0600" }'],
  ['lineinfile', '{ path: "{{ root }}/f.service", line: two }'],
  ['blockinfile', '{ path: "{{ root }}/f.service", block: two }'],
  ['ini_file', '{ path: "{{ root }}/f.service", section: s, option: o, value: two }'],
  ['assemble', '{ src: "{{ root }}/packed", remote_src: true, dest: "{{ root }}/f.service" }'],
  ['replace', '{ path: "{{ root }}/f.service", regexp: one, replace: two }'],
  ['systemd_unit', '{ name: "{{ root }}/f.service", content: "[Service]\\nExecStart=/bin/true\\n", mode: "0640" }'],
  ['template', '{ src: t.hbs, dest: "{{ root }}/f.service" }'],
  ['unarchive', '{ src: "{{ root }}/a.tar", remote_src: true, dest: "{{ root }}" }'],
]
const exempt: Record<string, string> = {
  addresses: 'changes nothing',
  apt_repository: 'it puts a file in place as copy does',
  capabilities: 'its program sets what it is asked for, whatever is there',
  cron: 'it puts a file in place as lineinfile does',
  dpkg_selections: 'its program locks what it changes',
  sysctl: 'it puts a file in place as lineinfile does',
  async_status: 'changes nothing',
  getent: 'changes nothing',
  package_facts: 'changes nothing',
  service_facts: 'changes nothing',
  find: 'changes nothing',
  slurp: 'changes nothing',
  apt: 'what programs of packages do with a file is their own affair',
  package: 'what programs of packages do with a file is their own affair',
  systemd: 'its links have neither',
  authorized_key: 'it puts a file in place as lineinfile does',
  htpasswd: 'it puts a file in place as lineinfile does',
  known_hosts: 'it puts a file in place as lineinfile does',
  pamd: 'it puts a file in place as lineinfile does',
  openssh_keypair: 'its files are made in a closet and put in place as copy does',
  iptables: "rules are the kernel's, and no file",
  pause: 'changes nothing',
  tempfile: 'what it makes has a name of its own',
  pam_limits: 'it puts a file in place as lineinfile does',
  assert: 'changes nothing',
  clocks: 'changes nothing',
  command: 'what a program does with a file is its own affair',
  shell: 'what a program does with a file is its own affair',
  debug: 'changes nothing',
  fail: 'changes nothing',
  fetch: 'changes nothing',
  group: 'the programs of the accounts write their files in their own way',
  service: 'its links have neither',
  include_role: 'changes nothing',
  include_tasks: 'changes nothing',
  include_vars: 'changes nothing',
  set_fact: 'changes nothing',
  setup: 'changes nothing',
  stat: 'changes nothing',
  user: 'the programs of the accounts write their files in their own way',
  wait_for: 'changes nothing',
  bootstrap: 'members of a JSON file: see replaced.test.ts',
  cluster_adopt: 'a folder as it is, by rename, and its unit by the step write: see replaced.test.ts',
  cluster_config: 'members of a JSON file: see replaced.test.ts',
  cluster_init: 'a folder that is new',
  cluster_install: 'a folder that is new, and links',
  cluster_join: 'by the step write: see replaced.test.ts',
  cluster_peers: 'changes nothing',
  cluster_raft: 'by the step write: see replaced.test.ts',
  cluster_secret: 'members of a JSON file: see replaced.test.ts',
  go_install: 'a folder that is new, and links',
  ipfs_account: 'changes nothing',
  ipfs_adopt: 'a folder as it is, by rename, and its unit by the step write: see replaced.test.ts',
  ipfs_config: 'members of a JSON file: see replaced.test.ts',
  ipfs_existing: 'changes nothing',
  ipfs_exchange: 'by the step write: see replaced.test.ts',
  ipfs_init: 'a folder that is new',
  ipfs_install: 'a folder that is new, and links',
  ipfs_survey: 'changes nothing',
  swarm_key: 'by the step write: see replaced.test.ts',
}

test('each module replaces such a file here, or is exempt', () => {
  assert.equal(modulesWithCases(), [...new Set([...ways.map(([name]) => name), ...Object.keys(exempt)])].sort())
})

for (const [module, args] of ways)
  test(`${module} ${args}: what the file has stays, or the plan refuses`, async () => {
    const playbook = `- hosts: all\n  tasks:\n    - { name: it, ${module}: ${args} }\n`
    await withRig(
      playbook,
      { files: { 't.hbs': 'two\n', 'files/small': 'two\n', 'files/folder/f.service': 'two\n', 'files/big': big } },
      async rig => {
        const root = rig.hosts.root('node0')
        mkdirSync(`${root}/packed`)
        writeFileSync(`${root}/packed/f.service`, 'two\n', { mode: 0o640 })
        execFileSync('tar', ['-cf', `${root}/a.tar`, '-C', `${root}/packed`, 'f.service'])
        const access = 'user::rw-\nuser:5001:r--\ngroup::---\nmask::r--\nother::---\n'
        makeWith(root, 'f.service', '640', { access, attributes: { 'user.note': 'kept' } })
        writeFileSync(`${root}/f.service`, 'one\n')
        writeFileSync(`${root}/small`, 'two\n')
        writeFileSync(`${root}/big`, big)
        const before = extrasOf(root, 'f.service')
        assert.is(before.length, 2)
        const ran = await rig.apply()
        const verdict = verdicts(ran)['node0/it']!
        if (verdict.startsWith('fail')) return void assert.match(verdict, 'access control list')
        assert.is(results(ran)['node0/it'], 'changed')
        if (module !== 'file') assert.not.match(readFileSync(`${root}/f.service`, 'utf8'), /^one\n$/)
        const mask = (lines: string[]): string[] => lines.map(line => line.replace(/mask::...\n/, ''))
        assert.equal(mask(extrasOf(root, 'f.service')), mask(before))
      },
    )
  })

test.run()
