/** What the templates of the golden file are rendered with. */
export const variables = {
  one: 1,
  zero: 0,
  half: 0.5,
  eight: 8.25,
  yes: true,
  no: false,
  nothing: null,
  text: 'hello world',
  quote: `it's "so"`,
  umlaut: 'Grüße 😀',
  empty: '',
  list: [3, 1, 2],
  words: ['b', 'a', 'c'],
  none: [],
  tree: { name: 'x', port: 80, inner: { deep: [1, { k: 'v' }] }, items: 'a member' },
  users: [
    { name: 'ann', id: 1, groups: ['wheel', 'dev'] },
    { name: 'bob', id: 2, groups: [] },
    { name: 'cid', id: 3 },
  ],
  ports: { http: 80, https: 443 },
}

/** The templates that those of the golden file include, import or extend. */
export const files = {
  'macros.j2':
    '{% macro pair(a, b="-") %}{{ a }}={{ b }}{% endmacro %}\n{% set level = 5 %}\n{% set _own = 1 %}\n{% macro see() %}{{ one is defined }}{% endmacro %}\n',
  'base.j2':
    'top\n{% block first %}\nfirst of base\n{% endblock %}\n{% block second %}second of base{% endblock %}\n\nend\n',
  'middle.j2': '{% extends "base.j2" %}\n{% block first %}middle {{ super() }}{% endblock %}\n',
  'part.j2': 'part of {{ tree.name }} {{ extra | default("no extra") }}\n',
  'looping.j2': '[{{ item }}]',
  'crlf.j2': 'a\r\nb\r\n',
}

const data = [
  'plain text\n',
  'no newline',
  'a\r\nb\r\n',
  '',
  '\n\n',
  '{{ text }}',
  '{{ text }}\n',
  '{{ text }}\n\n\n',
  '{{ one }}\n',
  '{{ list }}\n',
  ' {{ list }}\n',
  '{{ tree }}\n',
  '{{ half }} {{ eight }} {{ 8.0 }} {{ 1e16 }} {{ 1e-5 }} {{ 2 ** 70 }}\n',
  '{{ yes }} {{ no }} {{ nothing }} {{ none }}.\n',
  '{{ nothing }}\n',
  '{{ quote }} {{ [quote] }} {{ [umlaut] }} {{ umlaut }}\n',
  '{{ (1, 2) }} {{ (1,) }} {{ () }}\n',
  '{{ {"a": 1, 2: [none, true]} }}\n',
  '{{ "a\\tb\\x41\\d" }}|\n',
  '{{ "a" "b" }}\n',
  '{{ omit }}\n',
  'a{{ omit }}b\n',
  '{{ [1, omit, 2] }} x\n',
  '{{ {"a": omit, "b": 1} }} x\n',
  '{{ [] }}{{ {} }}\n',
]

