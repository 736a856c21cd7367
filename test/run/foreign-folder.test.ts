import { execFileSync } from 'node:child_process'
import { chownSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { content, sha256 } from '../../src/core/value.ts'
import { receiverScript } from '../../src/host/upload.ts'
import { attributes, folder, link, type Step } from '../../src/module/step.ts'
import { rewrite, stepScript } from '../../src/run/step-script.ts'
import { noAttacker, type Place, quiet, survives } from './foreign-folder.ts'
import { temporary } from './local.ts'

const check = noAttacker === '' ? test : test.skip
const about = (what: string): string => `in a folder of others, ${what}${noAttacker}`
const script = (...steps: Step[]): string =>
  steps.map(step => `( ${stepScript(step, new Map(), 'root')} ) || exit $?`).join('\n')

/** An archive with one folder, and a program in it. */
const packed = (): Buffer => {
  const top = join(temporary(), 'top')
  mkdirSync(top)
  for (const name of ['target', 'program']) writeFileSync(join(top, name), '#!/bin/sh\necho new\n', { mode: 0o755 })
  return execFileSync('tar', ['-C', dirname(top), '-czf', '-', 'top'])
}
const archive = packed()

const bytes = Buffer.alloc(5_000, 'some bytes\n')
const sent = { source: { bytes }, size: bytes.length, digest: sha256(bytes), mode: '0644' }
/** A file of theirs, and one of root's, are there. */
const there = ({ d }: Place): void => {
  for (const name of ['f', 'g']) writeFileSync(join(d, name), 'old\n')
  chownSync(join(d, 'f'), 12345, 12345)
}

type Way = { script: (place: Place) => string; prepare?: (place: Place) => void; input?: Buffer; makes?: string[] }
const ways: Record<string, Way> = {
  'a file that is new': {
    script: ({ d }) => script({ do: 'write', path: join(d, 'f'), content: content('new\n'), mode: '0644' }),
  },
  'a file of another owner': {
    script: ({ d }) =>
      script({ do: 'write', path: join(d, 'f'), content: content('new\n'), mode: '0644', owner: '54321' }),
  },
  'a file in place of theirs': {
    prepare: there,
    script: ({ d }) =>
      script({
        do: 'write',
        path: join(d, 'f'),
        content: content('new\n'),
        mode: '0644',
        over: { path: join(d, 'f'), kind: 'file', digest: sha256('old\n') },
      }),
    makes: ['f', 'g'],
  },
  'a file that is copied on the host': {
    prepare: there,
    script: ({ d, root }) =>
      `cp ${join(d, 'g')} ${root}/from\n${script({ do: 'duplicate', from: join(root, 'from'), path: join(d, 'f'), mode: '0644' })}`,
    makes: ['f', 'g'],
  },
  'members of a file': {
    prepare: there,
    script: ({ d }) =>
      rewrite(join(d, 'f'), Buffer.from('new\n'), { path: join(d, 'f'), kind: 'there', digest: sha256('old\n') }),
    makes: ['f', 'g'],
  },
  'several files at once': {
    prepare: there,
    script: ({ d }) =>
      script({
        do: 'writes',
        below: d,
        files: [
          { path: 'f', content: content('new\n'), mode: '0644', replaces: true },
          { path: 'h', content: content('new\n'), mode: '0644', owner: '54321' },
        ],
      }),
    makes: ['f', 'g', 'h'],
  },
  'a link': {
    script: ({ d }) => script(...link(join(d, 'f'), 'g')),
    prepare: ({ d }) => symlinkSync('old', join(d, 'f')),
  },
  'the owner and the mode of their file': {
    prepare: there,
    script: ({ d }) => script(...attributes(join(d, 'f'), '0600', { owner: '54321' })),
    makes: ['f', 'g'],
  },
  'the owner and the mode of a file of root’s': {
    prepare: ({ d }) => writeFileSync(join(d, 'f'), 'old'),
    script: ({ d }) => script(...attributes(join(d, 'f'), '0600', { owner: '54321' })),
  },
  'a folder': { script: ({ d }) => script(folder(join(d, 'f/g/h'), '00750', { owner: '54321' })) },
  'a folder that is there': {
    prepare: ({ d }) => mkdirSync(join(d, 'f')),
    script: ({ d }) => script(...attributes(join(d, 'f'), '00750', { owner: '54321' })),
  },
  'what is removed': {
    prepare: place => {
      there(place)
      mkdirSync(join(place.d, 'e/e'), { recursive: true })
      writeFileSync(join(place.d, 'e/e/x'), '')
    },
    script: ({ d }) => script({ do: 'remove', path: join(d, 'e') }),
    makes: ['f', 'g'],
  },
  'what is renamed': {
    prepare: ({ d }) => writeFileSync(join(d, 'e'), ''),
    script: ({ d }) => script({ do: 'rename', from: join(d, 'e'), to: join(d, 'f') }),
  },
  'a receipt': {
    prepare: there,
    script: ({ d }) => script({ do: 'receipt', path: join(d, 'f'), digest: sha256('old\n') }),
    makes: ['f', 'g'],
  },
  'an archive that is unpacked': {
    prepare: ({ d }) => mkdirSync(join(d, 'f')),
    script: ({ d }) =>
      receiverScript(
        {
          ...{ source: { bytes: archive }, size: archive.length, digest: sha256(archive), mode: '' },
          ...{ path: join(d, 'f'), unpack: ['--strip-components=1', 'top'] },
        },
        'a'.repeat(16),
      ),
    input: archive,
  },
  'an upload': { script: ({ d }) => receiverScript({ ...sent, path: join(d, 'f') }, 'a'.repeat(16)), input: bytes },
  'an upload that may be cut, over a file': {
    prepare: there,
    script: ({ d }) => receiverScript({ ...sent, path: join(d, 'f') }, 'a'.repeat(16), true),
    input: Buffer.concat([Buffer.from('0\n'), bytes]),
    makes: ['f', 'g'],
  },
}

for (const [what, { script: of, prepare, input, makes = ['f'] }] of Object.entries(ways)) {
  check(about(`${what}: is put there, and nothing beside it`), () => {
    const { names, status, stderr, d } = quiet(of, prepare, input)
    assert.equal([status, stderr], [0, ''])
    assert.equal(names, makes)
    assert.is(lstatSync(join(d, 'f')).isSymbolicLink(), what === 'a link')
  })
  check(about(`${what}: whatever names they change meanwhile, what is root has stays as it was`), () =>
    survives(of, prepare, input),
  )
}

test.run()
