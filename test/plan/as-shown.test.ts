import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { content } from '../../src/core/value.ts'
import { file } from '../../src/module/probes/file.ts'
import { exec } from '../../src/module/step.ts'
import { doesAsShown } from '../../src/plan/as-shown.ts'
import { differences } from '../../src/plan/decide.ts'
import type { Line } from '../../src/plan/line.ts'

const query = file('/f')
const there = (text: string, more = {}) => ({
  exists: true,
  kind: 'file',
  mode: '0644',
  content: content(text),
  ...more,
})
/** A line that makes one text of another, or does what is said besides. */
const line = (before: unknown, patch: object, more: Partial<Line> = {}): Line => {
  const will: Line['will'] = [[query, patch]]
  const diff = differences(will, () => before)
  return { verdict: 'change', steps: [], will, before: [before], diff, ...more } as unknown as Line
}
const edit = (before: string, after: string): Line =>
  line(there(before), { content: content(after), size: Buffer.byteLength(after) })

test('an edit is the same where the same lines go and come, wherever they stand', () => {
  const shown = edit('a\nb\n', 'a\nb\nnew\n')
  for (const [before, after] of [
    ['a\nb\ntheirs\n', 'a\nb\ntheirs\nnew\n'],
    ['theirs\n', 'theirs\nnew\n'],
    ['', 'new\n'],
    ['a\nb', 'a\nb\nnew\n'],
    ['x\ny\n', 'x\nnew\ny\n'],
  ] as const)
    assert.ok(doesAsShown(shown, edit(before, after)), JSON.stringify(before))
})

test('an edit is another where more goes or comes than was shown', () => {
  for (const [shown, now] of [
    [edit('a\n', 'new\n'), edit('theirs\n', 'new\n')],
    [edit('a\n', 'new\n'), edit('a\ntheirs\n', 'new\n')],
    [edit('a\n', 'b\n'), edit('a\na\n', 'b\nb\n')],
    [line({ exists: false }, { exists: true, kind: 'file', content: content('x') }), edit('', 'x')],
  ] as const)
    assert.not.ok(doesAsShown(shown, now))
})

test('less than was shown is as shown: a folder on the way may be there by now; more is not', () => {
  const folders = (...paths: string[]): Line => {
    const will: Line['will'] = paths.map(path => [file(path), { exists: true, kind: 'directory', mode: '0755' }])
    const before = paths.map(() => ({ exists: false }))
    const diff = differences(will, () => ({ exists: false }))
    return { verdict: 'change', steps: [exec(['install', '-d', '/a/b'])], will, before, diff } as unknown as Line
  }
  assert.ok(doesAsShown(folders('/a', '/a/b'), folders('/a/b')))
  assert.not.ok(doesAsShown(folders('/a/b'), folders('/a', '/a/b')))
})

test('bytes that are not text, and attributes, have to be the same on both sides', () => {
  const big = (of: string) => ({ digest: of, size: 9, bytes: Buffer.alloc(0) })
  const of = (before: string, after: string): Line =>
    line({ ...there(''), content: big(before) }, { content: big(after) })
  assert.ok(doesAsShown(of('a', 'b'), of('a', 'b')))
  assert.not.ok(doesAsShown(of('a', 'b'), of('c', 'b')))
  const mode = (before: string): Line => line(there('', { mode: before }), { mode: '0600' })
  assert.ok(doesAsShown(mode('0644'), mode('0644')))
  assert.not.ok(doesAsShown(mode('0644'), mode('0640')))
  const link = (target: string): Line =>
    line({ exists: true, kind: 'link', target }, { kind: 'file', content: content('') })
  assert.ok(doesAsShown(link('a'), link('a')))
  assert.not.ok(doesAsShown(link('a'), link('b')))
})

test('other steps are another change; what was undecided has shown nothing', () => {
  const more: Partial<Line> = { steps: [exec(['true'])] }
  assert.not.ok(doesAsShown(edit('', 'x'), line(there(''), { content: content('x'), size: 1 }, more)))
  assert.ok(doesAsShown(line(undefined, {}, { verdict: 'undecided' }), edit('', 'x')))
  assert.not.ok(doesAsShown(line(undefined, {}, { verdict: 'ok' }), edit('', 'x')))
})

test('of what waits for another line only the things it is about count', () => {
  assert.ok(doesAsShown({ ...edit('a\n', 'b\n'), needs: 'node0/x' }, edit('c\n', 'd\n')))
})

test.run()
