import { spawnSync } from 'node:child_process'
import type { Output } from '../../src/core/transport.ts'
import { createFrameParser } from '../../src/host/frame-parser.ts'
import { accountGroup, user } from '../../src/module/probes/account.ts'
import { facts } from '../../src/module/probes/facts.ts'
import { file } from '../../src/module/probes/file.ts'
import { listing } from '../../src/module/probes/listing.ts'
import { mounts } from '../../src/module/probes/mounts.ts'
import { pathProvenance } from '../../src/module/probes/provenance.ts'
import { service } from '../../src/module/probes/service.ts'
import type { AnyQuery } from '../../src/module/query.ts'
import { createAnswers } from '../../src/world/answers.ts'
import { batch } from '../../src/world/batch.ts'
import { answer } from '../../src/world/world.ts'
import { archives } from './corpus.ts'
import type { Kind } from './kinds.ts'
import { written } from './scratch.ts'

/** What the shell of this machine says to a fragment. */
const said = (sh: string): Output => {
  const { stdout, stderr, status } = spawnSync('sh', { input: sh, maxBuffer: 64 * 1024 * 1024 })
  return { stdout, stderr, status: status ?? -1 }
}

/** A host that answers one kind of probe in its own way, and everything else as this machine does. */
const probeKind = (name: string, make: () => AnyQuery[]): Kind => {
  const asked = (() => {
    let known: { queries: AnyQuery[]; outputs: Output[] } | undefined
    return () => {
      const queries = known?.queries ?? make()
      known ??= { queries, outputs: batch(createAnswers(), queries).fragments.map(({ sh }) => said(sh)) }
      return known
    }
  })()
  return {
    name: `probe-${name}`,
    corpus: () =>
      asked()
        .outputs.slice(0, 1)
        .map(({ stdout }) => stdout),
    read: input => {
      const { queries, outputs } = asked()
      const answers = createAnswers()
      const reads = batch(answers, queries)
      reads.record(outputs.map((output, at) => (at === 0 ? { ...output, stdout: input } : output)))
      const world = { answers, predicted: [], controller: createAnswers() }
      for (const query of queries) answer(world, query)
    },
  }
}

const nonce = 'b3b0c44298fc1c149afbf4c8996fb924'
const frame = (number: number, words: string[]): string =>
  [
    `${nonce}:${number}:b:1234\n`,
    ...words.map((text, i) => `${text}${nonce}:${number}:${i}:${i % 2}\n`),
    `${nonce}:${number}:e:0\n`,
  ].join('')

/** In pieces of a size that the bytes themselves say, as a network has it. */
const inPieces = (input: Buffer): Buffer[] => {
  const size = 1 + (input.reduce((sum, byte) => (sum * 31 + byte) % 4096, 7) || 1)
  return Array.from({ length: Math.ceil(input.length / size) }, (_, i) => input.subarray(i * size, (i + 1) * size))
}

const folder = (): string => {
  written('answers/a b', 'text\n')
  written('answers/ü', 'ü')
  return written('answers/plain', 'x'.repeat(100))
}

/** What hosts say. */
export const answersOf: readonly Kind[] = [
  probeKind('file', () => [
    file(folder()),
    file('/etc/passwd'),
    file('/etc/no such'),
    file('/usr/bin/env'),
    file('/etc'),
  ]),
  probeKind('facts', () => [facts]),
  probeKind('mounts', () => [mounts]),
  probeKind('account', () => [
    user('root'),
    user('nobody'),
    user('none such'),
    accountGroup('root'),
    accountGroup('none'),
  ]),
  probeKind('service', () => [service('ssh.service'), service('none.service')]),
  probeKind('provenance', () => [pathProvenance('/etc/passwd'), pathProvenance('/none')]),
  probeKind('listing', () => archives().map((bytes, i) => listing(written(`answers/${i}.tar`, bytes)))),
  {
    name: 'frames',
    corpus: () => [
      Buffer.from(frame(1, ['one\n', 'two', ''])),
      Buffer.from(`${frame(1, ['x'.repeat(5000)])}${frame(2, ['\xff\xfe', 'a\n'])}`),
    ],
    read: input => {
      let marks = 0
      const parser = createFrameParser(
        nonce,
        () => 64 * 1024,
        () => (marks += 1),
      )
      for (const piece of inPieces(input)) parser.push(piece)
      if (parser.rest().length > input.length + marks) throw new Error('it keeps more than has come')
    },
  },
]
