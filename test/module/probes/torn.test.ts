import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Missing } from '../../../src/core/unknown.ts'
import { digest, type FileAnswer, file, fileProbe, stat } from '../../../src/module/probes/file.ts'
import type { AnyQuery } from '../../../src/module/query.ts'
import { type Answers, createAnswers, invalidate } from '../../../src/world/answers.ts'
import { batch } from '../../../src/world/batch.ts'
import { answer } from '../../../src/world/world.ts'
import { refusedOnce } from '../../load/refused.ts'
import { seenWorld } from '../../world/sky.ts'
import { local, probed, temporary } from './local.ts'

const root = temporary()
const whole = ['digest', 'bytes']
const textOf = (answer: FileAnswer | undefined): string =>
  answer?.exists && answer.kind === 'file' ? answer.content.bytes.toString() : 'no file'
type Ran = ReturnType<typeof local>
/** As a host does where `script` runs after sizes and digests were read and before the bytes are. */
const meanwhile = (script: string) => {
  const bin = join(root, 'bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, 'head'), `#!/bin/sh\nPATH=\${PATH#*:}\n${script}\nexec head "$@"\n`, { mode: 0o755 })
  return (text: string) => spawnSync('sh', { input: text, env: { ...process.env, PATH: `${bin}:${process.env.PATH}` } })
}
const written = (folder: string, names: string[]): string[] => {
  mkdirSync(join(root, folder))
  const paths = names.map(name => join(root, folder, name))
  for (const path of paths) writeFileSync(path, `this is ${path}`)
  return paths
}

test('a file that is written to while it is read has no bytes, and those around it have their own', () => {
  const paths = written('torn', ['a', 'b', 'c', 'd'])
  writeFileSync(paths[2]!, '')
  for (const change of [': >', 'rm', 'truncate -s 5', 'printf other-text >']) {
    writeFileSync(paths[1]!, 'twelve bytes')
    const raws = probed(
      fileProbe,
      paths.map(item => ({ item, facets: whole })),
      meanwhile(`${change} ${paths[1]}`),
    )
    assert.equal(
      raws.map(raw => [textOf(raw.answer), raw.torn]),
      [
        [`this is ${paths[0]}`, undefined],
        ['', 1],
        ['', undefined],
        [`this is ${paths[3]}`, undefined],
      ],
      change,
    )
  }
})

test('what is appended meanwhile is not read, and shifts nothing', () => {
  const paths = written('appended', ['a', 'b', 'c'])
  const raws = probed(
    fileProbe,
    paths.map(item => ({ item, facets: whole })),
    meanwhile(`echo more >>${paths[0]}`),
  )
  assert.equal(
    raws.map(raw => [textOf(raw.answer), raw.torn]),
    paths.map(path => [`this is ${path}`, undefined]),
  )
})

test('between two that are written to nothing is taken for what it is not', () => {
  const paths = written('twice', ['a', 'b', 'c', 'd', 'e'])
  const raws = probed(
    fileProbe,
    paths.map(item => ({ item, facets: whole })),
    meanwhile(`echo other >${paths[1]}; echo other >${paths[3]}`),
  )
  assert.equal(
    raws.map(raw => [textOf(raw.answer), raw.torn]),
    [[`this is ${paths[0]}`, undefined], ...Array(3).fill(['', 1]), [`this is ${paths[4]}`, undefined]],
  )
})

/** What a world tells of a path in the end, each read of it run by `run`. */
const settled = (answers: Answers, path: string, asked: string[], run: (script: string) => Ran): unknown => {
  const found = answer(seenWorld(answers), file(path))
  if (!(found instanceof Missing)) return found
  const query = found.query as AnyQuery
  asked.push(query.key)
  const { fragments, record } = batch(answers, [query])
  const { stdout, stderr, status } = run(fragments[0]!.sh!)
  record([{ stdout, stderr, status: status ?? -1 }])
  return settled(answers, path, asked, run)
}

test('a file that was written to is read again', () => {
  const [path] = written('again', ['a']) as [string]
  const asked: string[] = []
  const found = settled(createAnswers(), path, asked, script =>
    (asked.length === 1 ? meanwhile(`echo other >${path}`) : local)(script),
  )
  assert.is(textOf(found as FileAnswer), 'other\n')
  assert.is(new Set(asked).size, 2, 'no question is put twice')
})

test('a file that is always written to is refused after three reads, and only where its bytes are wanted', () => {
  const [path] = written('always', ['a']) as [string]
  const answers = createAnswers()
  const asked: string[] = []
  const failure = refusedOnce(() => settled(answers, path, asked, meanwhile(`date +%s%N >${path}`)))
  assert.match(failure.what, /changed while it was read/)
  assert.is(new Set(asked).size, 3)
  for (const query of [stat(path), digest(path)]) assert.ok((answer(seenWorld(answers), query) as FileAnswer).exists)
  invalidate(answers, [`path:${path}`])
  assert.match(textOf(settled(answers, path, asked, local) as FileAnswer), /^\d+\n$/, 'a change is a new start')
})

test.run()
