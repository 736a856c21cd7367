import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { AnyModule } from '../../src/module/define.ts'
import { exec } from '../../src/module/module.ts'
import { loadModule, modulesWithCases } from '../modules/modules.ts'
import { failuresOf, results, rig, withRig } from '../plan/rig.ts'
import { createHosts } from './local.ts'

// Each module as the first of two lines in a frame, with steps that do nothing: the second line must not have run.

/** The module, but for a task on what is precious its steps do nothing. Its promises are its own. */
const idle = (module: AnyModule): AnyModule => {
  const plan = module.plan as (...words: unknown[]) => { is: string }
  return {
    ...module,
    plan: (args: { path?: string }, ...rest: unknown[]) => {
      const verdict = plan(args, ...rest)
      const isSecond = args.path?.endsWith('/precious')
      return verdict.is === 'change' && !isSecond ? { ...verdict, steps: [exec(['true'])] } : verdict
    },
  } as unknown as AnyModule
}

const firsts: Record<string, string> = {
  command: '{ cmd: "true", creates: "{{ root }}/made" }',
  copy: '{ dest: "{{ root }}/copied", content: x }',
  file: '{ path: "{{ root }}/touched", state: touch }',
  group: '{ name: nosuchgroup }',
  lineinfile: '{ path: "{{ root }}/lines", line: two }',
  replace: '{ path: "{{ root }}/lines", regexp: one, replace: two }',
  systemd_unit: '{ name: no-such-unit, content: "[Service]\\nExecStart=/bin/true\\n" }',
  template: '{ src: t.hbs, dest: "{{ root }}/rendered" }',
  unarchive: '{ src: "{{ root }}/a.tar", remote_src: true, dest: "{{ root }}/into" }',
  user: '{ name: nosuchuser, create_home: false }',
}
/** More kinds of promises that these modules make. */
const others: [module: string, args: string][] = [
  ['command', '{ cmd: "true", removes: "{{ root }}/lines" }'],
  ['file', '{ path: "{{ root }}/lines", mode: "0600" }'],
  ['file', '{ path: "{{ root }}/lines", owner: daemon, group: 77777 }'],
  ['file', '{ path: "{{ root }}/lines", state: absent }'],
  ['file', '{ path: "{{ root }}/a/b", state: directory }'],
  ['file', '{ path: "{{ root }}/link", src: lines, state: link, force: true }'],
  ['copy', '{ dest: "{{ root }}/lines", content: "one\\ntwo\\n" }'],
  ['copy', '{ dest: "{{ root }}/lines", content: "one\\n", mode: "0600" }'],
]
/** These are never the first of two in a frame. */
const exempt: Record<string, string> = {
  assert: 'changes nothing',
  clocks: 'changes nothing',
  debug: 'changes nothing',
  stat: 'changes nothing',
  wait_for: 'changes nothing, and waits',
  service: 'waits, so that its frame ends with it',
}

test('each module of the collection stands first in a pair, or is exempt', () => {
  const builtin = modulesWithCases().filter(name => name in firsts || name in exempt)
  assert.equal(builtin, [...Object.keys(firsts), ...Object.keys(exempt)].sort())
  const known = new URL('../../modules/builtin/', import.meta.url)
  for (const name of builtin) assert.ok(readFileSync(new URL(`${name}.ts`, known)).length > 0)
})

/** What the tasks find. */
const furnish = (root: string): void => {
  writeFileSync(`${root}/precious`, 'x')
  writeFileSync(`${root}/lines`, 'one\n')
  mkdirSync(`${root}/into`)
  execFileSync('tar', ['-cf', `${root}/a.tar`, '-C', root, 'lines'])
}
const files = { 't.hbs': 'x' }

/** A run that is ended when so many fragments of the frame that carries both lines have ended, and the runs behind it. */
const endedAt = async (playbook: string, moment: number, end: 'kill' | 'hangUp'): Promise<void> => {
  let gone: Promise<unknown> | undefined
  const hosts = createHosts(undefined, (host, fragments, index) => {
    const carriesBoth = fragments.filter(({ step }) => step).length > 2
    if (carriesBoth && index === moment) gone ??= hosts[end](host)
  })
  const made = rig(playbook, { files }, hosts)
  try {
    const root = hosts.root('node0')
    furnish(root)
    await made.apply()
    assert.ok(gone, 'it has been ended')
    await gone
    hosts.revive('node0')
    const { lines } = await made.plan()
    const isFirstDone = lines[0]!.verdict === 'ok'
    assert.ok(isFirstDone || existsSync(`${root}/precious`), 'the second has run, and what it runs on does not hold')
    const statuses = Object.values(results(await made.apply()))
    assert.ok(statuses.every(status => status === 'ok' || status === 'changed'))
    assert.not.ok(existsSync(`${root}/precious`))
    assert.equal(Object.values(results(await made.apply())), ['ok', 'ok'])
  } finally {
    await made.close()
  }
}

for (const [module, args] of [...Object.entries(firsts), ...others])
  test(`nothing runs behind a broken promise of ${module} ${args}`, async () => {
    const playbook = `- hosts: all
  tasks:
    - { name: first, ${module}: ${args} }
    - { name: gone, file: { path: "{{ root }}/precious", state: absent } }`
    const modules = { file: idle(await loadModule('file')), [module]: idle(await loadModule(module)) }
    await withRig(playbook, { modules, files }, async rig => {
      const root = rig.hosts.root('node0')
      furnish(root)
      const ran = await rig.apply()
      assert.is(results(ran)['node0/first'], 'failed')
      assert.is(results(ran)['node0/gone'], 'skipped (needs node0/first)')
      assert.ok(['module-broke-promise', 'host-step'].includes(failuresOf(ran)['node0/first']!))
      assert.is(readFileSync(`${root}/precious`, 'utf8'), 'x')
      const together = rig.hosts.frames.some(({ fragments }) => fragments.filter(({ step }) => step).length > 2)
      assert.ok(together, 'they travel in one frame: step, test, step')
    })
  })

/** Those that are done for real: what the others would do is done to a machine as a whole. */
const ofFiles = Object.entries(firsts).filter(([module]) => !['group', 'systemd_unit', 'user'].includes(module))
/** How what runs between two lines ends: the host is gone with all that runs there, or nobody listens to it any more. */
const endings = { 'the host is lost': 'kill', 'the controller is killed': 'hangUp' } as const

for (const [about, end] of Object.entries(endings))
  for (const [module, args] of ofFiles) {
    const first = args.replace('"true"', '"touch {{ root }}/made"')
    test(`where ${about} behind ${module} ${args}, nothing has run on what does not hold, and the next run finishes`, async () => {
      const playbook = `- hosts: all
  tasks:
    - { name: first, ${module}: ${first} }
    - { name: gone, file: { path: "{{ root }}/precious", state: absent } }`
      // Behind its step, and behind the test of what it promised.
      for (const moment of [0, 1]) await endedAt(playbook, moment, end)
    })
  }

test.run()
