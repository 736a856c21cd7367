import { closeSync, existsSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startRunRecord } from '../../../src/cli/app/run-record.ts'
import { closedPort, sandbox } from '../rig.ts'

const place = sandbox()
test.after(place.remove)
place.write('site.yml', '- hosts: all\n  tasks: [{ name: say, debug: { msg: "{{ word }}" } }]\n')
place.write('hosts.yml', `all: { hosts: { gone: { ansible_host: 127.0.0.1, ansible_port: ${await closedPort()} } } }\n`)
const words = ['site.yml', '-i', 'hosts.yml', '-e', 'word=tiger-lily-7']
const idsIn = (text: string): string[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map(line => line.split(' ')[0]!)

test('what is refused before it begins, and a plan, are no runs', () => {
  assert.is(place.run(['apply', 'none.yml', '-i', 'hosts.yml']).code, 4)
  assert.is(place.run(['plan', ...words]).code, 3)
  assert.not.ok(existsSync(join(place.folder, '.runbook')))
  assert.equal(place.run(['runs']), { code: 0, out: 'No run is remembered here.\n', err: '' })
  assert.match(place.run(['resume']).err, 'No run is remembered here')
})

test('a run is remembered, without what was given by hand, and shown as it was', () => {
  const ran = place.run(['apply', ...words])
  assert.is(ran.code, 3)
  const { out, code } = place.run(['runs'])
  assert.is(code, 0)
  assert.match(out, /^\d{8}-\d{6}-[0-9a-f]{4} {2}site\.yml on 1 host: exit 3, 0 changed, 1 host lost in /)
  const [id] = idsIn(out) as [string]
  const shown = place.run(['runs', 'show', id.slice(-4)])
  assert.is(shown.out, ran.out)
  assert.is(place.run(['runs', 'show']).out, shown.out)
  const kept = place.run(['runs', 'show', id, '--format', 'json']).out
  assert.equal(
    kept
      .trim()
      .split('\n')
      .map(line => JSON.parse(line).type),
    ['started', 'host-lost', 'planned', 'result', 'summary'],
  )
  assert.not.match(kept, 'tiger-lily')
  assert.match(kept, '"variableNames":["word"]')
})

test('resume is the same command again, and asks for what it may not remember', () => {
  const asked = place.run(['resume'])
  assert.is(asked.code, 4)
  assert.match(asked.err, /was given word by hand/)
  assert.match(asked.err, /runbook resume -e word=…/)
  assert.is(place.run(['resume', '-e', 'word=tiger-lily-7']).code, 3)
  const [second, first] = idsIn(place.run(['runs']).out)
  assert.match(place.run(['runs']).out, `(resumes ${first})`)
  assert.is(place.run(['resume', second!.slice(-4), '-e', 'word=x']).code, 3)
  assert.is(place.run(['resume', 'nothing']).code, 4)
})

test('what the environment said is remembered too, and resume needs it no more', () => {
  const env = { RUNBOOK_INVENTORY: 'hosts.yml', RUNBOOK_ARTIFACTS: 'archives', RUNBOOK_LOCK: 'own.lock' }
  assert.is(place.run(['apply', 'site.yml', '-e', 'word=x'], { env }).code, 3)
  const kept = place.run(['runs', 'show', idsIn(place.run(['runs']).out)[0]!, '--format', 'json']).out
  assert.match(kept, '"inventory":["hosts.yml"]')
  assert.match(kept, '"artifacts":"archives"')
  assert.match(kept, '"lock":"own.lock"')
  assert.is(place.run(['resume', '-e', 'word=x']).code, 3)
})

test('a run whose beginning is gone is not resumed, and that is told like any bad input', () => {
  const [last, before] = idsIn(place.run(['runs']).out)
  rmSync(join(place.folder, '.runbook', 'runs', `${before}.ndjson`))
  const { code, err } = place.run(['resume', last!, '-e', 'word=x'])
  assert.is(code, 4)
  assert.match(err, `There is no run "${before}"`)
})

test('a journal that is damaged hides no other; one that was cut off says so', () => {
  const names = readdirSync(join(place.folder, '.runbook', 'runs')).sort()
  const file = (name: string): string => join(place.folder, '.runbook', 'runs', name)
  const text = readFileSync(file(names[0]!), 'utf8')
  place.write(`.runbook/runs/${names[0]}`, text.replace('\n', '\nno event\n'))
  const listed = place.run(['runs'])
  assert.is(listed.code, 0)
  assert.is(listed.out.trim().split('\n').length, names.length)
  assert.match(listed.out, /The journal .* is damaged/)
  const json = place.run(['runs', '--format', 'json']).out.trim().split('\n')
  assert.is(json.map(line => JSON.parse(line)).filter(({ failure }) => failure?.reason === 'usage-file').length, 1)
  assert.is(place.run(['runs', 'show', names[0]!.slice(0, -7)]).code, 4)
  const cut = text.split('\n').slice(0, 2).join('\n').slice(0, -5)
  place.write(`.runbook/runs/${names[0]}`, cut)
  const shown = place.run(['runs', 'show', names[0]!.slice(0, -7)])
  assert.is(shown.code, 0)
  assert.match(shown.out, /This run did not end\.\n(.*\n)*Once it is over, `runbook resume \S+` goes on with it\.\n$/)
})

test('a record of which a line is no event is named with its line, and stands in the way of nothing else', () => {
  const folder = join(place.folder, '.runbook', 'runs')
  const good = idsIn(place.run(['runs']).out)
  for (const line of ['null', '{"type":"summary"}']) {
    // The oldest and the newest.
    for (const id of ['20200101-000000-0000', '20990101-000000-0000'])
      writeFileSync(join(folder, `${id}.ndjson`), `${line}\n`)
    const listed = place.run(['runs'])
    assert.is(listed.code, 0, listed.err)
    assert.equal(idsIn(listed.out), ['20990101-000000-0000', ...good, '20200101-000000-0000'])
    for (const words of [['runs', 'show', '20200101'], ['runs', 'show'], ['resume', '20200101'], ['resume']]) {
      const { code, err } = place.run(words)
      assert.is(code, 4, `${words.join(' ')}: ${err}`)
      assert.match(err, /is damaged\.\n {2}\.runbook\/runs\/20\d\d0101-000000-0000\.ndjson:1:1/)
    }
    const drift = place.run(['drift', 'site.yml', '-e', 'word=x'])
    assert.match(drift.err, 'is damaged. Line 1 is no event')
    assert.match(drift.err, 'Nothing is compared with what its run has left.')
    assert.is(drift.code, 3, drift.err)
    const applied = place.run(['apply', ...words])
    assert.is(applied.code, 3, applied.err)
    assert.match(applied.err, 'What its run has left due is not known.')
    good.unshift(idsIn(place.run(['runs']).out)[1]!)
  }
  for (const id of ['20200101-000000-0000', '20990101-000000-0000']) rmSync(join(folder, `${id}.ndjson`))
})

test('events that do not follow from each other are shown, or said not to be a story; a run that goes on with itself is none', () => {
  const folder = join(place.folder, '.runbook', 'runs')
  const [id] = idsIn(place.run(['runs']).out) as [string]
  const lines = readFileSync(join(folder, `${id}.ndjson`), 'utf8')
    .trim()
    .split('\n')
  const file = join(folder, '20200101-000000-0000.ndjson')
  for (const some of [lines.toReversed(), lines.slice(1), [...lines, ...lines], lines.slice(-1)]) {
    writeFileSync(file, `${some.join('\n')}\n`)
    const { code, err } = place.run(['runs', 'show', '20200101'])
    assert.ok(code === 0 || code === 4, err)
  }
  writeFileSync(file, `${JSON.stringify({ ...JSON.parse(lines[0]!), resumes: '20200101-000000-0000' })}\n`)
  assert.match(place.run(['resume', '20200101', '-e', 'word=x']).err, 'which is not older')
  rmSync(file)
})

test('where runs cannot be remembered an apply goes on, and what would look at them is refused', () => {
  const folder = join(place.folder, '.runbook', 'runs')
  renameSync(folder, `${folder}.old`)
  place.write('.runbook/runs', '')
  const ran = place.run(['apply', ...words])
  assert.is(ran.code, 3)
  assert.match(ran.err, /^warning: this run is not remembered: /)
  for (const command of [['runs'], ['runs', 'show', 'x'], ['resume'], ['drift', 'site.yml']]) {
    const { code, err } = place.run(command)
    assert.is(code, 4, command.join(' '))
    assert.match(err, 'runs cannot be read: ENOTDIR.')
  }
  rmSync(folder)
  renameSync(`${folder}.old`, folder)
})

test('a journal that can be written no more, as on a full disk, ends no run', () => {
  const home = process.cwd()
  const said: string[] = []
  const { write } = process.stderr
  process.chdir(place.folder)
  process.stderr.write = (text: string | Uint8Array): boolean => said.push(String(text)) > 0
  try {
    const journal = startRunRecord()!
    journal.close()
    // The lowest number that is free, which was the journal's.
    const full = openSync('/dev/full', 'w')
    journal.write('a\n')
    journal.write('b\n')
    closeSync(full)
  } finally {
    process.stderr.write = write
    process.chdir(home)
  }
  assert.is(said.length, 1)
  assert.match(said[0]!, /^warning: this run is remembered no further: ENOSPC/)
})

test.run()
