import { once } from 'node:events'
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { results, verdicts, withTasks } from '../plan/rig.ts'

test('what a step tells is what later tasks use: a new file each time', () =>
  withTasks(
    [
      '{ name: new, tempfile: { path: "{{ root }}", suffix: .conf }, register: new }',
      '{ name: write, copy: { dest: "{{ new.path }}", content: "{{ new.mode }}{{ new.state }}\\n" } }',
      '{ name: note, copy: { dest: "{{ root }}/note", content: "{{ new.path }}" } }',
      '{ name: room, tempfile: { path: "{{ root }}", state: directory }, register: room }',
      '{ name: in, copy: { dest: "{{ room.path }}/x", content: "{{ room.mode }}" } }',
    ],
    async (rig, at) => {
      assert.is(verdicts(await rig.plan())['node0/write'], 'undecided: known after node0/new')
      const paths: string[] = []
      for (const _ of [1, 2]) {
        const ran = await rig.apply()
        assert.equal(Object.values(results(ran)), ['changed', 'changed', 'changed', 'changed', 'changed'])
        paths.push(readFileSync(at('note'), 'utf8'))
        assert.is(readFileSync(paths.at(-1)!, 'utf8'), '0600file\n')
        assert.is(statSync(paths.at(-1)!).mode & 0o777, 0o600)
      }
      assert.is.not(paths[0], paths[1])
      assert.match(paths[0]!, /ansible\..*\.conf$/)
    },
  ))

test('a pause waits in an apply alone, and is no change', () =>
  withTasks(
    [
      '{ name: wait, pause: { seconds: 1 }, register: wait }',
      '{ name: ask, pause: { prompt: "go?" }, register: ask }',
      '{ name: note, copy: { dest: "{{ root }}/note", content: "{{ wait.delta }} {{ ask.user_input }}." } }',
    ],
    async (rig, at) => {
      await rig.plan()
      const ran = await rig.apply()
      assert.equal(results(ran), { 'node0/wait': 'ok', 'node0/ask': 'ok', 'node0/note': 'changed' })
      assert.is(readFileSync(at('note'), 'utf8'), '1 .')
      const warned = ran.events.flatMap(event => (event.type === 'warning' ? [event.text] : []))
      assert.equal(warned, ['there is no terminal to ask on: it goes on without an answer'])
    },
  ))

test('folders are looked through, and files read', () =>
  withTasks(
    [
      '{ name: look, find: { paths: "{{ root }}/d", recurse: true, hidden: true, file_type: any, get_checksum: true }, register: all }',
      '{ name: deep, find: { paths: "{{ root }}/d", recurse: true, follow: true, depth: 2, contains: "b.*" }, register: deep }',
      '{ name: read, slurp: { src: "{{ root }}/d/link" }, register: link }',
      "{ name: note, copy: { dest: \"{{ root }}/note\", content: \"{{ all.files | map(attribute='path') | map('basename') | join(' ') }} {{ all.files[0].checksum }} {{ deep.files | map(attribute='path') | map('basename') | join(' ') }} {{ deep.examined }} {{ link.content | b64decode }}\" } }",
    ],
    async (rig, at) => {
      mkdirSync(at('d/sub/deep'), { recursive: true })
      writeFileSync(at('d/.a'), 'abc')
      writeFileSync(at('d/one\ntwo'), 'bcd\n')
      writeFileSync(at('d/sub/x'), 'a\nbc\n')
      writeFileSync(at('d/sub/deep/y'), 'b')
      symlinkSync('sub/x', at('d/link'))
      symlinkSync('sub', at('d/to'))
      assert.is(verdicts(await rig.plan())['node0/look'], 'ok')
      await rig.apply()
      const text = readFileSync(at('note'), 'utf8')
      const names = '.a link one\ntwo to sub x deep y'
      assert.is(text, `${names} a9993e364706816aba3e25717850c26c9cd0d89d one\ntwo x x 11 a\nbc\n`)
    },
  ))

test('what somebody says is waited for: in a file, at a port', async () => {
  const server = createServer(socket => socket.write('hello 42\n')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await withTasks(
    [
      `{ name: open, wait_for: { port: ${port}, host: 127.0.0.1 } }`,
      `{ name: says, wait_for: { port: ${port}, search_regex: 'hello (\\d+)' }, register: says }`,
      '{ name: start, command: { argv: [sh, -c, "(sleep 0.3; echo ready >{{ root }}/log) >/dev/null 2>&1 &"] } }',
      '{ name: log, wait_for: { path: "{{ root }}/log", search_regex: "^rea", timeout: 20 } }',
      `{ name: gone, wait_for: { port: ${port}, state: drained, exclude_hosts: [127.0.0.1] } }`,
      '{ name: note, copy: { dest: "{{ root }}/note", content: "{{ says.match_groups[0] }}" } }',
    ],
    async (rig, at) => {
      const ran = await rig.apply()
      assert.is(results(ran)['node0/log'], 'changed')
      assert.is(readFileSync(at('note'), 'utf8'), '42')
    },
  )
  server.close()
})

test.run()
