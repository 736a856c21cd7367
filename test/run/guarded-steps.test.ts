import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { content } from '../../src/core/value.ts'
import type { Guard } from '../../src/module/guard.ts'
import { exec, link, type Step } from '../../src/module/step.ts'
import type { Line } from '../../src/plan/line.ts'
import { guardedSteps } from '../../src/run/guarded-steps.ts'

const over = (...paths: string[]): Guard[] => paths.map(path => ({ path, kind: 'absent' }))
const sent = (steps: Step[], guards: Guard[], asReader = true): Step[] =>
  guardedSteps({ steps, over: guards } as Line, steps, asReader)
const write: Step = { do: 'write', path: '/f', content: content('x'), mode: '0644' }

test('a file that is placed is tested by its own step; what no step names before all of them', () => {
  const [f, other] = over('/f', '/other')
  const first = exec(['true'])
  assert.equal(sent([first, write], [f!, other!]), [
    { do: 'guard', over: [other!], beside: [] },
    first,
    { ...write, over: f! },
  ])
  assert.equal(sent([], [f!]), [])
})

test('where another user writes, who reads has looked before', () => {
  const [f] = over('/f')
  assert.equal(sent([write], [f!], false), [{ do: 'guard', over: [f!], beside: [] }, write])
})

test('a path is tested before the first step that replaces it, and what was put beside it goes where that fails', () => {
  const [l] = over('/l')
  const put = (): Step => exec(['put', '/l.new', '/l'], { replaces: ['/l'], beside: ['/l.new'] })
  const [, guard, , ...rest] = sent([exec(['make', '/l.new']), put(), put(), ...link('/l', 'again')], [l!])
  assert.equal(guard, { do: 'guard', over: [l!], beside: ['/l.new'] })
  assert.equal(
    rest.filter(step => step.do === 'guard'),
    [],
  )
})

test.run()
