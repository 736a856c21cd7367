import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { modulesWithCases } from '../modules/modules.ts'
import { results, verdicts, withRig } from '../plan/rig.ts'
import { extrasOf, makeWith } from './access-list.ts'
import { temporary } from './local.ts'

// What a host would not let happen is told in the plan: by real mounts, flags and names of this machine, so only as root.

const isRoot = process.getuid?.() === 0
const check = isRoot ? test : test.skip

/** Each module that puts, changes or removes a file at `f.service`, or what is in a folder `d`. */
const writers: [module: string, args: string][] = [
  ['copy', '{ dest: "{{ root }}/d/f.service", content: "two\\n" }'],
  ['copy', '{ dest: "{{ root }}/d/f.service", src: big }'],
  ['copy', '{ dest: "{{ root }}/d/f.service", src: "{{ root }}/big", remote_src: true }'],
  ['lineinfile', '{ path: "{{ root }}/d/f.service", line: two }'],
  ['replace', '{ path: "{{ root }}/d/f.service", regexp: one, replace: two }'],
  ['systemd_unit', '{ name: "{{ root }}/d/f.service", content: "[Service]\\nExecStart=/bin/true\\n" }'],
  ['template', '{ src: t.hbs, dest: "{{ root }}/d/f.service" }'],
  ['unarchive', '{ src: "{{ root }}/a.tar", remote_src: true, dest: "{{ root }}/d" }'],
  ['file', '{ path: "{{ root }}/d/f.service", state: absent }'],
]
const adjusters: [module: string, args: string][] = [['file', '{ path: "{{ root }}/d/f.service", mode: "0600" }']]
const makers: [module: string, args: string][] = [
  ['file', '{ path: "{{ root }}/d/new", state: touch }'],
  ['file', '{ path: "{{ root }}/d/new", state: directory }'],
  ['file', '{ path: "{{ root }}/d/new/er", state: directory }'],
  ['file', '{ path: "{{ root }}/d/new", src: x, state: link, force: true }'],
  ['copy', '{ dest: "{{ root }}/d/new", content: x }'],
]
const exempt: Record<string, string> = {
  assert: 'changes nothing',
  clocks: 'changes nothing',
  command: 'what a program does with a file is its own affair',
  shell: 'what a program does with a file is its own affair',
  debug: 'changes nothing',
  group: 'writes no file that a user names',
  service: 'writes no file that a user names',
  stat: 'changes nothing',
  user: 'writes no file that a user names',
  wait_for: 'changes nothing',
}

test('each module of the collection is tried, or is exempt', () => {
  const tried = [...writers, ...adjusters, ...makers].map(([name]) => name)
  const builtin = modulesWithCases().filter(name => tried.includes(name) || name in exempt)
  assert.equal(builtin, [...new Set([...tried, ...Object.keys(exempt)])].sort())
})

const big = Buffer.alloc(1_200_000, 'big\n')
type Scene = {
  about: string
  make(root: string): void
  undo?(root: string): void
  says: string | RegExp | ((root: string) => string)
}

/** Plans and applies one task in a folder `d` with a file `f.service`: it is to be refused in the plan, and to do nothing. */
const refused = (scene: Scene, tasks: [module: string, args: string][]): void => {
  for (const [module, args] of tasks)
    check(`${scene.about}: ${module} ${args}`, async () => {
      const playbook = `- hosts: all\n  tasks:\n    - { name: it, ${module}: ${args} }\n`
      await withRig(playbook, { files: { 't.hbs': 'two\n', 'files/big': big } }, async rig => {
        const root = rig.hosts.root('node0')
        mkdirSync(`${root}/d`)
        writeFileSync(`${root}/d/f.service`, 'one\n')
        mkdirSync(`${root}/packed`)
        writeFileSync(`${root}/packed/f.service`, 'two\n')
        execFileSync('tar', ['-cf', `${root}/a.tar`, '-C', `${root}/packed`, 'f.service'])
        writeFileSync(`${root}/big`, big)
        scene.make(root)
        try {
          const verdict = verdicts(await rig.apply())['node0/it']!
          assert.match(verdict, /^fail: /)
          assert.match(verdict, typeof scene.says === 'function' ? scene.says(root) : scene.says)
        } finally {
          scene.undo?.(root)
        }
        assert.is(readFileSync(`${root}/d/f.service`, 'utf8'), 'one\n')
      })
    })
}
/** The same of one task, where nothing has to be made for it. */
const refusedIn = (module: string, args: string, says: string): Promise<void> =>
  withRig(`- hosts: all\n  tasks:\n    - { name: it, ${module}: ${args} }\n`, {}, async rig => {
    const root = rig.hosts.root('node0')
    mkdirSync(`${root}/d`)
    writeFileSync(`${root}/d/f.service`, 'one\n')
    const [line] = (await rig.apply()).lines
    assert.is(line?.verdict, 'fail')
    assert.match(`${line?.why} ${line?.fix}`, says)
    assert.is(readFileSync(`${root}/d/f.service`, 'utf8'), 'one\n')
  })
const sh = (...argv: string[]): void => void execFileSync(argv[0]!, argv.slice(1))