const whiteSpace = [
  'a\n{% if yes %}\nb\n{% endif %}\nc\n',
  'a\n  {% if yes %}\n  b\n  {% endif %}\nc\n',
  'a\n  {%- if yes -%}\n  b\n  {%- endif -%}\nc\n',
  'a {%- if yes %} b {% endif -%} c\n',
  'a\n{% if yes +%}\nb\n{% endif +%}\nc\n',
  'a {{- text -}} b\n',
  'a\n{{- text -}}\nb\n',
  'a {# comment #}\nb {#- comment -#} c\n',
  '{# comment\nof lines #}\nb\n',
  '{% raw %}\n{{ text }} {% if %}\n{% endraw %}\nb\n',
  '{%- raw -%}\n  {{ text }}\n  {%- endraw -%}\nb\n',
  '#jinja2: lstrip_blocks: True\na\n  {% if yes %}\n  b\n  {% endif %}\nc\n',
  '#jinja2: lstrip_blocks: True\n  {%+ if yes %}\nb\n  {% endif %}\n',
  '#jinja2: trim_blocks: False\na\n{% if yes %}\nb\n{% endif %}\nc\n',
  '#jinja2: trim_blocks: False, lstrip_blocks: True\na\n  {% if yes %}\nb\n  {% endif %}\nc\n',
  "#jinja2: variable_start_string: '[%', variable_end_string: '%]'\n[% text %] {{ text }}\n",
  "#jinja2: block_start_string: '<%', block_end_string: '%>'\n<% if yes %>\n{{ text }} {% x %}\n<% endif %>\n",
  "#jinja2: comment_start_string: '/*', comment_end_string: '*/'\na /* no */ b {# x #}\n",
  "#jinja2: newline_sequence: '\\n'\na\nb\n{{ text }}\n",
  '#jinja2: nope: True\na\n',
  '#jinja2: trim_blocks\na\n',
  '#jinja2: trim_blocks: True',
  'a\r\n{% if yes %}\r\nb {{ text }}\r\n{% endif %}\r\n',
  '{{ text }}  \n  \n',
  '{% set x = 1 %}\n\n\n{{ x }}\n',
  '\t{% set x = 1 %}\t\n{{ x }}\n',
]

const conditions = [
  '{% if one == 1 %}a{% elif zero %}b{% else %}c{% endif %}\n',
  '{% if zero %}a{% elif list %}b{% else %}c{% endif %}\n',
  '{% if none or empty or nothing %}a{% else %}c{% endif %}\n',
  '{% if nope %}a{% endif %}\n',
  '{% if nope is defined %}a{% else %}b{% endif %}\n',
  '{% if tree.nope is defined %}a{% elif tree.name is defined %}b{% endif %}\n',
  '{{ nope | default("d") }} {{ tree.nope.deep | default("e") }} {{ empty | default("f", true) }}\n',
  '{{ "a" if yes else "b" }} {{ "a" if no else "b" }}\n',
  '{{ "a" if yes }}{{ "b" if yes else nope }}\n',
  '{{ "a" if no }}\n',
  '{{ "a" if no }} x\n',
  '{{ yes and one }} {{ no or "x" }} {{ not list }} {{ zero and nope }} {{ one or nope }}\n',
  '{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 1 == 1.0 == true }}\n',
  '{{ 1 in list }} {{ "ell" in text }} {{ "name" in tree }} {{ 9 not in list }} {{ "" in "" }}\n',
  '{{ "a" < "b" }} {{ [1, 2] < [1, 3] }} {{ (1, 2) == (1, 2) }} {{ [1] == (1,) }}\n',
  '{{ 1 < "a" }}\n',
  '{{ none < 1 }}\n',
  '{{ nope == 1 }} x\n',
  '{{ nope }} x\n',
  '{{ tree.nope }} x\n',
  '{{ tree["no" ~ "pe"] }} x\n',
  '{{ 1 in 5 }}\n',
]

const arithmetic = [
  '{{ 1 + 2 }} {{ 1 + 2.0 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 4 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }}\n',
  '{{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 1 - 0.9 }} {{ 0.1 + 0.2 }} {{ 1e308 * 10 }}\n',
  '{{ -one }} {{ +one }} {{ -(1 + 2) }} {{ - 3 ** 2 }} {{ true + 1 }}\n',
  '{{ "a" + "b" }} {{ [1] + [2] }} {{ "ab" * 3 }} {{ [0] * 3 }} {{ 2 * "x" }}\n',
  '{{ 1 ~ 2 ~ "x" ~ none ~ [1, "a"] ~ true ~ 1.50 }}\n',
  '{{ 1 + "a" }}\n',
  '{{ "a" + 1 }}\n',
  '{{ [1] + (2,) }}\n',
  '{{ 1 / 0 }}\n',
  '{{ "%s %d %05.2f %x %r %%" % ("a", 3, 3.14159, 255, "q") }}\n',
  '{{ "%(name)s:%(port)d" % tree }}\n',
  '{{ "%-5s|%5s|%+d" % ("ab", "cd", 5) }}\n',
  '{{ "%s" % one }} {{ "%s" % [1, 2] }}\n',
  '{{ "%s %s" % ("a",) }}\n',
  '{{ 0x1f }} {{ 0b101 }} {{ 0o17 }} {{ 1_000 }} {{ 1.5e3 }}\n',
]

