import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { file } from '../../src/module/probes/file.ts'
import { createRedactor } from '../../src/report/redact.ts'
import { text as fileOf } from '../world/sky.ts'
import { planned, ref, reported, result, started } from './rig.ts'

const shown = (before: string, after: string | undefined) =>
  file('/f').show!(
    { ...fileOf('old\n'), mode: before } as never,
    {
      ...fileOf('new\n'),
      ...(after === undefined ? {} : { mode: after }),
    } as never,
  )

test('content is private where others may not read the file, now or afterwards', () => {
  for (const [before, after, isPrivate] of [
    ['0644', '0644', false],
    ['0600', '0644', true],
    ['0644', '0640', true],
    ['0640', undefined, true],
  ] as const) {
    const texts = shown(before, after).filter(one => one.kind === 'text')
    assert.equal(
      texts.map(one => one.private === true),
      [isPrivate],
    )
  }
})

const diff = [{ kind: 'text', subject: '/f', before: 'old\n', after: 'of its owner\n', private: true }] as const
const events = [started('apply', 'node0'), result('node0/a', 'changed', { diff: [...diff] })]

test('what is private is in no journal, and shown only where it is asked for', () => {
  for (const format of ['text', 'json'] as const)
    for (const privateDiff of ['hide', 'show'] as const) {
      const journal: string[] = []
      const more = { diff: 'show', journal: (line: string) => void journal.push(line) } as const
      const { out } = reported({ command: 'apply', format, privateDiff, ...more }, events)
      assert.is(out.includes('of its owner'), privateDiff === 'show')
      assert.not.match(journal.join(''), 'of its owner')
      assert.match(journal.join(''), 'others may not read it, so it is not kept')
    }
})

test('a secret that is a word of events breaks none of them', () => {
  for (const word of ['changed', 'result', 'node', 'host', 'text', 'summary', 'node0', 'change', 'kind', 'reason']) {
    const redact = createRedactor()
    redact.add(word)
    const failure = { reason: 'host-step', what: `it said ${word}` } as const
    const bodies = [started('apply', 'node0'), planned('node0/a', 'change'), result('node0/a', 'failed', { failure })]
    const { out, code } = reported({ command: 'apply', format: 'json', redact }, bodies)
    assert.is(code, 1, word)
    const told = out
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    assert.equal(
      told.map(({ type }) => type),
      ['started', 'planned', 'result', 'summary'],
    )
    assert.is(told[2].node, 'node0/a')
    assert.is(told[2].failure.what, 'it said <secret>')
    assert.is(told[3].hosts.node0.failed, 1)
  }
})

test('of a line that is hidden there is nothing but what became of it', () => {
  const hidden = { ...ref('node0/a'), hidden: 'no_log' } as const
  const bodies = [
    started('apply', 'node0'),
    planned('node0/a', 'change', { ...hidden, why: 'x of it', steps: ['run x of it'], diff: [...diff] }),
    { type: 'message', ...hidden, text: 'x of it' } as const,
    result('node0/a', 'changed', { ...hidden, why: 'x of it', diff: [...diff] }),
  ]
  for (const format of ['text', 'json'] as const) {
    const { out } = reported({ command: 'apply', format, diff: 'show', privateDiff: 'show', verbosity: 'all' }, bodies)
    assert.not.match(out, /of it|of its owner/)
    assert.match(out, 'hidden by no_log')
  }
})

test.run()
