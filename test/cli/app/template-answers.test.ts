import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { noAnswers, templateAnswers, writePasswords } from '../../../src/cli/app/template-answers.ts'
import { ansibleDelimiters } from '../../../src/jinja/delimiters.ts'
import { toPlain } from '../../../src/jinja/plain.ts'
import { readTemplate, renderValue } from '../../../src/jinja/template.ts'
import { Tripped, ValueFault } from '../../../src/jinja/value.ts'
import { sourceIn } from '../../jinja/evaluated.ts'

const folder = mkdtempSync(join(tmpdir(), 'runbook-answers-'))
test.after(() => rmSync(folder, { recursive: true }))

const template = (text: string) => readTemplate(text, ansibleDelimiters, sourceIn(`${text}.j2`))
const secrets: string[] = []

/** What templates of one run make, for a host or an item. */
const runOf = (programs: 'allowed' | 'refused' = 'allowed') => {
  const answers = noAnswers()
  const render = (one: ReturnType<typeof template>, asker = 'n1') =>
    toPlain(
      renderValue(one, {
        variable: name => (name === 'list' ? [1, 2, 3] : undefined),
        names: () => ['list'],
        template: () => undefined,
        controller: () =>
          templateAnswers({
            answers,
            asker,
            folders: [folder],
            programs,
            keepSecret: secret => secrets.push(secret),
          }),
      }),
    )
  return { answers, render }
}
const faultOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof ValueFault || error instanceof Tripped) return error.message
    throw error
  }
  return 'nothing'
}

const CHANCE = [
  "{{ lookup('password', '/dev/null') }}",
  '{{ 1000000000000 | random }}',
  "{{ 'x' | password_hash('sha512', rounds=1000) }}",
  "{{ now().strftime('%f') }} {{ 1000000000000 | random }}",
  "{{ lookup('pipe', 'head -c 9 /dev/urandom | od -An -tx1') }}",
  '{{ range(1000) | shuffle | join }}',
  "{{ query('random_choice', *range(100000)) }}",
]
for (const text of CHANCE)
  test(`what is left to chance is asked once a run, for each host and item: ${text}`, () => {
    const [one, run] = [template(text), runOf()]
    const first = run.render(one)
    assert.equal(run.render(one), first)
    assert.not.equal(run.render(one, 'n2'), first)
    assert.not.equal(runOf().render(one), first)
    assert.not.equal(run.render(readTemplate(text, ansibleDelimiters, sourceIn('other.j2'))), first)
  })

test('in a loop of a template, and in map, each time is a question of its own', () => {
  const drawn = runOf().render(
    template("{% for x in list %}{{ lookup('password', '/dev/null') }} {% endfor %}"),
  ) as string
  assert.is(new Set(drawn.trim().split(' ')).size, 3)
  const mapped = runOf().render(template("{{ [10**30, 10**30, 10**30] | map('random') | map('string') }}")) as string[]
  assert.is(new Set(mapped).size, 3)
})

test('what goes wrong is asked again, an answer is not', () => {
  const [one, run] = [template("{{ lookup('file', 'late.txt') }}"), runOf()]
  assert.match(
    faultOf(() => run.render(one)),
    /^There is no file late.txt, neither in .* nor in files\/ there\.$/,
  )
  writeFileSync(join(folder, 'late.txt'), 'a')
  assert.is(run.render(one), 'a')
  writeFileSync(join(folder, 'late.txt'), 'b')
  assert.is(run.render(one), 'a')
  assert.is(runOf().render(one), 'b')
})

test('--no-lookups runs no command and fetches nothing; files are read all the same', () => {
  const { render } = runOf('refused')
  for (const text of [
    "{{ lookup('pipe', 'true') }}",
    "{{ query('lines', 'true') }}",
    "{{ lookup('url', 'http://x') }}",
  ])
    assert.match(
      faultOf(() => render(template(text))),
      /--no-lookups was given/,
    )
  writeFileSync(join(folder, 'there.txt'), 'a')
  assert.is(render(template("{{ lookup('file', 'there.txt') }}")), 'a')
})