const loops = [
  '{% for x in list %}\n{{ x }}\n{% endfor %}\n',
  '{% for x in list %}{{ loop.index }}/{{ loop.index0 }}/{{ loop.revindex }}/{{ loop.revindex0 }}/{{ loop.first }}/{{ loop.last }}/{{ loop.length }} {% endfor %}\n',
  '{% for x in none %}a{% else %}nothing{% endfor %}\n',
  '{% for x in list if x > 1 %}{{ loop.index }}{{ x }}{{ "," if not loop.last }}{% endfor %}\n',
  '{% for x in list if x > 9 %}a{% else %}no{% endfor %}\n',
  '{% for k, v in tree.inner.items() %}{{ k }}={{ v }}{% endfor %}\n',
  '{% for k in ports %}{{ k }}={{ ports[k] }};{% endfor %}\n',
  '{% for k, v in ports.items() %}{{ k }}={{ v }};{% endfor %}\n',
  '{% for c in "abc" %}{{ c }}-{% endfor %}\n',
  '{% for i in range(3) %}{{ i }}{% endfor %} {% for i in range(1, 10, 4) %}{{ i }}{% endfor %} {% for i in range(3, 0, -1) %}{{ i }}{% endfor %}\n',
  '{% for u in users %}\n{% for g in u.groups | default([]) %}\n{{ u.name }} {{ g }} {{ loop.index }}\n{% endfor %}\n{% endfor %}\n',
  '{% for u in users %}{% set outer = loop %}{% for g in [1, 2] %}{{ outer.index }}.{{ loop.index }} {% endfor %}{% endfor %}\n',
  '{% for x in list %}{{ loop.cycle("odd", "even") }} {% endfor %}\n',
  '{% for x in [1, 1, 2] %}{{ loop.changed(x) }} {% endfor %}\n',
  '{% for x in list %}{{ loop.previtem | default("-") }}<{{ x }}>{{ loop.nextitem | default("-") }} {% endfor %}\n',
  '{% for n in [{"v": 1, "c": [{"v": 2, "c": []}]}] recursive %}{{ n.v }}({{ loop(n.c) }}){{ loop.depth }}{% endfor %}\n',
  '{% set x = 1 %}{% for i in list %}{% set x = i %}{{ x }}{% endfor %}{{ x }}\n',
  '{% set ns = namespace(found=false, n=0) %}{% for i in list %}{% if i == 1 %}{% set ns.found = true %}{% endif %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.found }} {{ ns.n }}\n',
  '{% set acc = [] %}{% for i in list %}{% set _ = acc.append(i * 2) %}{% endfor %}{{ acc }} x\n',
  '{% for i in nope %}{{ i }}{% endfor %}\n',
  '{% for i in nope | default([]) %}{{ i }}{% endfor %}.\n',
  '{% for i in 5 %}{{ i }}{% endfor %}\n',
  '{% for a, b in [[1, 2], [3, 4]] %}{{ a }}{{ b }} {% endfor %}\n',
  '{% for a, (b, c) in [[1, [2, 3]]] %}{{ a }}{{ b }}{{ c }}{% endfor %}\n',
  '{% for a, b in [[1, 2, 3]] %}{{ a }}{% endfor %}\n',
  '{% for i in list %}{{ i }}{% endfor %}',
  '{% for i in [7] %}{{ i }}{% endfor %}\n',
  '{% for u in users %}{{ u.groups | default("none") }}{% endfor %}\n',
]

