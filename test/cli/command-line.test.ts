import { spawnSync } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { exit } from '../../src/core/exit.ts'
import { bin, sandbox } from './rig.ts'

const place = sandbox()
test.after(place.remove)

test('--version is that of package.json', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  for (const args of [['--version'], ['version']])
    assert.equal(place.run(args), { code: 0, out: `${version}\n`, err: '' })
})

test('--help lists the commands and every exit code', () => {
  const { code, out } = place.run(['--help'])
  assert.is(code, 0)
  for (const command of ['plan', 'apply', 'explain', 'graph', 'runs', 'resume', 'lab', 'version'])
    assert.match(out, new RegExp(`^ {2}${command} `, 'm'))
  const codes = out.slice(out.indexOf('Exit codes'))
  for (const number of Object.values(exit)) assert.match(codes, new RegExp(`\\b${number} \\w`))
})

test('--help of apply lists its options', () => {
  const { code, out } = place.run(['apply', '--help'])
  assert.is(code, 0)
  for (const option of 'inventory limit tags extra-vars artifacts diff check detailed-exitcode format'.split(' '))
    assert.match(out, `--${option}`)
  assert.not.match(out, /default: (false|\[\])/)
})

test('a slip in the command line ends with 4 and one line that says what', () => {
  for (const [args, words] of [
    [['frob'], "unknown command 'frob'"],
    [['--versoin'], 'Did you mean --version?'],
    [['plan'], "missing required argument 'playbook'"],
    [['plan', 'a.yml', '--nope'], "unknown option '--nope'"],
    [['plan', 'a.yml', 'b.yml'], 'too many arguments'],
    [['plan', 'a.yml', '--format', 'xml'], 'text, json'],
    [['lab', 'frob'], 'use up, add, rm, list, status or down'],
    [['lab', 'up', '--hosts', '0'], 'from 1 to 50'],
  ] as const) {
    const { code, out, err } = place.run([...args])
    assert.is(code, 4, args.join(' '))
    assert.is(out, '', args.join(' '))
    assert.ok(err.includes(words), `${args.join(' ')}: ${err}`)
  }
})

test('without a command the help is shown, and it is an error', () => {
  const { code, err } = place.run([])
  assert.is(code, 4)
  assert.match(err, 'Usage: runbook')
})

test('output that cannot be written is told in one line', () => {
  const { status, stderr } = spawnSync(process.execPath, [bin, '--help'], {
    stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    encoding: 'utf8',
  })
  assert.is(status, 1)
  assert.match(stderr, /^error: the output cannot be written: ENOSPC.*\n$/)
})

test.run()
