import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import { pack } from '../artifact/rig.ts'
import { allModules } from '../docs/modules.ts'

const here = new URL('.', import.meta.url)
const root = new URL('../../', import.meta.url)

const filesIn = (folder: URL, ending = ''): Buffer[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter(name => name.endsWith(ending))
        .sort()
        .map(name => readFileSync(new URL(name, folder)))
    : []

/** The valid inputs of a kind that are written for it. */
export const kept = (kind: string): Buffer[] => filesIn(new URL(`corpus/${kind}/`, here))

/** What is found is always tried again: each file is named by what it did. */
export const foundInputs = (): { kind: string; name: string; input: Buffer }[] => {
  const folder = new URL('found/', here)
  return readdirSync(folder)
    .sort()
    .flatMap(kind =>
      readdirSync(new URL(`${kind}/`, folder))
        .sort()
        .map(name => ({ kind, name, input: readFileSync(new URL(`${kind}/${name}`, folder)) })),
    )
}

/** The tasks that modules show as examples, each in a play, and the playbooks that come with runbook. */
export const playbooks = async (): Promise<Buffer[]> => {
  const tasks = (await allModules()).flatMap(({ module }) => module.examples)
  const plays = tasks.map(task => Buffer.from(`- hosts: all\n  tasks:\n${task.replace(/^/gm, '    ')}\n`))
  return [...kept('playbook'), ...kept('playbook'), ...plays, ...filesIn(new URL('playbooks/', root), '.yml')]
}

export const inventories = (): Buffer[] => [...kept('inventory-yaml'), ...filesIn(new URL('inventory/', root), '.yml')]

/** What an earlier version has left on a disk. */
const earlier = new URL('test/state/earlier/', root)
export const plans = (): Buffer[] => filesIn(earlier, 'plan.json')
export const locks = (): Buffer[] => filesIn(earlier, 'artifacts.lock')
export const journals = (): Buffer[] => [...filesIn(new URL('runs/', earlier)), ...kept('journal')]

/** In each of the formats of tar, packed and not. */
export const archives = (): Buffer[] => {
  const files = { 'a/b': 'x'.repeat(700), [`a/${'long'.repeat(40)}`]: '', 'run me': '#!/bin/sh\n', ü: 'ü' }
  return ['gnu', 'ustar', 'pax'].flatMap(format => {
    const packed = pack(format === 'ustar' ? { 'a/b': 'x' } : files, `--format=${format}`)
    return packed[0] === 0x1f ? [packed, gunzipSync(packed)] : [packed, gzipSync(packed)]
  })
}
