import { posix } from 'node:path'
import { isUnknown } from '../core/unknown.ts'
import { isRecord } from '../core/value.ts'
import type { FileAnswer } from '../module/probes/file.ts'
import { placesFile } from '../module/step.ts'
import { canonicalPath } from '../world/canonical-path.ts'
import type { Asker } from './decide.ts'
import type { Line } from './line.ts'
import { type Walk, worldOn } from './walk-state.ts'

/** Why a host will not let a change happen that its module would make, and what to do about it. */
export type Hindrance = { why: string; fix: string }

type Present = Extract<FileAnswer, { exists: true }>

/** What is promised of one path: it is made or replaced, removed, or only its mode and owner are set. */
export type Deed = {
  path: string
  /** Its one name, past the links on the way. */
  real: string
  way: 'placed' | 'removed' | 'adjusted'
  /** Where it cannot be replaced, what is there is written over. */
  inPlace?: true
  patch: Record<string, unknown>
  /** What is there before; members of it may be unknown. Undefined: nothing, or an earlier line is still to make it. */
  there: Present | undefined
}

/** What is there, as far as it is known. */
export const present = (found: unknown): Present | undefined =>
  isRecord(found) && !isUnknown(found) && found.exists === true ? (found as unknown as Present) : undefined

const wayOf = (patch: Record<string, unknown>, there: Present | undefined): Deed['way'] => {
  if (patch.exists === false) return 'removed'
  const isSameFolder = patch.kind === 'directory' && there?.kind === 'directory'
  const isPlaced = ['exists', 'kind', 'content', 'target'].some(member => patch[member] !== undefined)
  return isPlaced && !isSameFolder ? 'placed' : 'adjusted'
}

/** What a line does to files. What a user says of a command is no deed: how it comes about is not known. */
export const deedsOf = (walk: Walk, line: Line, ask: Asker): Deed[] => {
  const said = new Set(line.steps.map(step => (step.do === 'expect' ? step.path : undefined)))
  const { answers, predicted } = worldOn(walk, line.machine)
  return line.will.flatMap(([query, patch]): Deed[] => {
    if (query.probe.kind !== 'file' || !isRecord(patch) || isUnknown(patch) || said.has(query.item)) return []
    const there = present(ask(query))
    const real = posix.normalize(canonicalPath({ reals: answers.reals, predicted }, query.item))
    const inPlace = line.steps.some(step => placesFile(step) && step.path === query.item && step.inPlace)
    return [
      {
        path: query.item,
        real,
        way: wayOf(patch, there),
        ...(inPlace ? { inPlace: true as const } : {}),
        patch,
        there,
      },
    ]
  })
}

/** Whether a step puts this file in its place, and hands on what the old one has. */
export const handsOn = ({ steps }: Line, path: string): boolean =>
  steps.some(
    step =>
      (step.do === 'write' || step.do === 'duplicate' || step.do === 'upload' || step.do === 'members') &&
      step.path === path,
  )