const assignments = [
  '{% set a = 1 %}{% set b, c = 2, 3 %}{{ a }}{{ b }}{{ c }}\n',
  '{% set t = 1, 2 %}{{ t }} x\n',
  '{% set a %}x {{ one }}{% endset %}[{{ a }}]\n',
  '{% set a %}{{ list }}{% endset %}{{ a[0] }}\n',
  '{% if yes %}{% set a = 1 %}{% endif %}{{ a }}\n',
  '{% if no %}{% set a = 1 %}{% endif %}{{ a | default("unset") }}\n',
  '{% set a = nope %}b\n',
  '{% set a = nope %}{{ a | default("c") }}\n',
  '{% set a = {"x": 1} %}{% set _ = a.update({"y": 2}) %}{{ a }} x\n',
  '{% with a = 1, b = one %}{{ a }}{{ b }}{% endwith %}{{ a | default("gone") }}\n',
  '{% with %}{% set a = 1 %}{{ a }}{% endwith %}{{ a | default("gone") }}\n',
  '{% set one = 2 %}{{ one }}\n',
  '{% set x = namespace() %}{% set x.y = 1 %}{{ x.y }}\n',
  '{% set x.y = 1 %}\n',
]

const macros = [
  '{% macro m(a, b=2) %}{{ a }}-{{ b }}{% endmacro %}{{ m(1) }} {{ m(1, 3) }} {{ m(b=5, a=4) }}\n',
  '{% macro m(a, b=a) %}{{ a }}-{{ b }}{% endmacro %}{{ m(1) }}\n',
  '{% macro m(a) %}{{ a | default("none given") }}{% endmacro %}{{ m() }}\n',
  '{% macro m(a) %}{{ a }}{% endmacro %}{{ m() }} x\n',
  '{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, k=3) }}\n',
  '{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}\n',
  '{% macro m(a) %}{{ a }}{% endmacro %}{{ m(z=2) }}\n',
  '{% macro m() %}\nline\n{% endmacro %}\n[{{ m() }}]\n',
  '{% macro m() %}{{ list }}{% endmacro %}{{ m()[1] }}\n',
  '{% macro m() %}{% endmacro %}[{{ m() }}]\n',
  '{% macro fact(n) %}{{ 1 if n < 2 else n * fact(n - 1) }}{% endmacro %}{{ fact(5) }}\n',
  '{% macro m(a) %}<{{ caller(a) }}>{% endmacro %}{% call(x) m(3) %}got {{ x }}{% endcall %}\n',
  '{% macro m() %}<{{ caller() }}>{% endmacro %}{% call m() %}body{% endcall %}\n',
  '{% macro m() %}x{% endmacro %}{% call m() %}body{% endcall %}\n',
  '{% set v = 1 %}{% macro m() %}{{ v }}{% endmacro %}{% set v = 2 %}{{ m() }}\n',
  '{% for i in [1, 2] %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}\n',
  '{{ nope(1) }}\n',
  '{{ one(1) }}\n',
  '{{ text.nope() }}\n',
]

