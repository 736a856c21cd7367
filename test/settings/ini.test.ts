import { spawnSync } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { attempt } from '../../src/core/failure.ts'
import { parseIni } from '../../src/settings/ini.ts'
import { cases, fc, seed } from '../chance.ts'

const valuesOf = (text: string): Record<string, string> =>
  Object.fromEntries(parseIni(text, 'ansible.cfg').map(({ section, key, value }) => [`${section}.${key}`, value]))

test('settings, comments, values of several lines', () => {
  const text = `# first
[defaults]
Remote_User = ada ; who
; none = of this
  # nor = this
host_key_checking: False
ssh = a=b # c%h
list = one
   two

   # a comment is no part of it
   three
empty =
[ssh_connection]
ssh_args = -o ProxyCommand="x %h;y"
`
  assert.equal(valuesOf(text), {
    'defaults.remote_user': 'ada',
    'defaults.host_key_checking': 'False',
    'defaults.ssh': 'a=b # c%h',
    'defaults.list': 'one\ntwo\n\nthree',
    'defaults.empty': '',
    'ssh_connection.ssh_args': '-o ProxyCommand="x %h;y"',
  })
  assert.is(parseIni(text, 'f').find(({ key }) => key === 'list')!.origin.line, 8)
})

test('what is no INI file is refused with its line', () => {
  for (const [text, line] of [
    ['user = ada', 1],
    ['[defaults]\nuser', 2],
    ['[defaults]\n= x', 2],
    ['[defaults]\na=1\nA: 2', 3],
    ['[defaults]\n[defaults]', 2],
  ] as const) {
    const { failures } = attempt(() => parseIni(text, 'ansible.cfg'))
    assert.equal([failures![0]!.reason, failures![0]!.origin!.line], ['usage-file', line], text)
  }
})

const judge = `
import configparser, json, sys
out = []
for text in json.load(sys.stdin):
    p = configparser.ConfigParser(inline_comment_prefixes=(';',))
    try:
        p.read_string(text)
        out.append({s + '.' + k: v for s in p.sections() for k, v in p.items(s, raw=True)})
    except configparser.Error:
        out.append(None)
json.dump(out, sys.stdout)
`
const hasPython = spawnSync('python3', ['-c', 'import configparser']).status === 0

const judged = (numRuns: number): void => {
  const word = fc.constantFrom('a', 'b', 'Cd', '%h', '"x"', '#', ';', 'x;y', ' ;z', '=', ':', '[q]')
  const value = fc.array(word, { maxLength: 4 }).map(words => words.join(' '))
  const line = fc.oneof(
    fc
      .tuple(
        fc.constantFrom('', ' ', '  '),
        fc.constantFrom('k', 'K', 'l', 'm'),
        fc.constantFrom('=', ' = ', ':', ' '),
        value,
      )
      .map(parts => parts.join('')),
    fc.tuple(fc.constantFrom('', ' ', '    '), value).map(parts => parts.join('')),
    fc.constantFrom('', '  ', '[a]', '[b]', ' [c]', '# x', '  ; y'),
  )
  const text = fc.array(line, { maxLength: 8 }).map(lines => ['[first]', ...lines].join('\n'))
  const texts = fc.sample(text, { numRuns, seed })
  const { stdout } = spawnSync('python3', ['-c', judge], {
    input: JSON.stringify(texts),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const expected = JSON.parse(stdout) as (Record<string, string> | null)[]
  texts.forEach((each, at) => {
    const { value: mine } = attempt(() => valuesOf(each))
    assert.equal(mine ?? null, expected[at], JSON.stringify(each))
  })
}

const name = "generated files are read as Python's configparser reads them"
if (hasPython) test(name, () => judged(Number(process.env.RUNBOOK_RUNS ?? cases(500))))
else test.skip(`${name} (this machine has no python3)`)

test.run()
