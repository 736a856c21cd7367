// Inventories to ask Ansible about: nasty ones, written by hand, and generated ones, the same in every run.

import { CONSTRUCTED, SCRIPTS } from './inventory-plugin-cases.ts'

/** What is read, and what is asked of it: a listing in these forms, and the hosts of patterns. */
export type InventoryCase = {
  files: Record<string, string>
  sources: string[]
  playbook?: string
  limit?: string
  extra?: string[]
  forms: ('list' | 'export' | 'yaml' | 'graph')[]
  patterns?: string[]
}

/** Numbers by chance, the same for the same seed (mulberry32). */
const chanceFrom = (seed: number) => {
  let state = seed >>> 0
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
  const of = <T>(all: readonly T[]): T => all[below(all.length)]!
  const some = <T>(all: readonly T[], most: number): T[] =>
    Array.from({ length: below(most + 1) }, () => of(all)).filter((one, at, list) => list.indexOf(one) === at)
  return { below, of, some, isHit: (percent: number): boolean => below(100) < percent }
}
type Chance = ReturnType<typeof chanceFrom>

const ini = (text: string, more: Partial<InventoryCase> = {}): InventoryCase => ({
  files: { 'h.ini': text },
  sources: ['h.ini'],
  forms: ['list'],
  ...more,
})
const yaml = (text: string, more: Partial<InventoryCase> = {}): InventoryCase => ({
  files: { 'h.yml': text },
  sources: ['h.yml'],
  forms: ['list'],
  ...more,
})

// biome-ignore format: one a line is a page of them
const VALUES = [
  '1', '-1', '+1', '01', '00', '0', '1_000', '1__0', '_1', '0x1f', '0X1F', '0o17', '0b101', '017', '1.0', '1.', '.5',
  '-0.0', '1e3', '1E3', '1e400', '1.5e-7', '12345678901234567890', '1.23456789012345678', '1j', '1L', 'True', 'true',
  'TRUE', 'yes', 'False', 'None', 'null', 'nan', '"a"', "'a'", '"a', "'", '"a" "b"', '"a"b', "'it''s'", '"x\\ty"',
  "'\\x41\\101\\q'", 'r"\\n"', 'u"x"', 'f"x"', '[]', '[1, 2]', '[1,2,]', '[,]', '[a, b]', "['a', 'b']", '[[1], [2]]',
  '()', '(1)', '(1,)', '1,2', '1,', ',', 'a,b', '{}', "{'a': 1}", '{"a": {"b": [1, 2.0]}}', '{a: 1}', "{'a'}",
  '{1: 2}', '- 1', '--1', '-True', '1+2', '1 2', 'a b', 'a=b', '=', 'a # b', '1 # b', '"a" # b', '"a # b"', 'a#b', '#',
  '...', 'foo bar', '10.0.0.1', '1.2.3', '2020-01-01', '12:30', '{{ x }}', '{{ x | default("a b") }}', '~', '*', '&a',
  '!x', '%', '@a', '|', '>', 'a: b', '{', '[', '(', '\\', '\\n', '$HOME', '`id`', 'é', '日本', '-', '--', '---', 'on',
  'off', 'Infinity', 'inf', '"""a"""', "'a' 'b'", '[1, None, True]', '"\\u00e9"', '1if', '0xg', '1e', '[1]x', '(1',
  '{"a": 1', '1 ,2', 'not True', 'lambda: 1', 'set()', 'dict()', '__import__("os")',
]

