import { exit } from '../../core/exit.ts'
import { Refusal } from '../../core/failure.ts'
import { type Selection, selected, strangeSelection } from '../../graph/selection.ts'
import { check, inFileOrder } from '../../load/check.ts'
import type { Readable } from '../../load/load.ts'
import { selectHosts } from '../../load/pattern.ts'
import type { Play, Task } from '../../load/playbook.ts'
import { writtenSecrets } from '../../load/secrets.ts'
import { applySchemas } from '../../load/task-schemas.ts'
import { printable } from '../../report/printable.ts'
import { createReport } from '../../report/report.ts'
import { readAnsibleSettings } from '../app/ansible-settings.ts'
import { loadModules } from '../app/load-modules.ts'
import { completed, type Lists, loadAsked, type PlaybookOptions, selectionOf } from '../app/prepare.ts'
import { reportOptionsFor, withReport } from '../app/with-report.ts'

type ListOptions = PlaybookOptions & Lists

/** Tags as Ansible lists them, each once. */
const tagsText = (tags: Iterable<string>): string => `[${[...new Set(tags)].sort().join(', ')}]`

/** The tags that are on the play itself: those of all of its tasks. */
const tagsOfPlay = ({ tags }: Play): string => tagsText(tags)

const hostsText = (play: Play, { inventory }: Readable, limited: ReadonlySet<string> | undefined): string[] => {
  const hosts = inventory ? selectHosts(inventory, play.hosts.value, play.hosts.origin) : []
  const own = hosts.filter(host => limited === undefined || limited.has(host))
  const patterns = play.hosts.value.split(',').map(one => `'${one.trim()}'`)
  return [`    pattern: [${patterns.join(', ')}]`, `    hosts (${own.length}):`, ...own.map(host => `      ${host}`)]
}

const playLines = (
  play: Play,
  number: number,
  readable: Readable,
  asked: ListOptions,
  selects: (task: Task) => boolean,
  limited: ReadonlySet<string> | undefined,
): string[] => {
  const tasks = play.tasks.filter(task => !task.handler)
  // Asked for tags, Ansible lists every task, those that never run without being asked for too.
  const own = asked.listTags ? tasks : tasks.filter(selects)
  return [
    '',
    `  play #${number} (${play.hosts.value}): ${play.name}\tTAGS: ${tagsOfPlay(play)}`,
    ...(asked.listHosts ? hostsText(play, readable, limited) : []),
    ...(asked.listTasks
      ? ['    tasks:', ...own.map(({ name, tags }) => `      ${name}\tTAGS: ${tagsText(tags)}`)]
      : []),
    ...(asked.listTags ? [`      TASK TAGS: ${tagsText(own.flatMap(({ tags }) => tags))}`] : []),
  ]
}

/** Everything that can be said against a playbook with no host contacted; throws a Refusal where there is something. */
const requireSound = async (readable: Readable): Promise<void> => {
  const found = await loadModules(readable.playbook)
  const typed = applySchemas(readable, found.modules)
  const failures = [...found.failures, ...check(typed, found.modules, found.names)]
  if (failures.length > 0) throw new Refusal(...inFileOrder(failures, typed.playbook.file))
}

const limitedBy = (limit: string | undefined, { inventory }: Readable): ReadonlySet<string> | undefined =>
  limit === undefined || !inventory
    ? undefined
    : new Set(selectHosts(inventory, limit, { file: '--limit', line: 1, column: 1 }))

const linesOf = (readable: Readable, asked: ListOptions, selection: Selection): string[] => {
  const { plays, file } = readable.playbook
  const all = plays.flatMap(play => [...play.tasks, ...play.handlers])
  const failures = strangeSelection(all, selection)
  if (failures.length > 0) throw new Refusal(...failures)
  const selects = selected(all, selection)
  const limited = limitedBy(asked.limit, readable)
  const lists = asked.listHosts || asked.listTasks || asked.listTags
  return [
    '',
    `playbook: ${file}`,
    ...(lists ? plays.flatMap((play, at) => playLines(play, at + 1, readable, asked, selects, limited)) : []),
  ]
}

/**
 * `--syntax-check`, `--list-hosts`, `--list-tasks`, `--list-tags`: what is in a playbook, as ansible-playbook prints it. No host is
 * contacted, and without an inventory only hosts are missing. Returns the exit code.
 */
export const listPlaybook = (playbook: string, options: ListOptions): Promise<number> => {
  // Standard output is the list's: what is wrong is told beside it.
  const shown = { ...reportOptionsFor({ format: 'text', color: false }, 'plan'), out: process.stderr }
  return withReport(createReport(shown), async () => {
    const { configured } = await readAnsibleSettings()
    const asked = { ...options, ...completed(playbook, options, configured) }
    const nobody = { secrets: shown.redact, emit: () => {}, signal: new AbortController().signal }
    const { failures = [], readable } = await loadAsked(playbook, asked, configured, nobody)
    for (const value of readable ? writtenSecrets(readable) : []) shown.redact.add(value)
    const told = failures.filter(({ reason }) => reason !== 'inventory-missing' || options.listHosts)
    if (!readable || told.length > 0) throw new Refusal(...told)
    if (options.syntaxCheck) await requireSound(readable)
    const lines = linesOf(readable, options, selectionOf(options))
    // A name of several lines stands in one.
    process.stdout.write(lines.map(line => `${printable(line).replaceAll('\n', ' ')}\n`).join(''))
    return exit.done
  })
}
