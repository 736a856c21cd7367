import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startServer, varsOf } from '../host/server.ts'
import { type Ran, sandbox } from './rig.ts'

// Secrets are planted wherever they may come from, and looked for in all that runbook says, keeps and starts.

const place = sandbox()
const host = await startServer()
test.after(async () => {
  place.remove()
  await host.stop()
})
const at = (name: string): string => join(place.folder, name)
const root = join(host.folder, 'root')
const on = (name: string): string => join(root, name)

/** By where they come from. Those in quotes are hard to write down; `short` cannot be told apart in text. */
const planted = {
  file: `Gr'een"Ma&ngo 77`,
  inventory: 'zebra-quilt-4711',
  number: 80463517,
  short: 'q7Z',
  member: 'ultra marine $ea',
  template: 'literal-in-a-template-91',
  source: 'first-line-of-a-key\nSecond/Line+OfAKey0123456789\n',
  output: 'said-by-a-command-53',
  quiet: 'said-to-a-quiet-task-28',
  environment: 'of-an-environment-64',
  item: 'looped-over-36',
  private: 'only-for-its-owner-19',
}

const site = `- hosts: all
  secrets: [pin, code, vault.password, token, "@given.yml", files/key.pem, born, items]
  vars:
    url: "https://{{ token }}@example.org/?p={{ given }}"
    items: [plain-one, ${planted.item}]
  tasks:
    - { name: conf, template: { src: conf.hbs, dest: "{{ root }}/conf", mode: "0644" } }
    - { name: closed, template: { src: closed.hbs, dest: "{{ root }}/closed", mode: "0600" } }
    - { name: own, copy: { content: "password = ${planted.private}\\n", dest: "{{ root }}/own", mode: "0600" } }
    - { name: line, lineinfile: { path: "{{ root }}/own", line: "second = ${planted.private}" } }
    - { name: url, copy: { content: "{{ url }} {{ pin }}\\n", dest: "{{ root }}/url" } }
    - { name: changed, copy: { content: "{{ token.upper() }}\\n", dest: "{{ root }}/changed" } }
    - { name: short, copy: { content: "code={{ code }}\\n", dest: "{{ root }}/short" } }
    - { name: mixed, copy: { content: "{{ pin }} code={{ code }}\\n", dest: "{{ root }}/mixed" } }
    - { name: half, copy: { content: "{{ token }} {{ vault.password.upper() }}\\n", dest: "{{ root }}/half" } }
    - { name: told, template: { src: told.hbs, dest: "{{ root }}/told" } }
    - { name: key, copy: { src: key.pem, dest: "{{ root }}/key.pem" } }
    - { name: user, copy: { content: "{{ vault.user }}\\n", dest: "{{ root }}/user" } }
    - { name: vault, copy: { content: "{{ vault }}", dest: "{{ root }}/vault" }, when: 'vault.password == ""' }
    - { name: born, command: { argv: [cat, "{{ root }}/born"], reads: ["{{ root }}/born"] }, register: born }
    - { name: use, copy: { content: "{{ born.stdout }}\\n", dest: "{{ root }}/used" } }
    - { name: quiet, no_log: true, command: { argv: [sh, -c, 'echo "$1"; env; touch "$2"', sh, "${planted.quiet}", "{{ root }}/quiet"], creates: "{{ root }}/quiet" } }
    - { name: items, loop: "{{ items }}", copy: { content: "{{ item }}\\n", dest: "{{ root }}/items" } }
    - { name: say, debug: { msg: "{{ token }} {{ born.stdout }} {{ url }} {{ pin }} {{ vault.password }}" } }
    - { name: ask, command: { argv: [sh, -c, 'cat >"$0"', "{{ root }}/asked"], stdin: "{{ given }} {{ token }}", creates: "{{ root }}/asked" } }
    - { name: held, command: { argv: [sh, -c, 'cat >/dev/null; touch "$0/held"; until [ -e "$0/go" ]; do sleep 0.05; done', "{{ root }}"], stdin: "{{ token }}{{ pin }}", creates: "{{ root }}/held" } }
    - { name: fails, command: { argv: [sh, -c, 'cat "$0"/conf "$0"/url "$0"/used "$0"/key.pem "$0"/items; cat "$0"/conf | base64 -w0 >&2; exit 3', "{{ root }}"], stdin: "{{ given }}" } }
    - { name: mute, needs: [held], no_log: true, command: { argv: [sh, -c, '. "$0"; echo "$1"; env; exit 4', "{{ root }}/env", "${planted.quiet}"] } }
`

const prepare = (): void => {
  for (const name of readdirSync(place.folder)) rmSync(at(name), { recursive: true })
  mkdirSync(root)
  for (const folder of ['templates', 'files', 'group_vars']) mkdirSync(at(folder))
  const vars = {
    ...varsOf(host),
    root,
    pin: planted.number,
    token: planted.inventory,
    code: planted.short,
  }
  place.write('hosts.json', JSON.stringify({ all: { hosts: { node0: vars } } }))
  place.write('given.yml', JSON.stringify({ given: planted.file }))
  place.write('group_vars/all.yml', JSON.stringify({ vault: { user: 'ada', password: planted.member } }))
  place.write('templates/conf.hbs', 'given {{{ given }}}\ntoken {{{ token }}} {{ pin }}\nplain words\n')
  place.write('templates/told.hbs', 'code={{ code }} {{ pin }}\n')
  place.write('templates/closed.hbs', `secret ${planted.template}\n`)
  place.write('files/key.pem', planted.source)
  writeFileSync(on('env'), `export PLANTED=${planted.environment}\n`)
  writeFileSync(on('born'), `${planted.output}\n`)
  place.write('site.yml', site)
}