/** Every value as a variable of a group; and in quotes behind a host, as a shell would take it. */
const valueCases = (): InventoryCase[] => {
  const chunks = Array.from({ length: Math.ceil(VALUES.length / 10) }, (_, at) => VALUES.slice(at * 10, at * 10 + 10))
  return chunks.flatMap(values => [
    ini(`h\n[all:vars]\n${values.map((value, at) => `v${at} = ${value}`).join('\n')}\n`, {
      forms: ['list', 'yaml', 'graph'],
    }),
    ini(`h ${values.map((value, at) => `v${at}='${value.replaceAll("'", `'"'"'`)}'`).join(' ')}\n`),
  ])
}

// biome-ignore format: one a line is a page of them
const LINES = [
  'h', 'h a=1', 'h a=b=c', 'h a="b c"', "h a='b c'", 'h a=b\\ c', 'h a="b\\"c"', "h a='b\\'c'", 'h a=b#c', 'h a=b #c',
  'h#x a=1', 'h "a=b c"', 'h a', 'h =1', 'h a=', 'h a="', "h a='", 'h a=\\', '"h" a=1', "'h i'", 'h;a', 'h ; x',
  'h\ta=1\tb=2', 'h:22', 'h:22 a=1', 'h:', 'h: a=1', 'h:x', '10.0.0.1:22', '[::1]:22', '::1', 'fe80::1', '[fe80::1]',
  '[h]:22', 'h[1:3]', 'h[1:3]:22', 'h[01:03]', 'h[1:10:3]', 'h[a:c]', 'h[a:z:10]', 'h[A:c]', 'h[1:3]-[a:b]', 'h[:2]',
  'h[1:]', 'h[01:3]', 'h[1]', 'h[1:2', 'h1:2]', 'h[x:1]', 'h[1:2:3:4]', 'a.b.c', 'a_b', 'a-b', 'a-', '-a', 'a..b',
  'a@b', 'h$x', 'é', '10.0.0.[1:3]', '---', '- h', 'h,i', 'h|i', '*', 'h a={{x}}', 'h a="{\'b\': 1}"', 'h a="[1, 2]"',
  'h a=[1,2]', 'h a={"b":1}', 'h a=\'"x"\'', 'h a=1 a=2', 'h a.b=1', 'h a-b=1', 'h ansible_port=2 b=1',
  'h:22 ansible_port=2', 'localhost', '127.0.0.1 a=1', 'all', 'all a=1', 'ungrouped', 'h\\ i', 'h"i"j',
]

const SECTIONS = [
  '[a]\nh\n[b:children]\na\n[b:vars]\nx=1',
  '[b:children]\na\nc\n[c]\nh2\n[a]\nh1',
  '[c:children]\nb\n[b:children]\na\n[a]\nh',
  '[a:children]\nb\n[b:vars]\nx=1\n[b]\nh',
  '[b:vars]\nx=1\n[b]\nh',
  '[b:vars]\nx=1\n[b:children]\na\n[a]\nh',
  '[b:vars]\nx=1',
  '[a:children]\nb',
  '[a]\nh\n[a:children]\na',
  '[a:children]\nb\n[b:children]\na',
  '[a]\n[b]\n[c:children]\nb\na',
  '[a ]\nh',
  '[ a]\nh',
  '[a] # x\nh',
  '[a] ; x\nh',
  '[a]x\nh',
  '[a\nh',
  '[]\nh',
  '[a:b:c]\nh',
  '[a:hosts]\nh',
  '[a:HOSTS]\nh',
  '[a:]\nh',
  '[:vars]\nx=1',
  '[a-b]\nh\n[a.b]\ni\n[1a]\nj',
  '[é]\nh',
  '[all]\nh',
  '[all:vars]\nx=1\n[all]\nh',
  '[all:children]\na\n[a]\nh',
  '[all:children]\nungrouped\na\n[a]\nh\n[ungrouped]\nu',
  '[ungrouped]\nh\n[a]\nh\ni',
  'h\n[a]\nh',
  'h\n[ungrouped:vars]\nx=1',
  '[ungrouped:children]\na\n[a]\nh',
  '[a:children]\nungrouped\n[ungrouped]\nh\n[b]\nh2',
  '[a]\nh x=1\n[b]\nh x=2 y=1',
  '[a]\nh:1\n[b]\nh:2',
  '[a]\nh\n[a]\ni',
  '[a]\nh\n[a:vars]\nx = 1\n y=2 \nx=3',
  '[a]\nh\n[a:vars]\nx',
  '[a]\nh\n[a:vars]\n=1',
  '[a]\nh\n[a:vars]\nx=a # b\ny = "a" # b\nz=a;b',
  '[a]\nh\n[a:vars]\n; c\n# d\nx=1',
  '[a]\na x=1\nb',
  'a x=1\n[a]\nb',
  '[a]\nh\n[b]\nh\n[a:vars]\nx=a\n[b:vars]\nx=b',
  '[a]\nh\n[b]\nh\n[a:vars]\nx=a\nansible_group_priority=2\n[b:vars]\nx=b',
  '[a]\nh\n[b]\nh\n[a:vars]\nx=a\nansible_group_priority="2"\n[b:vars]\nx=b\nansible_group_priority=10',
  '[a]\nh\n[a:vars]\nansible_group_priority=x',
  '[a]\nh\n[p:children]\na\n[a:vars]\nx=a\n[p:vars]\nx=p\nansible_group_priority=50',
  '[a]\nh\n[p:children]\na\n[q:children]\np\n[r:children]\na\n[p:vars]\nx=p\n[q:vars]\nx=q\n[r:vars]\nx=r',
  '[a:children]\nb # c\n  c  \n[b]\nh\n[c]\ni',
  '[a:children]\nb c\n[b]\nh',
  '[a:children]\nb:c\n[b]\nh',
  '\r\n[a]\r\nh x=1\r\n',
  '[a]\n\th x=1\n\t[b]\ni',
  '[web]\nw[1:3]\n[db]\nd1\nw2\n[prod:children]\nweb\ndb\n[all:vars]\nx=1',
] // prettier-ignore

// biome-ignore format: one a line is a page of them
const YAMLS = [
  '', '# c', '---', 'all:', 'all: {}', '[]', 'x', '1', 'a: {hosts: h}', 'a: {hosts: {h: }}', 'a: {hosts: {h: {x: 1}}}',
  'a: {hosts: [h]}', 'a: {hosts: {h: 1}}', 'a: {hosts: {h: ""}}', 'a: {hosts: {h: []}}', 'a: {hosts: {h: [1]}}',
  'a: {hosts: {"h[1:2]": {x: 1}}}', 'a: {hosts: {"h:22": }}',
  'a: {hosts: {h: {x: 1.0, y: 1.5, z: [1, {a: b}], n: null, t: true}}}', 'a: {vars: x}', 'a: {vars: {x: 1}}',
  'a: {vars: [x]}', 'a: {children: b}', 'a: {children: {b: }}', 'a: {children: [b]}',
  'a: {children: {b: {hosts: {h: }}}, hosts: {i: }}', 'a: {hosts: {i: }, children: {b: {hosts: {h: }}}}',
  'a: {host: {h: }}', 'a: {host: h}', 'a: [h]', 'a: h', 'a: 1', 'plugin: ""\na: {hosts: h}',
  'all: {hosts: {h: }, vars: {x: 1}}', 'all: {children: {a: {hosts: {h: }}}, hosts: {u: }}',
  'a: {hosts: {h: }}\nb: {hosts: {h: }}', 'a: {children: {b: }}\nb: {children: {c: }}\nc: {hosts: {h: }}',
  'a: {children: {a: }}', 'a: {children: {b: {children: {a: }}}}', 'ungrouped: {hosts: {h: }}',
  'a: {hosts: {h: }, vars: {ansible_group_priority: 5, x: a}}\nb: {hosts: {h: }, vars: {x: b}}',
  'a: {hosts: {a: {x: 1}, b: }}', 'web-1: {hosts: {h: }}', 'a: {hosts: {h: {a-b: 1}}}', '[a]\nh', 'h', 'h x=1',
  'h x=1\ni x=2', '{"a": {"hosts": {"h": {"x": 1}}}}', 'a: {hosts: {h: {x: "{{ y }}"}}}',
  'all: {children: {a: {children: {b: {children: {c: {hosts: {h: }}}}}}}}',
]

const folder = (files: Record<string, string>, more: Partial<InventoryCase> = {}): InventoryCase => ({
  files,
  sources: ['inv'],
  forms: ['list'],
  ...more,
})

// biome-ignore format: one a line
const FOLDERS: InventoryCase[] = [
  folder({ 'inv/b': '[b]\nh x=b\n', 'inv/a.yml': 'a: {hosts: {h: {x: a}}}', 'inv/c.ini': 'i' }),
  folder({ 'inv/10-x': 'h x=1', 'inv/9-x': 'h x=2', 'inv/A': 'h x=3', 'inv/a': 'h x=4' }),
  folder({
    'inv/a': 'h',
    'inv/b.txt': 'no',
    'inv/c.md': 'no',
    'inv/d~': 'no',
    'inv/.e': 'no',
    'inv/f.bak': 'no',
    'inv/g.cfg': 'no',
    'inv/h.retry': 'no',
  }),
  folder({ 'inv/a': 'h', 'inv/sub/b': 'i', 'inv/sub/group_vars/all': 'x: sub', 'inv/group_vars/all': 'y: top' }),
  folder({
    'inv/a': '[a]\nh',
    'inv/group_vars/a.yml': 'x: 1',
    'inv/group_vars/a.json': '{"x": 2}',
    'inv/host_vars/h.yaml': 'y: 1',
  }),
  folder({ 'inv/a': '[a]\nh', 'inv/group_vars/a': 'x: 1', 'inv/group_vars/a.yml': 'x: 2\ny: 2' }),
  folder({
    'inv/a': '[a]\nh',
    'inv/group_vars/a/1.yml': 'x: 1\nz: 1',
    'inv/group_vars/a/2': 'x: 2',
    'inv/group_vars/a/3.txt': 'x: 3',
    'inv/group_vars/a/.4.yml': 'x: 4',
    'inv/group_vars/a/5~': 'x: 5',
    'inv/group_vars/a/s/6.json': '{"y": 6}',
    'inv/group_vars/a/t.d/7.yml': 'x: 7',
  }),
  folder({ 'inv/a': 'h', 'inv/group_vars/ungrouped': 'x: 1', 'inv/group_vars/all.yml': 'x: 0\ny: 0' }),
  folder({ 'inv/a': '[a]\nh\n[a:vars]\nx=1\n[all:vars]\ny=1', 'inv/group_vars/all': 'x: 2' }),
  folder(
    { 'inv/a': '[a]\nh x=1', 'inv/group_vars/a': 'x: 2', 'p/group_vars/a': 'x: 3\ny: 3', 'p/host_vars/h': 'y: 4' },
    { playbook: 'p' },
  ),
  folder({ 'inv/a': '[a]\nh', 'inv/group_vars/a': 'x: 2', 'p/group_vars/all': 'x: 3\ny: 3' }, { playbook: 'p' }),
  folder({ 'inv/a': '[a]\nh', 'inv/group_vars/a': '# nothing' }),
  folder({ 'inv/a': '[a]\nh', 'inv/group_vars/a': '' }),
  folder({ 'inv/a': '[a]\nh', 'inv/group_vars/a': '---\n' }),
  folder(
    { 'inv/a': '[a]\nh', 'inv/group_vars/a': 'ansible_group_priority: 5\nx: 1', 'inv/group_vars/all': 'x: 2' },
    { forms: ['list', 'graph'] },
  ),
  { files: { x: 'h x=1\n[a]\nh', y: 'h x=2\n[a]\ni', 'group_vars/a': 'g: 1' }, sources: ['x', 'y'], forms: ['list'] },
  { files: { x: 'h x=1\n[a]\nh', y: 'h x=2\n[a]\ni' }, sources: ['y', 'x'], forms: ['list'] },
  {
    files: { 'd/x': 'h', 'e/x': 'h', 'd/group_vars/all': 'x: d', 'e/group_vars/all': 'x: e' },
    sources: ['d/x', 'e/x', 'd/x'],
    forms: ['list'],
  },
  { files: {}, sources: ['a,b'], forms: ['list'] },
  { files: {}, sources: ['a,'], forms: ['list'] },
  { files: {}, sources: [' a , b:22 ,, [::1]:33, fe80::1'], forms: ['list'] },
  { files: {}, sources: ['a,a:1'], forms: ['list'] },
  { files: { 'a,b': '[x]\nh' }, sources: ['a,b'], forms: ['list'] },
  { files: { x: '[a]\nh' }, sources: ['x', 'h,i'], forms: ['list'] },
  { files: { 'h.json': '{"a": {"hosts": {"h": {"x": 1}}}}' }, sources: ['h.json'], forms: ['list'] },
  { files: { 'h.prod': '[a]\nh' }, sources: ['h.prod'], forms: ['list'] },
  { files: { 'h.prod': 'a: {hosts: {h: }}' }, sources: ['h.prod'], forms: ['list'] },
  { files: { h: 'a:\n  hosts:\n    h: {x: 1}\n' }, sources: ['h'], forms: ['list'] },
  { files: { h: '{"a": {"hosts": {"h": null}}}' }, sources: ['h'], forms: ['list'] },
  { files: { h: '# c\n\nh x=1\n' }, sources: ['h'], forms: ['list'] },
  ini('[a]\nh\ni x=1', { extra: ['x=2', 'y=3'] }),
  ini('[a]\nh\ni\n[b]\nj', { limit: 'a:!i', forms: ['list', 'yaml', 'graph'] }),
  ini('h x=1\n[a]\ni', { limit: 'nobody*' }),
] // prettier-ignore

const GROUPS = ['web', 'db', 'prod', 'stage', 'a', 'b', 'c-d', 'x1', 'ungrouped', 'all']
const HOSTS = ['h1', 'h2', 'h3', 'w[1:3]', 'n[08:10]', 'a.example.com', '10.0.0.1', 'z[a:c]', 'db', 'h1:2222']
const NAMES = ['x', 'y', 'z', 'ansible_host', 'ansible_group_priority']
const WORDS = ['1', 'a', '"two words"', '[1, 2]', 'True', '1.5', "{'k': 1}", '{{ y }}', '7']

/** A generated INI inventory: sections in any order, groups in groups, some of them used before they are declared. */
const generatedIni = ({ below, of, some, isHit }: Chance): string => {
  const groups = some(GROUPS.slice(0, 9), 6)
  const sections = groups.flatMap((group, at) => {
    const hosts = some(HOSTS, 3).map(
      host => `${host} ${isHit(40) ? `${of(NAMES.slice(0, 4))}='${of(WORDS).replaceAll("'", '"')}'` : ''}`,
    )
    const vars = some(NAMES, 3).map(name => `${name}=${name === 'ansible_group_priority' ? below(5) : of(WORDS)}`)
    const children = groups.slice(at + 1).filter(() => isHit(30))
    return [
      [`[${group}]`, ...hosts],
      ...(children.length > 0 ? [[`[${group}:children]`, ...children]] : []),
      ...(vars.length > 0 ? [[`[${group}:vars]`, ...vars]] : []),
    ]
  })
  if (isHit(30)) sections.push(['[all:vars]', `x=${of(WORDS)}`])
  const shuffled = sections.map(lines => ({ lines, by: below(1000) })).sort((a, b) => a.by - b.by)
  const free = some(HOSTS, 2)
  return `${[...free, ...shuffled.flatMap(one => one.lines)].join('\n')}\n`
}

type Tree = { hosts?: Record<string, unknown>; vars?: Record<string, unknown>; children?: Record<string, Tree | null> }
const DATA = [1, 'a', [1, 2], true, 1.5, { k: 1 }, '{{ y }}', null]

const generatedGroup = (chance: Chance, names: string[], depth: number): Tree | null => {
  const { of, some, isHit, below } = chance
  if (isHit(15)) return null
  const vars = (): Record<string, unknown> =>
    Object.fromEntries(some(NAMES.slice(0, 3), 2).map(name => [name, of(DATA)]))
  const tree: [string, unknown][] = []
  if (isHit(80)) tree.push(['hosts', Object.fromEntries(some(HOSTS, 3).map(host => [host, isHit(50) ? vars() : null]))])
  if (isHit(40)) tree.push(['vars', { ...vars(), ...(isHit(30) ? { ansible_group_priority: below(4) } : {}) }])
  const rest = names.slice(1)
  if (depth < 3 && rest.length > 0 && isHit(60))
    tree.push([
      'children',
      Object.fromEntries(
        some(rest, 3).map(name => [name, generatedGroup(chance, rest.slice(rest.indexOf(name)), depth + 1)]),
      ),
    ])
  return Object.fromEntries(
    tree
      .map(one => ({ one, by: below(100) }))
      .sort((a, b) => a.by - b.by)
      .map(({ one }) => one),
  )
}

const generatedYaml = (chance: Chance): string => {
  const names = chance.some(GROUPS.slice(0, 9), 6)
  const tops =
    chance.isHit(50) || names.length === 0 ? ['all'] : [names[0]!, ...names.slice(1).filter(() => chance.isHit(50))]
  const document = Object.fromEntries(
    tops.map(name => [
      name,
      generatedGroup(chance, name === 'all' ? ['all', ...names] : names.slice(names.indexOf(name)), 0),
    ]),
  )
  return JSON.stringify(document)
}

// biome-ignore format: one a line is a page of them
const PARTS = [
  'all', '*', 'web', 'db', 'prod', 'w*', 'h?', 'w[1:2]', 'h[12]', 'h[!1]', '~h.*', '~(web|db)', '~w[12]', 'web[0]',
  'web[-1]', 'web[0:1]', 'web[1:]', 'all[2]', 'all[1:3]', '*[4]', 'w*[3]', 'web[9]', 'web[3:1]', 'web[2:0]', 'h1',
  'h2', 'w2', 'nope', 'a.example.com', '*.com', '10.0.0.1', '10.*', 'ungrouped', 'localhost', 'n0[8:9]', 'n08',
  '[hw]1', 'z[a]', 'z?', 'prod[0-1]',
]

const generatedPattern = ({ below, of, isHit }: Chance): string => {
  const parts = Array.from(
    { length: 1 + below(4) },
    (_, at) => `${isHit(at === 0 ? 15 : 50) ? of(['!', '&']) : ''}${of(PARTS)}`,
  )
  return parts.join(of([':', ',', ',', ', ', ':']))
}

const patternCases = (chance: Chance): InventoryCase[] =>
  Array.from({ length: 12 }, () => ({
    files: {
      h: `h1\nh2\n[web]\nw[1:4]\n[db]\nh3\nw2\na.example.com\n10.0.0.1\n[prod:children]\ndb\nweb\n${generatedIni(chance)}`,
    },
    sources: ['h'],
    forms: [],
    patterns: Array.from({ length: 28 }, () => generatedPattern(chance)),
  }))

const generated = (chance: Chance, at: number): InventoryCase => {
  const isIni = chance.isHit(60)
  const name = isIni ? chance.of(['h', 'h.ini', 'inv/h']) : chance.of(['h.yml', 'h.json', 'inv/h'])
  const files: Record<string, string> = { [name]: isIni ? generatedIni(chance) : generatedYaml(chance) }
  const base = name.startsWith('inv/') ? 'inv/' : ''
  if (chance.isHit(40)) files[`${base}group_vars/${chance.of(GROUPS)}.yml`] = `x: file\nw: ${chance.below(9)}`
  if (chance.isHit(30)) files[`${base}host_vars/${chance.of(['h1', 'w2', 'db'])}`] = 'x: own\n'
  if (chance.isHit(30)) files[`play/group_vars/${chance.of(GROUPS)}`] = 'w: play\n'
  const sources = [base === '' ? name : 'inv']
  if (chance.isHit(25)) {
    files.second = generatedIni(chance)
    sources.push('second')
  }
  const forms = (['list', 'yaml', 'graph', 'export'] as const).filter((_, form) => form === 0 || at % 8 === form)
  return { files, sources, playbook: 'play', forms: [...forms] }
}

export const inventoryCases = (): InventoryCase[] => {
  const chance = chanceFrom(14)
  return [
    ...valueCases(),
    ...LINES.map(line => ini(`${line}\n`)),
    ...SECTIONS.map((text, at) => ini(text, { forms: at % 4 === 0 ? ['list', 'graph'] : ['list'] })),
    ...YAMLS.map(text => yaml(text)),
    ...FOLDERS,
    ...SCRIPTS,
    ...CONSTRUCTED,
    ...Array.from({ length: 140 }, (_, at) => generated(chance, at)),
    ...patternCases(chance),
  ]
}
