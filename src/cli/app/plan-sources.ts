import { existsSync, readFileSync } from 'node:fs'
import { refuse } from '../../core/failure.ts'
import { keyed } from '../../core/value.ts'
import { inventoryFiles } from '../../load/inventory.ts'
import type { SavedPlan } from '../../planfile/saved-plan.ts'
import { moduleFiles } from './find-modules.ts'
import type { Prepared } from './prepare.ts'

/** A keyed digest: a file of variables may hold a secret that could be guessed by a plain one. */
const digestOf = (key: Buffer, path: string): string | undefined => {
  try {
    return keyed(key, readFileSync(path))
  } catch {
    return undefined
  }
}

/** The files that are read whatever comes of the plan. */
const always = (playbook: string, inventory: string[], variableFiles: string[]): string[] => [
  playbook,
  ...variableFiles,
  ...inventoryFiles(inventory),
]

/** The files that a plan was made from, by their names and digests. */
export const planSources = (
  playbook: string,
  { asked, known, controller }: Prepared,
  variableFiles: string[],
  key: Buffer,
): Record<string, string> => {
  const own = [...always(playbook, asked.inventory, variableFiles), ...controller.files()]
  const files = [...own.map((path): [string, string] => [path, path]), ...moduleFiles(Object.keys(known.modules))]
  return Object.fromEntries(files.map(([name, path]) => [name, digestOf(key, path) ?? '']))
}

/** Throws a Refusal (`plan-stale`) that names the files that are no longer what the plan was made from. */
export const checkSources = ({ asked, sources, runbook }: SavedPlan, version: string, key: Buffer): void => {
  const modules = new Map(
    moduleFiles(Object.keys(sources).flatMap(name => /^module \w+\/(\w+)\.ts$/.exec(name)?.[1] ?? [])),
  )
  const changed = Object.entries(sources)
    .filter(([name, digest]) => (digestOf(key, modules.get(name) ?? name) ?? '') !== digest)
    .map(([name]) => name)
  const added = [...always(asked.playbook, asked.inventory, asked.variableFiles), ...modules.keys()].filter(
    name => !(name in sources),
  )
  const news = [
    ...(version === runbook ? [] : [`It was made by runbook ${runbook}; this is ${version}.`]),
    ...(changed.length > 0 ? [`Changed or gone: ${changed.join(', ')}.`] : []),
    ...(added.length > 0 ? [`New: ${added.join(', ')}.`] : []),
  ]
  if (news.length > 0)
    refuse('plan-stale', 'What the plan was made from has changed since.', {
      why: news.join('\n'),
      fix: existsSync(asked.playbook)
        ? 'Make the plan again.'
        : 'Call it from the folder that the plan was made in, or make the plan again.',
    })
}
