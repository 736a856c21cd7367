import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { attempt } from '../../src/core/failure.ts'
import { Missing } from '../../src/core/unknown.ts'
import { digest, type RawFile, stat } from '../../src/module/probes/file.ts'
import type { AnyQuery } from '../../src/module/query.ts'
import { createAnswers, invalidate, recordAnswer } from '../../src/world/answers.ts'
import { answer } from '../../src/world/world.ts'

const denied: RawFile = { answer: { exists: false }, folder: '/d', real: '/d', denied: true }
const there = (more: object = {}): RawFile => ({
  answer: { exists: true, kind: 'file', mode: '0600', ...more } as RawFile['answer'],
  folder: '/d',
  real: '/d',
})
const asked = (query: AnyQuery, user?: string): AnyQuery =>
  user === undefined ? query : { ...query, as: { user, method: 'sudo' } }

/** One machine on which several ask, and what each of them is told: a mode, `denied`, or `unread`. */
const machine = () => {
  const answers = createAnswers()
  const told = (query: AnyQuery): string => {
    const { value, failures } = attempt(
      () => answer({ answers, predicted: [], controller: createAnswers() }, query) as { mode?: string },
    )
    if (failures) return 'denied'
    return value instanceof Missing ? 'unread' : (value.mode ?? 'absent')
  }
  return { answers, told, record: (query: AnyQuery, raw: RawFile) => recordAnswer(answers, query, raw, query.facets) }
}

test('what one identity may not see another is still asked for, and tells all', () => {
  const { told, record } = machine()
  const [own, db, web] = [undefined, 'db', 'web'].map(user => asked(stat('/d/f'), user)) as [
    AnyQuery,
    AnyQuery,
    AnyQuery,
  ]
  record(own, denied)
  assert.equal([own, db, web].map(told), ['denied', 'unread', 'unread'])
  record(db, denied)
  assert.equal([own, db, web].map(told), ['denied', 'denied', 'unread'])
  record(web, there())
  assert.equal([own, db, web].map(told), ['0600', '0600', '0600'])
})

test('nobody is asked again who may not see it, when he wants to know more than another has asked', () => {
  const { answers, told, record } = machine()
  const [own, db] = [digest('/d/f'), asked(stat('/d/f'), 'db')]
  record(db, there())
  assert.equal([told(own), told(db)], ['unread', '0600'])
  record(own, denied)
  assert.equal([told(own), told(db)], ['denied', '0600'], 'what db sees is not given up')
  record(db, there())
  assert.is(told(own), 'denied')
  invalidate(answers, ['path:/d/f'])
  assert.equal([told(own), told(db)], ['unread', 'unread'], 'after a change all are asked again')
})

test.run()