const inheritance = [
  '{% include "part.j2" %}|\n',
  '{% set extra = "more" %}{% include "part.j2" %}|\n',
  '{% include "nope.j2" %}\n',
  '{% include "nope.j2" ignore missing %}x\n',
  '{% include ["nope.j2", "part.j2"] %}|\n',
  '{% for item in list %}{% include "looping.j2" %}{% endfor %}\n',
  '{% include "part.j2" without context %}|\n',
  '{% include "crlf.j2" %}|\n',
  '{% import "macros.j2" as m %}{{ m.pair(1) }} {{ m.pair(1, 2) }} {{ m.level }}\n',
  '{% import "macros.j2" as m %}{{ m.see() }}\n',
  '{% import "macros.j2" as m with context %}{{ m.see() }}\n',
  '{% import "macros.j2" as m %}{{ m._own is defined }} {{ m.nope is defined }}\n',
  '{% from "macros.j2" import pair %}{{ pair("a") }}\n',
  '{% from "macros.j2" import pair as p, level %}{{ p("a", level) }}\n',
  '{% from "macros.j2" import nope %}{{ nope is defined }}\n',
  '{% from "macros.j2" import nope %}{{ nope() }}\n',
  '{% extends "base.j2" %}\n{% block second %}mine{% endblock %}\nleft out\n',
  '{% extends "base.j2" %}{% block first %}[{{ super() }}]{% endblock %}\n',
  '{% extends "middle.j2" %}{% block first %}<{{ super() }}>{% endblock %}\n',
  '{% extends "base.j2" %}{% set v = 1 %}{% block second %}{{ v }}{% endblock %}\n',
  '{% extends "nope.j2" %}\n',
  '{% block a %}x{% endblock %} {{ self.a() }}\n',
  '{% block a %}x{% endblock a %}|\n',
  '{% for i in [1, 2] %}{% block b scoped %}{{ i }}{% endblock %}{% endfor %}\n',
  '{% for i in [1, 2] %}{% block b %}{{ i | default("?") }}{% endblock %}{% endfor %}\n',
  '{% filter default("x") %}abc{% endfilter %}\n',
]

const members = [
  '{{ tree.inner.deep[1].k }} {{ tree["port"] }} {{ list.0 }} {{ list[-1] }} {{ users[0]["name"] }}\n',
  '{{ tree.items() }} x\n',
  '{{ tree["items"] }}\n',
  '{{ list[1:] }} {{ list[:2] }} {{ list[::-1] }} {{ list[::2] }} {{ text[2:5] }} {{ text[-5:] }} {{ umlaut[-1] }} {{ list[5:] }} .\n',
  '{{ list[9] | default("far") }} {{ list["x"] | default("no") }}\n',
  '{{ text.upper() }} {{ text.split() }} {{ text.split("o") }} {{ text.replace("l", "L") }} {{ text.startswith("he") }}\n',
  '{{ text.title() }} {{ text.capitalize() }} {{ text.find("w") }} {{ text.index("w") }} {{ text.count("l") }}\n',
  '{{ "a,b,,c".split(",") }} {{ "a,b,c".split(",", 1) }} {{ "a,b,c".rsplit(",", 1) }} {{ " a  b ".split() }} {{ "a b c".split(None, 1) }}\n',
  '{{ "  x ".strip() }}|{{ "  x ".lstrip() }}|{{ "  x ".rstrip() }}|{{ "xxaxx".strip("x") }}\n',
  '{{ ",".join(words) }} {{ "x".ljust(3) }}|{{ "x".rjust(3, "0") }}|{{ "x".center(4) }}|{{ "5".zfill(3) }}\n',
  '{{ "a\\nb\\n".splitlines() }} {{ "ab".endswith(("x", "b")) }} {{ "12".isdigit() }} {{ "Ab".swapcase() }}\n',
  '{{ "{} {}".format(1, "a") }} {{ "{0}{1}{0}".format(1, 2) }} {{ "{a:>5}|{b:<5}|{c:^5}".format(a=1, b="x", c="y") }}\n',
  '{{ "{:05.1f} {:,} {:x} {:+d} {:.2%}".format(3.14159, 1234567, 255, 5, 0.5) }} {{ "{x.name} {x[port]}".format(x=tree) }}\n',
  '{{ tree.get("name") }} {{ tree.get("nope") }} {{ tree.get("nope", 5) }} {{ ports.keys() }} {{ ports.values() }} x\n',
  '{{ list.index(1) }} {{ list.count(3) }} {{ [1, 2].pop() }} {{ words.copy() }} x\n',
  '{{ text.nope }} x\n',
  '{{ text.format }}\n',
  '{{ range(3) }} x\n',
  '{{ dict(a=1, b=2) }} {{ dict([["k", "v"]]) }} x\n',
  '{{ joiner(",") is defined }}\n',
  '{% set j = joiner(", ") %}{% for x in list %}{{ j() }}{{ x }}{% endfor %}\n',
  '{% set c = cycler("a", "b") %}{{ c.next() }}{{ c.next() }}{{ c.next() }}\n',
  '{{ undef("say so") }}\n',
  '{{ undef("say so") | default("x") }}\n',
  '{{ tree.inner["deep"][0] + 1 }} {{ users[2].groups | default("no groups") }}\n',
]

