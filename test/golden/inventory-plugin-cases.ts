import type { InventoryCase } from './inventory-cases.ts'

// Scripts that print inventories, and files of the plugin `constructed`, to ask Ansible about.

const SCRIPT = (list: unknown, hosts: Record<string, unknown> = {}): string =>
  [
    '#!/bin/sh',
    'case "$1 $2" in',
    `"--list ") cat <<'END'\n${typeof list === 'string' ? list : JSON.stringify(list)}\nEND\n;;`,
    ...Object.entries(hosts).map(
      ([host, vars]) => `"--host ${host}") echo '${typeof vars === 'string' ? vars : JSON.stringify(vars)}';;`,
    ),
    'esac',
    '',
  ].join('\n')
const script = (list: unknown, hosts?: Record<string, unknown>, more: Partial<InventoryCase> = {}): InventoryCase => ({
  files: { 'h.sh': SCRIPT(list, hosts) },
  sources: ['h.sh'],
  forms: ['list'],
  ...more,
})

const META = { hostvars: { h: { x: 1, y: 1.0, z: ['a', { b: null }] }, nobody: { x: 1 } } }
// biome-ignore format: one a line
export const SCRIPTS: InventoryCase[] = [
  script({ a: { hosts: ['h', 'i'], vars: { v: 1 }, children: ['b'] }, b: { hosts: ['j'] }, _meta: META }, {}, { forms: ['list', 'graph'] }),
  script({ _meta: META, a: { hosts: ['h'] } }),
  script('{"a": {"hosts": ["h"], "vars": {"f": 1.0, "g": 1e3, "n": null, "l": 12345678901234567890}}, "_meta": {"hostvars": {}}}'),
  script({ a: ['h', 'i'], _meta: { hostvars: {} } }),
  script({ h: { ansible_host: '10.0.0.1' }, _meta: { hostvars: {} } }),
  script({ a: { hosts: ['h'] } }, { h: { x: 1 } }),
  script({ a: { hosts: ['h', 'i'] } }, { h: { x: 1 }, i: '' }),
  script({ a: { hosts: ['h'] } }, { h: 'no json' }),
  script({ all: { children: ['ungrouped', 'a'] }, a: { hosts: ['h'] }, ungrouped: { hosts: ['u'] }, _meta: { hostvars: {} } }),
  script({ a: { children: ['b', 'c'] }, b: { hosts: ['h'] }, c: { hosts: ['i'], vars: { ansible_group_priority: 3 } }, _meta: { hostvars: {} } }, {}, { forms: ['list', 'export'] }),
  script({ a: { hosts: 'h' }, _meta: { hostvars: {} } }),
  script({ a: { hosts: ['h'], vars: [] }, _meta: { hostvars: {} } }),
  script({ a: { hosts: [1] }, _meta: { hostvars: {} } }),
  script({ a: { hosts: ['h'] }, _meta: {} }),
  script({ a: { hosts: ['h'] }, _meta: [] }),
  script({ a: { hosts: ['h[1:3]'] }, _meta: { hostvars: {} } }),
  script({ a: { hosts: ['h'], vars: { t: '{{ x }}' } }, _meta: { hostvars: { h: { u: '{{ y }}' } } } }),
  script({}),
  script([]),
  script('x'),
  script(''),
  script('{"a": }'),
  { files: { 'h.sh': '#!/bin/sh\nexit 3\n' }, sources: ['h.sh'], forms: ['list'] },
  { files: { 'inv/a.sh': SCRIPT({ a: { hosts: ['h'] }, _meta: { hostvars: { h: { x: 1 } } } }), 'inv/b': 'h x=2\n[b]\nh', 'inv/group_vars/a': 'y: 1' }, sources: ['inv'], forms: ['list'] },
]

const HOSTS_OF =
  '[web]\nw1 port=80 tier=front tags=\'["x","y"]\'\nw2 port=443 tier=front\n[db]\nd1 tier=back tags=\'[]\'\nd2 tier=\nu1\n[ungrouped]\nfree role="{{ kind }}" kind=odd\n[web:vars]\nregion=eu-west\nmeta={"os": "debian", "rel": ""}\n[all:vars]\nsite=a\n'
