import { isUnknown, Later, Missing } from '../../src/core/unknown.ts'
import { content } from '../../src/core/value.ts'
import { type FileAnswer, file, stat } from '../../src/module/probes/file.ts'
import type { AnyQuery } from '../../src/module/query.ts'
import { type Answers, createAnswers, invalidate, recordAnswer } from '../../src/world/answers.ts'
import { type Prediction, predictionOf } from '../../src/world/prediction.ts'
import { answer, type World } from '../../src/world/world.ts'

const present = {
  exists: true,
  mode: '0644',
  owner: 'root',
  group: 'root',
  uid: 0,
  gid: 0,
  size: 0,
  changed: 1,
} as const
export const absent: FileAnswer = { exists: false }
export const folder: FileAnswer = { ...present, kind: 'directory', mode: '0755' }
export const linkTo = (target: string): FileAnswer => ({ ...present, kind: 'link', target })
export const text = (of: string): FileAnswer => ({ ...present, kind: 'file', content: content(of), size: of.length })

/** A machine as it was read, with nothing predicted. */
export const seenWorld = (answers: Answers): World => ({ answers, predicted: [], controller: createAnswers() })

/** A world of one host to which things happen one after another, in the words of a test. */
export const createSky = () => {
  const answers = createAnswers()
  const predicted: Prediction[] = []
  const world: World = { answers, predicted, controller: createAnswers() }
  const parent = (path: string): string => (path === '/' ? path : path.slice(0, path.lastIndexOf('/')) || '/')
  const change = (node: string, patches: [AnyQuery, unknown][], labels: string[] = []): void =>
    void predicted.push(predictionOf({ reals: answers.reals, predicted }, { node: `h/${node}`, patches, labels }))
  return {
    answers,
    change,
    /** What was read of the host; `real`: the real folder it lies in. */
    seen(path: string, answer: FileAnswer, real = parent(path), facets = ['digest', 'bytes']): void {
      recordAnswer(answers, file(path), { answer, folder: parent(path), real }, facets)
    },
    makes: (node: string, path: string, of: string): void =>
      change(node, [[file(path), { exists: true, kind: 'file', mode: '0644', content: content(of) }]]),
    writes: (node: string, path: string, of: string): void => change(node, [[file(path), { content: content(of) }]]),
    removes: (node: string, path: string): void => change(node, [[stat(path), { exists: false }]]),
    makesFolder: (node: string, path: string): void =>
      change(node, [[stat(path), { exists: true, kind: 'directory', mode: '0755' }]]),
    links: (node: string, path: string, target: string): void =>
      change(node, [[stat(path), { exists: true, kind: 'link', target }]]),
    touches: (node: string, ...labels: string[]): void => change(node, [], labels),
    happened: (...labels: string[]): void => invalidate(answers, labels),
    /** What is known of a path, in a word: its text, its kind, `absent`, `after NODE`, or `?` for a read to be made. */
    look(path: string): string {
      const found = answer(world, file(path)) as FileAnswer
      if (isUnknown(found)) return word(found)
      if (!found.exists) return 'absent'
      if (found.kind !== 'file') return isUnknown(found.kind) ? word(found.kind) : (found.kind ?? '(kind not said)')
      return isUnknown(found.content) ? `file ${word(found.content)}` : found.content.bytes.toString()
    },
    ask: (query: AnyQuery): unknown => answer(world, query),
  }
}

export const word = (unknown: unknown): string =>
  unknown instanceof Later
    ? `after ${unknown.node.replace('h/', '')}`
    : unknown instanceof Missing
      ? '?'
      : String(unknown)
