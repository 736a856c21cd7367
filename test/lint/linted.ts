import { join } from 'node:path'
import { lintSubject } from '../../src/cli/app/lint-subject.ts'
import { rules } from '../../src/lint/rules.ts'
import { createComposing } from '../../src/load/composing.ts'
import { load } from '../../src/load/load.ts'
import { folderWith } from '../load/folder.ts'

const nobody = { emit: () => {}, signal: new AbortController().signal }

/** What one rule says of a playbook, as `file:line:column`; `hosts.yml` is its inventory, where there is such a file. */
export const linted = async (rule: string, files: Record<string, string>): Promise<string[]> => {
  const folder = folderWith(files)
  const { readable } = load({
    playbook: join(folder, 'site.yml'),
    composing: createComposing({ extra: {}, roles: [], collections: [] }),
    inventories: 'hosts.yml' in files ? [join(folder, 'hosts.yml')] : [],
    extra: [],
  })
  const { subject } = await lintSubject(readable!, nobody)
  const found = rules[rule]!(subject).map(({ origin: { file, line, column } }) => `${file}:${line}:${column}`)
  return [...new Set(found)].map(one => one.replace(`${folder}/`, '')).sort()
}

/** The same of tasks alone, which begin in line 4; with what else stands in the play, in line 2. */
export const lintedTasks = (rule: string, tasks: string, play = 'vars: {}'): Promise<string[]> =>
  linted(rule, { 'site.yml': `- hosts: all\n  ${play}\n  tasks:\n${tasks.replace(/^(?=.)/gm, '    ')}` })
