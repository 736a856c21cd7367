import { execFileSync } from 'node:child_process'
import { lchownSync, mkdirSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { accountGroup, defineModule, exec, T, user } from '../../src/module/module.ts'
import { verdicts, withRig } from '../plan/rig.ts'
import { loadModule, modulesWithCases } from './modules.ts'

// Whoever hands something over to an account sees it as earlier tasks leave it: with another number, or gone.

/** Of each module that has `owner` and `group`: a task that finds all as it is to be, but perhaps for its owner. */
const tasks: Record<string, string> = {
  assemble: 'src: "{{ root }}/parts", remote_src: true, dest: "{{ root }}/f"',
  blockinfile: 'path: "{{ root }}/f", state: absent',
  copy: 'dest: "{{ root }}/f", content: "x\\n"',
  file: 'path: "{{ root }}/f"',
  htpasswd: 'path: "{{ root }}/h", name: nobody, state: absent',
  ini_file: 'path: "{{ root }}/f", section: none, option: none, state: absent',
  lineinfile: 'path: "{{ root }}/f", line: x',
  openssh_keypair: 'path: "{{ root }}/k", type: ed25519',
  replace: 'path: "{{ root }}/f", regexp: y, replace: x',
  template: 'src: t.hbs, dest: "{{ root }}/f"',
  unarchive: 'src: "{{ root }}/a.tar", remote_src: true, dest: "{{ root }}/into"',
}
const more: [module: string, args: string][] = [
  ['copy', 'src: "{{ root }}/f", remote_src: true, dest: "{{ root }}/f"'],
  ['file', 'path: "{{ root }}/d", state: directory'],
  ['file', 'path: "{{ root }}/l", state: link, src: f'],
  ['file', 'path: "{{ root }}/f", state: touch'],
]
/** Those that are told a user for what they put in place, and are not looked at here: why. */
const exempt: Record<string, string> = Object.fromEntries([
  ['authorized_key', 'the file is in a folder of the user, and is his: whose it is is no argument'],
  ['cron', 'the table is of the user, and is his; jobs of /etc/cron.d are root’s'],
  ...[
    'bootstrap',
    'cluster_adopt',
    'cluster_config',
    'cluster_init',
    'cluster_join',
    'cluster_peers',
    'cluster_raft',
    'cluster_secret',
    'ipfs_account',
    'ipfs_adopt',
    'ipfs_config',
    'ipfs_exchange',
    'ipfs_existing',
    'ipfs_init',
    'ipfs_survey',
    'swarm_key',
  ].map(name => [
    name,
    'the folder belongs to the user that the daemon runs as: ipfs_init and cluster_init refuse one that is not, others only look',
  ]),
])

/** What an earlier task is to have done to an account that every host has, told and not done. */
const accounts = (what: 'renumbered' | 'removed') =>
  defineModule({
    name: 'accounts',
    about: 'Tells of another number, or of none.',
    args: T.Object({}),
    examples: [],
    reads: () => ({ user: user('daemon'), group: accountGroup('daemon') }),
    plan: (_, __, { change }) =>
      change({
        will:
          what === 'removed'
            ? { user: { exists: false }, group: { exists: false } }
            : { user: { uid: 47_111 }, group: { gid: 47_112 } },
        steps: [exec(['true'])],
        reason: what,
      }),
  })

const furnish = (root: string): void => {
  writeFileSync(`${root}/f`, 'x\n', { mode: 0o644 })
  mkdirSync(`${root}/d`)
  writeFileSync(`${root}/h`, 'ann:x\n', { mode: 0o644 })
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', `${root}/k`])
  mkdirSync(`${root}/parts`)
  writeFileSync(`${root}/parts/1`, 'x\n')
  execFileSync('ln', ['-s', 'f', `${root}/l`])
  execFileSync('tar', ['-cf', `${root}/a.tar`, '-C', root, 'f'])
  mkdirSync(`${root}/into`)
  execFileSync('tar', ['-xf', `${root}/a.tar`, '-C', `${root}/into`])
  for (const path of ['f', 'h', 'd', 'k', 'k.pub', 'l', 'into/f']) lchownSync(`${root}/${path}`, 1, 1)
}

test('every module that has an owner to set is looked at here, or is exempt', async () => {
  const found: Record<string, string[]> = { owner: [], user: [] }
  for (const name of modulesWithCases()) {
    const { args } = await loadModule(name)
    for (const [member, names] of Object.entries(found)) if (member in args.properties) names.push(name)
  }
  assert.equal(found, {
    owner: Object.keys(tasks),
    user: Object.keys(exempt).sort(),
  })
})

type Expected = { first?: 'renumbered' | 'removed'; owner: string; verdict: string }
const expected: Expected[] = [
  { owner: 'owner: daemon, group: daemon', verdict: 'ok' },
  { first: 'renumbered', owner: 'owner: daemon', verdict: 'change' },
  { first: 'renumbered', owner: 'group: daemon', verdict: 'change' },
  { first: 'renumbered', owner: 'owner: 1, group: 1', verdict: 'ok' },
  { first: 'removed', owner: 'owner: 1, group: "1"', verdict: 'ok' },
  { first: 'removed', owner: 'owner: daemon', verdict: 'fail: user daemon does not exist' },
  { first: 'removed', owner: 'group: daemon', verdict: 'fail: group daemon does not exist' },
]

for (const [module, args] of [...Object.entries(tasks), ...more])
  for (const { first, owner, verdict } of process.getuid?.() === 0 ? expected : [])
    test(`${module} { ${args}, ${owner} } behind accounts ${first ?? 'as they are'}: ${verdict}`, async () => {
      const playbook = `- hosts: all
  tasks:
    ${first ? '- { name: first, accounts: {} }' : ''}
    - { name: it, ${module}: { ${args}, ${owner} } }`
      const modules = { accounts: accounts(first ?? 'removed') }
      await withRig(playbook, { modules, files: { 't.hbs': 'x\n' } }, async rig => {
        furnish(rig.hosts.root('node0'))
        assert.is(verdicts(await rig.plan())['node0/it'], verdict)
      })
    })

test.run()