test('a password that is new stands in its file when an apply begins, for its owner alone, and is secret', () => {
  const path = join(folder, 'secrets/db.txt')
  const [one, run] = [template("{{ lookup('password', 'secrets/db.txt', length=12) }}"), runOf()]
  const password = run.render(one) as string
  assert.is(password.length, 12)
  assert.ok(secrets.includes(password))
  assert.is(run.render(one, 'n2'), password)
  assert.is(run.render(template("{{ lookup('password', 'secrets/db.txt length=30') }}")), password)
  assert.not.ok(existsSync(path))
  writePasswords(run.answers)
  const later = run.render(template("{{ lookup('password', 'secrets/later.txt') }}"))
  assert.is(readFileSync(join(folder, 'secrets/later.txt'), 'utf8'), `${later}\n`)
  assert.is(readFileSync(path, 'utf8'), `${password}\n`)
  assert.is(statSync(path).mode & 0o777, 0o600)
  assert.is(statSync(join(folder, 'secrets')).mode & 0o777, 0o700)
  assert.is(runOf().render(one), password)
})

test('a file of a password that somebody else has made meanwhile is not replaced', () => {
  const run = runOf()
  run.render(template("{{ lookup('password', 'other.txt') }}"))
  writeFileSync(join(folder, 'other.txt'), 'theirs')
  assert.throws(() => writePasswords(run.answers), /is there by now: plan again/)
  assert.is(readFileSync(join(folder, 'other.txt'), 'utf8'), 'theirs')
})

test('a salt is kept beside the password that is hashed with it', () => {
  const [one, run] = [template("{{ lookup('password', 'salted.txt', encrypt='sha512_crypt') }}"), runOf()]
  const hash = run.render(one)
  assert.match(hash as string, /^\$6\$rounds=656000\$[./\w]{16}\$/)
  writePasswords(run.answers)
  assert.match(readFileSync(join(folder, 'salted.txt'), 'utf8'), /^\S{20} salt=[./\w]{16}\n$/)
  assert.is(runOf().render(one), hash)
})

test('what is no plain file is not waited for', () => {
  assert.match(
    faultOf(() => runOf().render(template("{{ lookup('file', '/dev/zero') }}"))),
    /is a device/,
  )
})

test('a command that fails is told with its last words', () => {
  assert.match(
    faultOf(() => runOf().render(template("{{ lookup('pipe', 'echo gone >&2; exit 3') }}"))),
    /^This command ended with 3: echo gone >&2; exit 3: gone$/,
  )
})

/** Answers in a process of its own, since this one waits. */
const SERVER = `
import { createServer } from 'node:http'
const server = createServer((request, response) => {
  if (request.url === '/moved') return response.writeHead(302, { location: '/lines' }).end()
  if (request.url === '/gone') return response.writeHead(404).end()
  if (request.url === '/slow') return
  if (request.url === '/headers') return response.end(JSON.stringify(request.headers))
  response.end('one\\ntwo\\n')
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
`
test('url fetches lines, or the text, with headers and a login', async () => {
  const server = spawn(process.execPath, ['--input-type=module', '-e', SERVER], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [port] = await once(server.stdout!, 'data')
    const base = `http://127.0.0.1:${String(port).trim()}`
    const { render } = runOf()
    const url = (path: string, more = '') => render(template(`{{ query('url', '${base}${path}'${more}) }}`))
    assert.equal(url('/lines'), ['one', 'two'])
    assert.equal(url('/lines', ', split_lines=false'), ['one\ntwo\n'])
    assert.equal(url('/moved'), ['one', 'two'])
    const more = ", headers={'X-Token': 't'}, username='u', password='p', split_lines=false"
    const headers = JSON.parse((url('/headers', more) as string[])[0]!)
    assert.is(headers['x-token'], 't')
    assert.is(headers.authorization, `Basic ${Buffer.from('u:p').toString('base64')}`)
    assert.is(headers['user-agent'], 'ansible-httpget')
    assert.match(
      faultOf(() => url('/gone')),
      /^Received HTTP error for http.*HTTP Error 404/,
    )
    assert.match(
      faultOf(() => url('/moved', ', follow_redirects="no"')),
      /HTTP Error 302/,
    )
    assert.match(
      faultOf(() => url('/slow', ', timeout=1')),
      /^Failed lookup url for .*timeout/,
    )
  } finally {
    server.kill()
  }
  assert.match(
    faultOf(() => runOf().render(template("{{ lookup('url', 'http://u:hidden@127.0.0.1:1/') }}"))),
    /^Failed lookup url for http:\/\/u:\*+@127/,
  )
})

test.run()
