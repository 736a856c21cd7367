import { Type } from 'typebox'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { attributeArguments } from '../../modules/builtin/lib/file-attributes.ts'
import { spelled, validate, withDefaults } from '../../src/load/schema.ts'
import { parseYaml } from '../../src/load/yaml.ts'
import { spot } from './refused.ts'

const schema = Type.Object({
  path: Type.String(),
  state: Type.Optional(Type.Union([Type.Literal('present'), Type.Literal('absent')])),
  kind: Type.Optional(Type.Enum(['file', 'folder'])),
  names: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())])),
  mode: Type.Optional(Type.String({ pattern: '^0[0-7]{3}$', description: 'Four octal digits, as in "0644".' })),
  port: Type.Optional(Type.Integer({ minimum: 1 })),
  enabled: Type.Boolean({ default: true }),
  labels: Type.Optional(Type.Record(Type.String(), Type.String())),
  limits: Type.Optional(Type.Object({ memory: Type.String(), swap: Type.Optional(Type.Boolean()) })),
  extra: Type.Optional(Type.Unknown()),
})
const failures = (yaml: string, expressions?: 'skip') => {
  const at = parseYaml(yaml, 'f')
  return validate(schema, at.value, at, { subject: 'copy', reason: 'playbook-argument', expressions })
}
const only = (yaml: string) => {
  const found = failures(yaml)
  assert.is(found.length, 1, found.map(one => one.what).join('\n'))
  return found[0]!
}

test('what fits has no failures; what has a default may be missing', () => {
  assert.equal(
    failures('{path: /x, state: absent, names: [a], mode: "0644", port: 1, labels: {a: b}, extra: {a: [1]}}'),
    [],
  )
  assert.equal(failures('path: /x\nnames: a\nlimits: {memory: 1G}'), [])
})

test('every failure says what is wrong, what to do, and where', () => {
  const cases: [yaml: string, what: RegExp, fix: RegExp, place: string][] = [
    ['path: x\nsate: absent', /"copy" has no argument "sate"/, /"state"/, '2:1'],
    ['pth: x', /"copy" has no argument "pth"/, /"path"/, '1:1'],
    ['port: 2', /"copy" needs the argument "path"/, /^/, '1:1'],
    ['path: 12', /"path".*must be text, not the number 12/, /Quote it: "12"/, '1:7'],
    ['path: x\nmode: 0644', /"mode".*must be text/, /"0644"/, '2:7'],
    ['path: x\nmode: "644"', /must match/, /octal/, '2:8'],
    ['path: x\nport: "80"', /a whole number, not "80"/, /Leave out the quotes: 80/, '2:8'],
    ['path: x\nport: 0', /at least 1/, /^/, '2:7'],
    ['path: x\nenabled: "yes"', /true or false, not "yes"/, /without quotes/, '2:11'],
    ['path: x\nstate: presnt', /one of "present", "absent", not "presnt"/, /"present"/, '2:8'],
    ['path: x\nkind: flie', /one of "file", "folder", not "flie"/, /"file"/, '2:7'],
    ['path: x\nnames: 5', /text or a list, not the number 5/, /Quote/, '2:8'],
    ['path: x\nnames: [a, 5]', /"names\[1\]".*must be text/, /Quote/, '2:12'],
    ['path: x\nlabels: {a: 1}', /"labels.a".*must be text/, /Quote/, '2:13'],
    ['path: x\nlimits: {memory: a, swp: true}', /no argument "limits.swp"/, /"swap"/, '2:21'],
    ['path: x\nlimits: {}', /needs the argument "limits.memory"/, /^/, '2:9'],
    ['[a]', /must be a mapping, not a list/, /^/, '1:1'],
  ]
  for (const [yaml, what, fix, place] of cases) {
    const failure = only(yaml)
    assert.is(failure.reason, 'playbook-argument')
    assert.match(failure.what, what)
    assert.match(failure.fix ?? '', fix)
    assert.is(spot(failure), place, yaml)
  }
  assert.match(only('path: x\nzzz: 1').why ?? '', /It has path, state/, 'the known ones are listed')
})

test('what an expression gives is made text of in the expression: quotes are there already', () => {
  const at = parseYaml('path: "{{ names | length }}"\nnames: [a, "{{ ok }}"]', 'f')
  const found = validate(schema, { path: 2, names: ['a', true] }, at, { subject: 'copy', reason: 'playbook-argument' })
  assert.equal(
    found.map(one => one.fix),
    ['Make text of it: "{{ names | length | string }}".', 'Make text of it: "{{ ok | string }}".'],
  )
})

test('several mistakes are several failures', () => {
  assert.is(failures('path: 1\nstate: x\nport: a').length, 3)
})

test('text with an expression passes for any type, but only when that is asked for', () => {
  const yaml =
    'path: "{{ a }}"\nstate: "{{ b }}"\nport: "{{ c }}"\nnames: ["{{ d }}"]\nlimits: "{{ e }}"\nenabled: "x {{ f }}"'
  assert.equal(failures(yaml, 'skip'), [])
  assert.ok(failures(yaml).length >= 4)
  assert.is(failures('path: "{{ a }}"\nport: x', 'skip').length, 1, 'what holds none is still checked')
  assert.is(failures('path: x\nnames: ["{{ a }}", 1]', 'skip').length, 1)
})

test('defaults are filled into a new object, for what is missing only', () => {
  const given = { path: 'x' }
  assert.equal(withDefaults(schema, given), { path: 'x', enabled: true })
  assert.equal(withDefaults(schema, { enabled: false }), { enabled: false })
  assert.equal(given, { path: 'x' })
  const listed = Type.Object({ tags: Type.Array(Type.String(), { default: [] }) })
  assert.is.not(withDefaults(listed, {}).tags, withDefaults(listed, {}).tags)
})

test('a schema that allows more is left open', () => {
  const at = parseYaml('a: 1\nb: 2', 'f')
  const open = Type.Object({ a: Type.Number() }, { additionalProperties: true })
  assert.equal(validate(open, at.value, at, { subject: 's', reason: 'playbook-argument' }), [])
})

test('a text that spells what is wanted is taken for it, and nothing else is', () => {
  const number = Type.Integer()
  const flag = Type.Optional(Type.Boolean())
  const mode = attributeArguments.mode
  for (const [schema, value, is] of [
    [number, '80', 80],
    [number, '-1', -1],
    [number, '80.0', '80.0'],
    [number, ' 80', ' 80'],
    [number, 80, 80],
    [flag, 'true', true],
    [flag, 'false', false],
    [flag, 'yes', 'yes'],
    [Type.String(), '80', '80'],
    [Type.String(), 80, '80'],
    [Type.String(), true, 'true'],
    [Type.String(), [1], [1]],
    [Type.String({ pattern: '^0' }), 420, 420],
    [Type.Array(Type.String()), ['a', 1], ['a', '1']],
    [Type.Array(Type.Object({ port: number })), [{ port: '80', host: '1' }], [{ port: 80, host: '1' }]],
    [undefined, '80', '80'],
    [mode, 0o644, '0644'],
    [mode, 0o1777, '1777'],
    [mode, 0, '0000'],
    [mode, '644', '644'],
    [mode, '0o755', '755'],
    // Digits without a 0 before them, read as decimal.
    [mode, 644, 644],
    [mode, 0o10000, 0o10000],
    [mode, 4.5, 4.5],
  ] as const)
    assert.equal(spelled(schema, value), is)
})

test.run()
