import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { compileExpression } from '../../src/load/expression.ts'
import { compileJinja } from '../../src/load/jinja-template.ts'
import { refusedOnce } from '../load/refused.ts'

const rendered = (text: string): string => compileJinja({ text, file: 'a.j2' }, () => undefined).render({})

test('loops in loops end: their rounds together have a limit, with its place', () => {
  const failure = refusedOnce(() =>
    rendered('{% for a in range(2000) %}{% for b in range(2000) %}{{ b }}{% endfor %}{% endfor %}'),
  )
  assert.match(failure.what, 'come to more than 1000000 rounds')
  assert.is(failure.origin?.file, 'a.j2')
  assert.is(rendered('{% for a in range(900) %}{% for b in range(900) %}{% endfor %}{% endfor %}'), '')
})

test('nothing that JavaScript has under a name is a variable, a filter or a word', () => {
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    assert.is(rendered(`{{ ${name} is defined }}{{ x.${name} is defined }}`), 'FalseFalse', name)
    assert.is(rendered(`{{ '${name}' is truthy(convert_bool=true) }}`), 'True', name)
    assert.throws(() => compileExpression(`1 | ${name}`, { file: 'f', line: 1, column: 1 }))
    assert.throws(() => compileExpression(`1 is ${name}`, { file: 'f', line: 1, column: 1 }))
  }
})

test.run()