const constructed = (text: string, more: Partial<InventoryCase> = {}): InventoryCase => ({
  files: { h: HOSTS_OF, 'z.yml': `plugin: constructed\n${text}` },
  sources: ['h', 'z.yml'],
  forms: ['list'],
  ...more,
})
// biome-ignore format: one a line
export const CONSTRUCTED: InventoryCase[] = [
  constructed('compose: {a: port, b: "port | int + 1", c: "tier ~ \'-\' ~ inventory_hostname", d: "[1, 2.0]", e: "{\'k\': port}"}'),
  constructed('compose: {ansible_host: "inventory_hostname + \'.example.org\'", g: group_names, s: site}'),
  constructed('compose: {a: "1", b: a}'),
  constructed('compose: {a: nothing, b: "nothing | default(5)", c: 5, d: "port +"}'),
  constructed('strict: true\ncompose: {a: nothing}'),
  constructed('strict: true\ncompose: {a: "inventory_hostname"}'),
  constructed('compose: {r: role, l: "role | length"}'),
  constructed('groups: {front: tier == "front", big: "port | default(0) | int > 100", named: "inventory_hostname.startswith(\'w\')"}', { forms: ['list', 'graph'] }),
  constructed('groups: {all_of: true, none: false, text: tier, num: 1, "odd name-x": "inventory_hostname == \'w1\'", 1st: "inventory_hostname == \'w1\'"}'),
  constructed('strict: true\ngroups: {a: "port == 80"}'),
  constructed('groups: {lonely: "group_names == [\'ungrouped\']", web: "inventory_hostname == \'d1\'"}'),
  constructed('keyed_groups: [{key: tier}]'),
  constructed('keyed_groups: [{key: tier, prefix: t}, {key: tags, prefix: tag, separator: "-"}]'),
  constructed('keyed_groups: [{key: meta, prefix: m}, {key: meta, prefix: n, trailing_separator: false}, {key: meta, prefix: o, default_value: none}]'),
  constructed('keyed_groups: [{key: tier, prefix: "", separator: ""}, {key: tier}]\nleading_separator: false'),
  constructed('keyed_groups: [{key: tier, default_value: nobody, prefix: t}]'),
  constructed('keyed_groups: [{key: tags, default_value: untagged, prefix: t}]'),
  constructed('keyed_groups: [{key: tier, prefix: t, parent_group: tiers}, {key: region, parent_group: "all_{{ region }}", prefix: r}]', { forms: ['list', 'graph'] }),
  constructed('keyed_groups: [{key: port, prefix: p}]'),
  constructed('keyed_groups: [{key: port | string, prefix: p}]'),
  constructed('strict: true\nkeyed_groups: [{key: tier}]'),
  constructed('keyed_groups: [{key: tier, default_value: a, trailing_separator: true}]'),
  constructed('keyed_groups: [{}]'),
  constructed('keyed_groups: [x]'),
  constructed('keyed_groups: [{prefix: x}]'),
  constructed('use_extra_vars: true\ncompose: {a: x}\ngroups: {g: "x is defined"}\nkeyed_groups: [{key: x}]', { extra: ['x=5'] }),
  constructed('compose: {a: x}', { extra: ['x=5'] }),
  { files: { 'i/h': HOSTS_OF, 'i/group_vars/web': 'level: 3', 'i/host_vars/w1': 'level: 4', 'i/z.yml': 'plugin: constructed\nuse_vars_plugins: true\ncompose: {a: level}' }, sources: ['i'], forms: ['list'] },
  { files: { 'i/h': HOSTS_OF, 'i/group_vars/web': 'level: 3', 'i/z.yml': 'plugin: ansible.builtin.constructed\ncompose: {a: level}' }, sources: ['i'], forms: ['list'] },
  { files: { 'i/z': HOSTS_OF, 'i/a.yml': 'plugin: constructed\ncompose: {a: "1"}' }, sources: ['i'], forms: ['list'] },
  { files: { h: HOSTS_OF, 'y.yml': 'plugin: constructed\ngroups: {one: "port is defined"}', 'z.yml': 'plugin: constructed\ngroups: {two: "\'one\' in group_names"}' }, sources: ['h', 'y.yml', 'z.yml'], forms: ['list'] },
  { files: { h: HOSTS_OF, 'z.yml': 'plugin: nothing_such' }, sources: ['h', 'z.yml'], forms: ['list'] },
]