const given = ['site.yml', '-i', 'hosts.json', '-e', '@given.yml']

/** What of a secret is looked for: itself, and what stands in JSON, URLs, base64 and hex for it. */
const formsOf = (secret: string): string[] => {
  const bytes = Buffer.from(secret)
  const inBase64 = [0, 1, 2].map(before => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    return text.slice(before === 0 ? 0 : before + 1, -2)
  })
  const quoted = [JSON.stringify(secret).slice(1, -1), JSON.stringify(JSON.stringify(secret).slice(1, -1)).slice(1, -1)]
  return [secret, secret.toUpperCase(), ...quoted, encodeURIComponent(secret), bytes.toString('hex'), ...inBase64]
}
const texts = Object.values(planted).flatMap(value => String(value).trim().split('\n'))
/** A text of three characters stands everywhere by chance: it is looked for as it was put. */
const wanted = texts.flatMap(text => (text === planted.short ? [`code=${text}`, `"${text}"`] : formsOf(text)))

const leaksIn = (said: Record<string, string>): string[] =>
  Object.entries(said).flatMap(([where, text]) => wanted.filter(form => text.includes(form)).map(f => `${where}: ${f}`))

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(name => join(folder, name))
    .filter(path => statSync(path).isFile())

/** The command lines and environments of all processes but this one's. */
const processes = (): string =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap(pid =>
      ['cmdline', 'environ'].map(file => {
        try {
          return readFileSync(`/proc/${pid}/${file}`, 'utf8').replaceAll('\0', ' ')
        } catch {
          return ''
        }
      }),
    )
    .join('\n')

const seen: Record<string, string> = {}
const run = async (...args: string[]): Promise<Ran> => {
  const ran = await place.start(args)
  seen[args.join(' ')] = ran.out + ran.err
  return ran
}

/** Until a path is there, or what would make it has ended. */
const reached = async (path: string, run: Promise<unknown>): Promise<void> => {
  let isOver = false
  void run.then(() => {
    isOver = true
  })
  while (!isOver && !existsSync(path)) await new Promise(resolve => setTimeout(resolve, 20))
}

test('a plan tells no secret, in any form, and neither does what is kept of it', async () => {
  prepare()
  const plan = await run('plan', ...given, '--diff', '-v')
  assert.is(plan.code, 0, plan.out + plan.err)
  assert.match(plan.out, 'given <secret>')
  assert.match(plan.out, 'plain words')
  assert.match(plan.out, /closed: <hidden: others may not read it; --diff=private shows it>/)
  await run('plan', ...given, '--diff', '--format', 'json')
  const saved = await run('plan', ...given, '-o', 'plan.json')
  assert.is(saved.code, 0, saved.err)
  for (const format of ['text', 'json']) {
    await run('plan', 'show', 'plan.json', '--diff', '-v', '--format', format)
    for (const task of ['line', 'short', 'quiet', 'ask'])
      await run('explain', 'site.yml', task, ...given.slice(1), '--format', format)
  }
  for (const format of ['dot', 'svg', 'json']) await run('graph', ...given, '--format', format)
  for (const [what, text] of Object.entries(seen)) assert.ok(text.length > 20, what)
  assert.equal(leaksIn(seen), [])
  assert.equal(leaksIn({ plan: readFileSync(at('plan.json'), 'utf8') }), [])
})

test('what others may not read is shown where it is asked for, and secrets are not even then', async () => {
  for (const format of ['text', 'json']) {
    const { out } = await place.start(['plan', ...given, '--diff=private', '--format', format])
    assert.match(out, planted.template)
    assert.match(out, planted.private)
    assert.not.match(out, planted.inventory)
  }
})

test('an apply neither, while it runs and when a command fails that prints all it can; nor does drift', async () => {
  const applied = place.start(['apply', 'plan.json', '--diff', '-v'])
  await reached(on('held'), applied)
  const running = processes()
  writeFileSync(on('go'), '')
  const ran = await applied
  seen.apply = ran.out + ran.err
  assert.is(ran.code, 1, seen.apply)
  assert.ok(running.includes('until [ -e'), seen.apply)
  for (const status of [3, 4]) assert.match(seen.apply, `A step failed with exit status ${status}.`)
  assert.is(readFileSync(on('used'), 'utf8'), `${planted.output}\n`)
  assert.is(readFileSync(on('key.pem'), 'utf8'), planted.source)
  assert.is(readFileSync(on('short'), 'utf8'), `code=${planted.short}\n`)
  for (const name of ['used', 'conf', 'own', 'short', 'items', 'changed']) writeFileSync(on(name), 'moved by hand\n')
  await run('drift', ...given, '--diff')
  await run('drift', ...given, '--format', 'json')
  await run('apply', ...given, '--diff', '-v', '--format', 'json')
  await run('runs', 'show', '2', '--diff', '-v')
  await run('runs')
  await run('resume', '--diff', '-v')
  const kept = filesBelow(at('.runbook')).map(path => [path, readFileSync(path, 'utf8')])
  assert.ok(kept.length >= 3)
  assert.equal(leaksIn({ ...seen, ...Object.fromEntries(kept), running }), [])
})

test('and what looks for them would have found them', () => {
  for (const text of texts)
    for (const form of formsOf(text).slice(0, 1))
      assert.ok(text === planted.short || leaksIn({ trap: `before ${form} after` }).length > 0)
  assert.ok(leaksIn({ trap: `{"content":"code=${planted.short}"}` }).length > 0)
})

test.run()
