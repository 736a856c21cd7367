import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { awaitedJob } from '../../src/run/job-script.ts'
import { type Rig, results, said, verdicts, withRig } from '../plan/rig.ts'
import { temporary } from './local.ts'

// Programs that go on by themselves.

const withTasks = (tasks: string, use: (rig: Rig) => Promise<void>) =>
  withRig(`- hosts: all\n  gather_facts: false\n  tasks:\n${tasks}`, {}, use)
const kept = (home: string): string[] => {
  const folder = join(home, '.ansible_async')
  return existsSync(folder) ? readdirSync(folder).sort() : []
}

test('one that is waited for says what it said, and nothing is kept of it', () =>
  withTasks(
    '    - { name: it, shell: "echo out; echo err >&2; echo once >>{{ root }}/ran", async: 30, register: done }\n' +
      '    - { name: told, debug: { msg: "{{ done.stdout }} {{ done.stderr }} {{ done.rc }}" } }\n',
    async rig => {
      const before = kept(homedir())
      const ran = await rig.apply()
      assert.is(results(ran)['node0/it'], 'changed')
      assert.is(said(ran, 'told'), 'out err 0')
      assert.equal(kept(homedir()), before)
      assert.is(readFileSync(join(rig.hosts.root('node0'), 'ran'), 'utf8'), 'once\n')
    },
  ))

test('one that fails has failed with its status, and is done anew by the next run', () =>
  withTasks('    - { name: it, shell: "echo again >>{{ root }}/ran; exit 3", async: 30 }\n', async rig => {
    for (const times of [1, 2]) {
      const { outcome } = await rig.apply()
      assert.match(outcome.failures[0]!.what, 'status 3')
      assert.is(readFileSync(join(rig.hosts.root('node0'), 'ran'), 'utf8'), 'again\n'.repeat(times))
    }
  }))

test('one that takes too long is ended, and told so', () =>
  withTasks('    - { name: it, command: sleep 60, timeout: 1 }\n', async rig =>
    assert.match((await rig.apply()).outcome.failures[0]!.what, 'not done within 1 s'),
  ))

test('one that is only started is asked what has become of it, until it has ended', () =>
  withTasks(
    '    - { name: way, command: "mkfifo {{ root }}/gate" }\n' +
      '    - { name: start, shell: "read x <{{ root }}/gate; echo got $x", async: 60, poll: 0, register: job }\n' +
      '    - { name: early, async_status: { jid: "{{ job.ansible_job_id }}" }, register: early }\n' +
      '    - { name: open, shell: "echo word >{{ root }}/gate" }\n' +
      '    - { name: end, async_status: { jid: "{{ job.ansible_job_id }}" }, register: end, until: end.finished == 1, retries: 100, delay: 0.1 }\n' +
      '    - { name: told, debug: { msg: "{{ job.started }} {{ job.finished }} {{ early.finished }} {{ end.stdout }}" } }\n' +
      '    - { name: away, async_status: { jid: "{{ job.ansible_job_id }}", mode: cleanup } }\n',
    async rig => {
      const before = kept(homedir())
      const plan = verdicts(await rig.plan())
      assert.is(plan['node0/start'], 'change')
      for (const name of ['early', 'end']) assert.is(plan[`node0/${name}`], 'undecided: known after node0/start')
      const ran = await rig.apply()
      assert.is(said(ran, 'told'), '1 0 0 got word')
      assert.is(results(ran)['node0/end'], 'ok')
      assert.equal(kept(homedir()), before)
    },
  ))

test('what an earlier run has started is found when its controller is gone, and done once', async () => {
  const home = temporary()
  const at = (name: string): string => join(home, name)
  for (const name of ['begun', 'gate']) spawnSync('mkfifo', [at(name)])
  const program = `echo once >>${at('ran')}; echo x >${at('begun')}; read y <${at('gate')}; echo got $y`
  writeFileSync(at('script'), awaitedJob(program, 'jtest'))
  const env = { ...process.env, HOME: home }
  const controller = spawn('sh', ['-c', `sh ${at('script')} & wait`], { env, stdio: 'ignore' })
  await readFile(at('begun'))
  controller.kill('SIGKILL')
  await new Promise(done => controller.on('exit', done))
  const next = spawn('sh', [at('script')], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise(done => next.on('close', done))
  let out = ''
  next.stdout.setEncoding('utf8').on('data', text => {
    out += text
  })
  await writeFile(at('gate'), 'word\n')
  assert.is(await ended, 0)
  assert.is(out, 'got word\n')
  assert.is(readFileSync(at('ran'), 'utf8'), 'once\n')
})

test.run()
