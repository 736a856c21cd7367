import type { Failure } from '../core/failure.ts'
import type { Task } from '../load/playbook.ts'
import { didYouMean } from '../load/suggest.ts'

/** What part of a playbook is asked for: `--limit` and `--tags`. */
export type Selection = { limit?: string; tags: string[] }

/** Whether --tags leaves a task in. `always` cannot be left out, as in Ansible. */
export const isSelected = (task: Task, tags: string[]): boolean =>
  tags.length === 0 || task.tags.includes('always') || task.tags.some(tag => tags.includes(tag))

/** A tag that no task bears is a slip: it would silently do nothing. */
export const strangeTags = (tasks: Task[], tags: string[]): Failure[] => {
  const known = new Set(tasks.flatMap(task => task.tags))
  return tags
    .filter(tag => !known.has(tag))
    .map(tag => ({
      reason: 'usage-option',
      what: `No task has the tag "${tag}".`,
      fix:
        didYouMean(tag, known) || (known.size > 0 ? `Tags: ${[...known].join(', ')}.` : 'This playbook has no tags.'),
    }))
}
