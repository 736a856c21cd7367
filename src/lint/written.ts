import { isRecord } from '../core/value.ts'
import { plainWord } from '../load/block.ts'
import { type Located, locatedMember } from '../load/located.ts'

/** A play, a task or a block as it is written, with its keys. */
export type WrittenPart = { kind: 'play' | 'task' | 'block'; at: Located; members: Map<string, Located> }

const OF_TASKS = ['tasks', 'pre_tasks', 'post_tasks', 'handlers', 'block', 'rescue', 'always']

const itemsOf = (at: Located): Located[] =>
  Array.isArray(at.value) ? at.value.map((_, index) => locatedMember(at, index)) : []

const kindOfNode = (keys: string[]): WrittenPart['kind'] => {
  if (keys.includes('hosts') || keys.some(key => plainWord(key) === 'import_playbook')) return 'play'
  return keys.includes('block') ? 'block' : 'task'
}

/** All that is in a list of plays or tasks, in written order; nothing in a file of variables. */
export const writtenIn = (document: Located): WrittenPart[] =>
  itemsOf(document).flatMap(at => {
    if (!isRecord(at.value)) return []
    const members = new Map(Object.keys(at.value).map(key => [key, locatedMember(at, key)]))
    const kind = kindOfNode([...members.keys()])
    const inner = kind === 'task' ? [] : OF_TASKS.flatMap(word => members.get(word) ?? [])
    return [{ kind, at, members }, ...inner.flatMap(writtenIn)]
  })

/** The texts in a value, each with its place. */
export const textsIn = (at: Located): Located<string>[] => {
  if (typeof at.value === 'string') return [at as Located<string>]
  if (Array.isArray(at.value)) return itemsOf(at).flatMap(textsIn)
  return isRecord(at.value) ? Object.keys(at.value).flatMap(key => textsIn(locatedMember(at, key))) : []
}

/** The texts that are expressions by the key they stand under, anywhere in a value. */
export const conditionsIn = (at: Located): Located<string>[] => {
  if (Array.isArray(at.value)) return itemsOf(at).flatMap(conditionsIn)
  if (!isRecord(at.value)) return []
  return Object.keys(at.value).flatMap(key => {
    const inner = locatedMember(at, key)
    return CONDITIONS.includes(key) ? textsIn(inner) : conditionsIn(inner)
  })
}
const CONDITIONS = ['when', 'until', 'failed_when', 'changed_when', 'that', 'loop']
