import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { born } from '../../src/core/unknown.ts'
import { compileFile } from '../../src/load/template.ts'
import { refusedOnce, spot } from './refused.ts'
import { waitingScope, waits } from './waiting-scope.ts'

const scope = waitingScope({
  text: '<a & "b">',
  port: 8080,
  no: false,
  nothing: null,
  empty: [],
  list: [1, 'b'],
  tree: { key: 'v', inner: { deep: 'd' } },
  groups: { ipfs: ['node0', 'node1'] },
  hostvars: { node0: { addr: '10.0.0.1' }, node1: { addr: '10.0.0.2' } },
  part: { known: 1, unknown: waits },
  fresh: { id: 1, [born]: waits },
  sneaky: '{{port}}',
})
const render = (text: string) => compileFile(text, 'a.conf').render(scope)
const references = (text: string) =>
  compileFile(text, 'a.conf').references.map(({ path, origin, optional }) => {
    const steps = path.map(step => step ?? '*').join('.')
    return `${steps}${optional ? '?' : ''} ${origin.line}:${origin.column}`
  })

test('values print plainly, without escaping', () => {
  assert.is(render('{{text}} {{{text}}} {{port}} {{no}} [{{nothing}}]'), '<a & "b"> <a & "b"> 8080 false []')
  assert.is(render('\\{{text}} {{! comment }}{{!-- {{x}} --}}.'), '{{text}} .')
  assert.is(render('{{sneaky}}'), '{{port}}', 'what a value holds is text, not template')
})

test('blocks: each, if, unless, with, else, parents and parameters', () => {
  const cases: [string, string][] = [
    ['{{#each groups.ipfs}}\n{{@index}}{{this}}{{#unless @last}},{{/unless}}\n{{/each}}\nend', '0node0,\n1node1\nend'],
    ['{{#each tree as |value key|}}{{key}} {{/each}}', 'key inner '],
    ['{{#each tree}}{{@key}}{{#if @first}}!{{/if}} {{/each}}', 'key! inner '],
    ['{{#each empty}}x{{else}}none{{/each}}{{#each nothing}}x{{else}}none{{/each}}', 'nonenone'],
    ['{{#if no}}1{{else if port}}2{{else}}3{{/if}}{{#unless no}}4{{/unless}}{{#if empty}}5{{/if}}', '24'],
    ['{{#with tree}}{{key}}{{../port}}{{#with inner}}{{deep}}{{../key}}{{/with}}{{/with}}', 'v8080dv'],
    ['{{#each groups.ipfs}}{{#if this}}{{../port}}{{@root.port}}{{/if}}{{/each}}', '8080808080808080'],
    ['{{#each groups.ipfs as |h|}}{{lookup (lookup ../hostvars h) "addr"}} {{/each}}', '10.0.0.1 10.0.0.2 '],
  ]
  for (const [text, wanted] of cases) assert.is(render(text), wanted, text)
})

test('functions', () => {
  const cases: [string, string][] = [
    ['{{json tree}}', '{"key":"v","inner":{"deep":"d"}}'],
    ['{{json list indent=2}}', '[\n  1,\n  "b"\n]'],
    ['{{join list}} {{join list " - "}} {{join list sep=";"}}', '1,b 1 - b 1;b'],
    ['{{lower "AbC"}}{{upper tree.key}}', 'abcV'],
    ['{{default nope "d"}}{{default tree.x.y 5}}{{default port 1}}{{default nothing "n"}}', 'd58080n'],
    ['{{#if (eq port 8080)}}y{{/if}}{{#if (ne list list)}}n{{/if}}{{eq tree tree}}', 'ytrue'],
  ]
  for (const [text, wanted] of cases) assert.is(render(text), wanted, text)
})

test('what is not there is an error wherever it is used', () => {
  const cases: [text: string, place: string, what: RegExp][] = [
    ['a\n  {{nope}}', '2:5', /no "nope"/],
    ['{{tree.kye}}', '1:3', /no "kye" in "tree.kye"/],
    ['{{#if nope}}{{/if}}', '1:7', /no "nope"/],
    ['{{#unless tree.nope}}{{/unless}}', '1:11', /no "nope"/],
    ['{{#each nope}}{{/each}}', '1:9', /no "nope"/],
    ['{{lower nope}}', '1:9', /no "nope"/],
    ['{{#if (eq nope 1)}}{{/if}}', '1:11', /no "nope"/],
    ['{{join list sep=nope}}', '1:17', /no "nope"/],
    ['{{default port nope}}', '1:16', /no "nope"/],
    ['{{#each groups.ipfs}}{{port}}{{/each}}', '1:24', /no "port"/],
    ['{{constructor}}', '1:3', /no "constructor"/],
    ['{{tree.toString}}', '1:3', /no "toString"/],
    ['{{lookup tree "x"}}', '1:3', /no "x"/],
  ]
  for (const [text, place, what] of cases) {
    const failure = refusedOnce(() => render(text))
    assert.is(failure.reason, 'playbook-template')
    assert.match(failure.what, what, text)
    assert.is(spot(failure), place, text)
    assert.is(failure.origin!.file, 'a.conf')
  }
  assert.match(refusedOnce(() => render('{{tree.kye}}')).fix!, /"key"/)
})