refused(
  {
    about: 'a file that is mounted over it',
    make: root => {
      writeFileSync(`${root}/other`, 'one\n')
      sh('mount', '--bind', `${root}/other`, `${root}/d/f.service`)
    },
    undo: root => sh('umount', `${root}/d/f.service`),
    says: '/other of ',
  },
  writers,
)
refused(
  {
    about: 'a folder that is mounted read-only',
    make: root => {
      sh('mount', '--bind', `${root}/d`, `${root}/d`)
      sh('mount', '-o', 'remount,bind,ro', `${root}/d`)
    },
    undo: root => sh('umount', `${root}/d`),
    // The unit's own module looks for itself whether its folder may be written to.
    says: /is mounted read-only at |root may not write to /,
  },
  [...writers, ...adjusters, ...makers],
)
refused(
  {
    about: 'an immutable file',
    make: root => sh('chattr', '+i', `${root}/d/f.service`),
    undo: root => sh('chattr', '-i', `${root}/d/f.service`),
    says: 'is immutable',
  },
  [...writers, ...adjusters],
)
refused(
  {
    about: 'a file that may only grow',
    make: root => sh('chattr', '+a', `${root}/d/f.service`),
    undo: root => sh('chattr', '-a', `${root}/d/f.service`),
    says: 'is append-only',
  },
  writers,
)
refused(
  {
    about: 'an immutable folder',
    make: root => sh('chattr', '+i', `${root}/d`),
    undo: root => sh('chattr', '-i', `${root}/d`),
    says: /is immutable|root may not write to /,
  },
  [...writers, ...makers],
)
refused(
  {
    about: 'a file with another name',
    make: root => linkSync(`${root}/d/f.service`, `${root}/second`),
    says: 'is one of 2 names of a file',
  },
  writers.filter(([module]) => module !== 'file'),
)
refused(
  {
    about: 'the mode of a file with another name, in a folder of somebody else',
    make: root => {
      linkSync(`${root}/d/f.service`, `${root}/second`)
      sh('chown', '64321', `${root}/d`)
    },
    says: 'is one of 2 names of a file (hard links), in a folder where somebody else may have made it',
  },
  adjusters,
)
check(
  'the mode of a file with another name is set where it is of whose folder it is, and where nobody else writes',
  async () => {
    const tasks = ['theirs', 'own'].map(
      name => `{ name: ${name}, file: { path: "{{ root }}/${name}/f", mode: "0600" } }`,
    )
    await withRig(`- hosts: all\n  tasks: [${tasks.join(', ')}]\n`, {}, async rig => {
      const root = rig.hosts.root('node0')
      for (const name of ['theirs', 'own']) {
        mkdirSync(`${root}/${name}`)
        writeFileSync(`${root}/${name}/f`, 'one\n', { mode: 0o644 })
        linkSync(`${root}/${name}/f`, `${root}/${name}/second`)
      }
      sh('chown', '-R', '64321', `${root}/theirs`)
      assert.equal(results(await rig.apply()), { 'node0/theirs': 'changed', 'node0/own': 'changed' })
    })
  },
)
check('a host that lacks a program which no step on files does without: it is named in the plan', async () => {
  const bin = join(temporary(), 'bin')
  mkdirSync(bin)
  const all = (process.env.PATH ?? '').split(':').flatMap(folder => {
    const names = existsSync(folder) ? readdirSync(folder) : []
    return names.map(name => [name, `${folder}/${name}`] as const)
  })
  for (const [name, path] of new Map(all.toReversed())) if (name !== 'mktemp') symlinkSync(path, join(bin, name))
  const path = process.env.PATH
  process.env.PATH = bin
  try {
    await refusedIn('copy', '{ dest: "{{ root }}/d/f.service", content: "two\\n" }', 'mktemp is not on this host')
    await refusedIn('file', '{ path: "{{ root }}/d/f.service", mode: "0600" }', 'install mktemp in an earlier task')
  } finally {
    process.env.PATH = path
  }
})

refused(
  {
    about: 'a mount in a folder that is to be removed',
    make: root => {
      mkdirSync(`${root}/d/a/b`, { recursive: true })
      sh('mount', '-t', 'tmpfs', 'none', `${root}/d/a/b`)
    },
    undo: root => sh('umount', `${root}/d/a/b`),
    says: root => `none is mounted at ${root}/d/a/b`,
  },
  [
    ['file', '{ path: "{{ root }}/d", state: absent }'],
    ['file', '{ path: "{{ root }}/d/a/b", state: absent }'],
  ],
)
refused(
  {
    about: 'a folder through a link that leads nowhere',
    make: root => symlinkSync('nowhere', `${root}/d/l`),
    says: 'is a link that leads to no folder',
  },
  [
    ['file', '{ path: "{{ root }}/d/l/x", state: directory }'],
    ['file', '{ path: "{{ root }}/d/l/x/y", state: directory }'],
  ],
)
refused(
  {
    about: 'through a link on the way',
    make: root => {
      symlinkSync(`${root}/d`, `${root}/l`)
      writeFileSync(`${root}/other`, 'one\n')
      sh('mount', '--bind', `${root}/other`, `${root}/d/f.service`)
    },
    undo: root => sh('umount', `${root}/d/f.service`),
    says: 'is a mount point',
  },
  [['lineinfile', '{ path: "{{ root }}/l/f.service", line: two }']],
)
refused({ about: 'what the kernel shows', make: () => {}, says: 'is no file on a disk' }, [
  ['copy', '{ dest: /proc/sys/vm/swappiness, content: "10\\n" }'],
  ['copy', '{ dest: /proc/sys/vm/no-such-word, content: "10\\n" }'],
  ['lineinfile', '{ path: /proc/sys/vm/swappiness, line: "10" }'],
  ['copy', '{ dest: /sys/kernel/mm/transparent_hugepage/enabled, content: never }'],
])

