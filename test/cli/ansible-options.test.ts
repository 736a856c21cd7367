import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { adviceFor, ansibleOptions } from '../../src/cli/ansible-options.ts'
import { sandbox } from './rig.ts'

const place = sandbox()
test.after(place.remove)
place.write('hosts.yml', 'all:\n  hosts:\n    web: { ansible_host: 127.0.0.1 }\n')
place.write('play.yml', '- hosts: all\n  tasks:\n    - { name: Say, debug: hi, tags: [greet] }\n')
place.write('bad.yml', '- hosts: all\n  tasks:\n    - copy: { dset: /x }\n')

const all = ansibleOptions.flatMap(({ flags }) => flags)
const advices = ansibleOptions.map(({ value, advice }) => advice(value ?? ''))
const summaryOf = (args: string[]) => {
  const { code, out, err } = place.run([...args, '--format', 'json'])
  return { code, err, ...JSON.parse(out.trimEnd().split('\n').at(-1)!) }
}

test('the list has what people of Ansible type, each once', () => {
  const wanted = `-C --check -D --step --flush-cache
    -M --sftp-extra-args --force-handlers`
  for (const flag of wanted.split(/\s+/)) assert.ok(all.includes(flag), flag)
  assert.is(new Set(all).size, all.length)
})

test('an option is known in every form that it is written in, and its value is a part of the advice', () => {
  const forms: [string, string[]][] = [
    ['-C', ['-C']],
    ['-Mmodules', ['-Mmodules']],
  ]
  for (const [given, argv] of forms) assert.ok(adviceFor(given, ['plan', 'play.yml', ...argv]), given)
  assert.is(adviceFor('--nope', ['plan', '--nope']), undefined)
})

for (const flag of all)
  test(`${flag}: is not there, and is answered with what to do`, () => {
    const advice = adviceFor(flag, ['plan', 'play.yml', flag])
    assert.ok(advice && advice.length > 15)
    assert.not.match(advice, /\.$|undefined/)
  })

test('what an advice names is there: commands, options and pages', () => {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const text = advices.join('\n')
  const commands = [...new Set([...text.matchAll(/runbook (\w+)/g)].map(([, command]) => command!))]
  assert.equal(commands.sort(), ['apply', 'plan'])
  const help = commands.map(command => place.run([command, '--help']).out).join('\n')
  for (const [option] of text.matchAll(/(?<=[\s`])--?[a-z][a-z-]*\b/g))
    if (option !== '-o' || text.includes('plan.json')) assert.ok(help.includes(option), option)
  for (const [page] of text.matchAll(/docs\/[\w.-]+/g)) assert.ok(existsSync(root + page), page)
})

test('none of them is an option of plan, or it would be no news', () => {
  const { out } = place.run(['plan', '--help'])
  for (const flag of all) assert.not.match(out, new RegExp(`(^| )${flag}[ ,]`, 'm'))
})

test('on the command line: exit code 4, one line with what to do, and the same in JSON', () => {
  const { code, out, err } = place.run(['apply', 'play.yml', '-D', '-i', 'hosts.yml'])
  assert.equal([code, out], [4, ''])
  assert.is(err, "error: unknown option '-D'\n  fix: write it out: --diff\n")
  const { exit, failures, err: said } = summaryOf(['plan', 'play.yml', '--step'])
  assert.equal([exit, failures.length, failures[0].reason], [4, 1, 'usage-option'])
  assert.is(failures[0].fix, adviceFor('--step', ['plan', 'play.yml', '--step']))
  assert.not.match(said, 'Did you mean')
  assert.not.match(place.run(['lab', '-b']).err, 'fix:')
})

test('a playbook without a command: did you mean apply', () => {
  place.write('site', '')
  for (const [args, meant] of [
    [['play.yml'], 'play.yml'],
    [['none.yaml', '-i', 'hosts.yml'], 'none.yaml'],
    [['-i', 'hosts.yml', 'play.yml'], 'play.yml'],
    [['site', '--check'], 'site'],
  ] as const) {
    const { code, out, err } = place.run([...args])
    assert.equal([code, out], [4, ''])
    assert.match(err, `did you mean \`runbook apply ${meant}\`?`)
  }
  assert.is(summaryOf(['play.yml']).failures[0].fix, 'did you mean `runbook apply play.yml`?')
  mkdirSync(join(place.folder, 'aplly'))
  assert.match(place.run(['aplly']).err, 'Did you mean apply', 'a folder is no playbook')
  const { err } = place.run(['aply', 'play.yml'])
  assert.is(err, "error: unknown command 'aply'\n(Did you mean apply?)\n")
})

test.run()