test('a list or mapping has no text of its own', () => {
  for (const name of ['list', 'tree', 'tree.inner']) {
    assert.match(refusedOnce(() => render(`{{${name}}}`)).what, new RegExp(`use {{json ${name}}}`))
  }
  assert.match(refusedOnce(() => render('{{lower list}}')).what, /wants text, not a list/)
  assert.match(refusedOnce(() => render('{{join port}}')).what, /wants a list/)
  assert.match(refusedOnce(() => render('{{#each port}}{{/each}}')).what, /wants a list or a mapping/)
  assert.match(refusedOnce(() => render('{{eq port}}')).what, /wants 2 values/)
})

test('what can be seen without values fails when the template is read', () => {
  const cases: [text: string, place: string, what: RegExp][] = [
    ['x\n{{uper port}}', '2:1', /no function "uper"/],
    ['{{#foo}}{{/foo}}', '1:1', /no block "foo"/],
    ['{{#each a b}}{{/each}}', '1:1', /exactly one/],
    ['{{> part}}', '1:1', /not supported/],
    ['{{#if a}}', '1:1', /ends within/],
    ['{{#if a}}{{/each}}', '1:4', /"if" is closed as "each"/],
    ['x\n  {{a b', '2:3', /not a valid/],
  ]
  for (const [text, place, what] of cases) {
    const failure = refusedOnce(() => compileFile(text, 'a.conf'))
    assert.match(failure.what, what, text)
    assert.is(spot(failure), place, text)
  }
  assert.match(refusedOnce(() => compileFile('{{uper x}}', 'a')).fix!, /"upper"/)
})

test('an unknown is thrown as it is, and only where it is read', () => {
  for (const text of [
    '{{later}}',
    '{{#if later}}{{/if}}',
    '{{part.unknown}}',
    '{{json part}}',
    '{{json fresh}}',
    '{{fresh.other}}',
    '{{default later 1}}',
    '{{#each part}}{{this}}{{/each}}',
  ]) {
    assert.throws(
      () => render(text),
      (error: unknown) => error === waits,
      text,
    )
  }
  assert.is(render('{{part.known}}{{fresh.id}}{{#if no}}{{later}}{{/if}}'), '11')
})

test('references name what is read, through loops and blocks', () => {
  assert.equal(references('{{a}} {{b.c}}\n{{upper d}}'), ['a 1:3', 'b.c 1:9', 'd 2:9'])
  assert.equal(references('{{#each xs}}{{name}} {{this}} {{../top}} {{@index}}{{/each}}'), [
    'xs 1:9',
    'xs.*.name 1:15',
    'xs.* 1:24',
    'top 1:33',
  ])
  assert.equal(references('{{#each xs as |x i|}}{{x.name}}{{i}}{{/each}}'), ['xs 1:9', 'xs.*.name 1:24'])
  assert.equal(references('{{#with a.b}}{{c}}{{@root.d}}{{/with}}'), ['a.b 1:9', 'a.b.c 1:16', 'd 1:21'])
  assert.equal(references('{{lookup (lookup hostvars h) "addr"}}'), ['hostvars.*.addr 1:1', 'h 1:27'])
  assert.equal(references('{{default a b}}{{#if (eq c "x")}}{{else}}{{e}}{{/if}}'), [
    'a? 1:11',
    'b 1:13',
    'c 1:26',
    'e 1:44',
  ])
})

test('blocks and brackets that lie deep in one another are refused with their place, in the time of reading them', () => {
  const tooDeep = (text: string): string => {
    const failure = refusedOnce(() => compileFile(text, 'a.conf'))
    assert.match(failure.what, /^More than 200 blocks or brackets/)
    return spot(failure)
  }
  assert.is(tooDeep('{{#if port}}\n'.repeat(50_000)), '201:1')
  for (const unit of ['{{#each list}}{{~#if port}}', '{{^no}}x', '{{#if no}}a{{else if no}}b'])
    tooDeep(unit.repeat(50_000))
  tooDeep(`{{#if no}}${'a{{else if no}}'.repeat(50_000)}{{/if}}`)
  tooDeep(`{{json ${'(json '.repeat(50_000)}`)
  // Many of them beside one another are no depth.
  assert.is(
    render('{{#if port}}a{{else if no}}b{{else}}c{{/if}}{{#unless no}}d{{/unless}}(('.repeat(1000)).length,
    4000,
  )
  assert.is(render(`${'{{#if port}}'.repeat(200)}x${'{{/if}}'.repeat(200)}`), 'x')
})

test('loops in loops have an end: the product of their lengths is refused with its place', () => {
  const list = Array.from({ length: 1000 }, () => 1)
  const nested = '{{#each list}}{{#each ../list}}{{#each ../../list}}x{{/each}}{{/each}}{{/each}}'
  const failure = refusedOnce(() => compileFile(nested, 'a.hbs').render({ list }))
  assert.match(failure.what, 'more than 1000000 rounds')
  assert.is(failure.origin?.file, 'a.hbs')
})

test.run()