check('an access control list that unpacking would take away', async () => {
  const playbook =
    '- hosts: all\n  tasks:\n    - { name: it, unarchive: { src: "{{ root }}/a.tar", remote_src: true, dest: "{{ root }}/d" } }\n'
  await withRig(playbook, {}, async rig => {
    const root = rig.hosts.root('node0')
    mkdirSync(`${root}/d`)
    mkdirSync(`${root}/packed`)
    writeFileSync(`${root}/packed/a b`, 'two\n')
    sh('tar', '-cf', `${root}/a.tar`, '-C', `${root}/packed`, 'a b')
    makeWith(`${root}/d`, 'a b', '640', { access: 'user::rw-\nuser:5001:r--\ngroup::---\nmask::r--\nother::---\n' })
    assert.match(verdicts(await rig.apply())['node0/it']!, /access control list that would be lost/)
    assert.is(extrasOf(`${root}/d`, 'a b').length, 1)
  })
})

check('all names of a file may be replaced together, and one that was removed is a file of its own', async () => {
  const playbook = `- hosts: all
  tasks:
    - { name: gone, file: { path: "{{ root }}/one", state: absent } }
    - { name: new, copy: { dest: "{{ root }}/one", content: "new\\n" } }
    - { name: unpacked, unarchive: { src: "{{ root }}/a.tar", remote_src: true, dest: "{{ root }}/d" } }\n`
  await withRig(playbook, {}, async rig => {
    const root = rig.hosts.root('node0')
    for (const folder of ['d', 'packed']) mkdirSync(`${root}/${folder}`)
    writeFileSync(`${root}/one`, 'one\n')
    linkSync(`${root}/one`, `${root}/two`)
    writeFileSync(`${root}/d/a`, 'old\n')
    linkSync(`${root}/d/a`, `${root}/d/b`)
    writeFileSync(`${root}/packed/a`, 'fresh\n')
    linkSync(`${root}/packed/a`, `${root}/packed/b`)
    sh('tar', '-cf', `${root}/a.tar`, '-C', `${root}/packed`, 'a', 'b')
    const ran = await rig.apply()
    assert.equal(results(ran), { 'node0/gone': 'changed', 'node0/new': 'changed', 'node0/unpacked': 'changed' })
    assert.is(readFileSync(`${root}/two`, 'utf8'), 'one\n')
    assert.is(readFileSync(`${root}/d/b`, 'utf8'), 'fresh\n')
  })
})

check('behind what mounts, or takes a mount away, a change waits until that is known', async () => {
  const playbook = `- hosts: all
  tasks:
    - { name: unmount, command: { cmd: "umount {{ root }}/d/f.service", touches: ["{{ root }}/none"] } }
    - { name: it, lineinfile: { path: "{{ root }}/d/f.service", line: two } }\n`
  await withRig(playbook, {}, async rig => {
    const root = rig.hosts.root('node0')
    mkdirSync(`${root}/d`)
    for (const name of ['d/f.service', 'other']) writeFileSync(`${root}/${name}`, 'one\n')
    sh('mount', '--bind', `${root}/other`, `${root}/d/f.service`)
    assert.match(verdicts(await rig.plan())['node0/it']!, /^undecided: known after node0\/unmount/)
    const ran = await rig.apply()
    assert.equal(results(ran), { 'node0/unmount': 'changed', 'node0/it': 'changed' })
    assert.is(readFileSync(`${root}/d/f.service`, 'utf8'), 'one\ntwo\n')
  })
})

check('a link whose folder is there by then is followed', async () => {
  const playbook = `- hosts: all
  tasks:
    - { name: real, file: { path: "{{ root }}/real", state: directory } }
    - { name: it, file: { path: "{{ root }}/l/x/y", state: directory } }\n`
  await withRig(playbook, {}, async rig => {
    const root = rig.hosts.root('node0')
    symlinkSync('real', `${root}/l`)
    const ran = await rig.apply()
    assert.equal(results(ran), { 'node0/real': 'changed', 'node0/it': 'changed' })
    assert.ok(statSync(`${root}/real/x/y`).isDirectory())
  })
})

test('no mount is left', () => {
  assert.not.match(spawnSync('cat', ['/proc/self/mountinfo']).stdout.toString(), `runbook-run-.*${process.pid}`)
})

test.run()