const faults = [
  '{{ text | nope }}\n',
  '{{ text is nope }}\n',
  '{% if yes %}\n',
  '{% for x in list %}{% endif %}\n',
  '{{ text\n',
  '{{ a b }}\n',
  '{% nope %}\n',
  '{% do list.append(1) %}\n',
  '{% for x in list %}{% break %}{% endfor %}\n',
  '{% trans %}a{% endtrans %}\n',
  '{# open\n',
  '{{ "a }}\n',
  '{{ (1 + 2 }}\n',
  '{% set 1 = 2 %}\n',
  '{{ }}\n',
  '{{ 1 is defined is defined }}\n',
  '{{#if yes}}a{{/if}}\n',
]

/** Templates as people write them, made of pieces: the same ones from the same seed. */
const generated = (count: number): string[] => {
  let state = 20190
  const chance = (most: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return (state >>> 8) % most
  }
  const pick = <T>(from: readonly T[]): T => from[chance(from.length)]!
  const atoms = [
    'one',
    'list',
    'words',
    'tree.name',
    'tree.port',
    'text',
    'half',
    '3',
    '"s"',
    'nothing',
    'users[0].name',
    'yes',
    '[1, "a"]',
    'ports',
  ]
  const expression = (depth: number): string => {
    if (depth === 0) return pick(atoms)
    const [a, b] = [expression(depth - 1), expression(depth - 1)]
    return pick([
      `${a} ~ ${b}`,
      `${a} == ${b}`,
      `${a} if ${b} else "z"`,
      `[${a}, ${b}]`,
      `{"k": ${a}}`,
      `(${a}) | default(${b})`,
      `not (${a})`,
      `${a} or ${b}`,
      `${a} and ${b}`,
      `(${a}, ${b})`,
      `(${a}) in [${b}]`,
    ])
  }
  const dash = (): string => pick(['', '', '', '-'])
  const tag = (inside: string): string => `{%${dash()} ${inside} ${dash()}%}`
  const gap = (): string => pick(['', ' ', '\n', '\n  ', ' x\n', '\n\n'])
  const piece = (depth: number): string => {
    const inner = (): string => (depth > 0 ? body(depth - 1) : `{{ ${expression(1)} }}`)
    return pick([
      () => `{{${dash()} ${expression(2)} ${dash()}}}`,
      () => `${tag(`if ${expression(1)}`)}${inner()}${tag('else')}${inner()}${tag('endif')}`,
      () =>
        `${tag(`for i in ${pick(['list', 'words', 'users', 'ports', 'none', 'range(2)'])}`)}${inner()}{{ loop.index }}${tag('endfor')}`,
      () => `${tag(`set v = ${expression(1)}`)}{{ v }}`,
      () => `{#${dash()} note ${dash()}#}`,
      () => `${tag('set w')}${inner()}${tag('endset')}[{{ w }}]`,
      () => pick(['text', 'key = value', '# comment', '  indented']),
    ])()
  }
  const body = (depth: number): string => Array.from({ length: 1 + chance(3) }, () => piece(depth) + gap()).join('')
  return Array.from({ length: count }, () => body(2) + pick(['\n', '', '\n\n']))
}

/** Every template of the golden file, in its order. */
export const templates: readonly string[] = [
  ...data,
  ...whiteSpace,
  ...conditions,
  ...arithmetic,
  ...loops,
  ...assignments,
  ...macros,
  ...inheritance,
  ...members,
  ...faults,
  ...generated(150),
]
