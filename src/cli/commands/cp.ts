import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { attempt, Refusal, refuse } from '../../core/failure.ts'
import { createReport } from '../../report/report.ts'
import type { HostOptions } from '../app/prepare-hosts.ts'
import { runPlaybook } from '../app/run-playbook.ts'
import { reportOptionsFor, type Shown, withReport } from '../app/with-report.ts'

type CpOptions = HostOptions & Shown & { recursive: boolean; check: boolean; lockTimeout: number }

/** One side of a copy: a path here, or one on the hosts of a pattern. */
type Side = { path: string; pattern?: string }

/** As with scp: hosts stand before a colon that no `/` stands before. */
const sideOf = (word: string): Side => {
  const slash = word.indexOf('/')
  const colon = (slash < 0 ? word : word.slice(0, slash)).lastIndexOf(':')
  return colon <= 0 ? { path: word } : { pattern: word.slice(0, colon), path: word.slice(colon + 1) }
}

const usage = (what: string, fix: string): never => refuse('usage-option', what, { fix })

/** Braces would be read as an expression. */
const plain = (path: string): string =>
  path.includes('{{') ? usage(`${path} holds \`{{\``, 'rename it, or use a playbook') : path

const onHost = ({ path, pattern }: Side): string =>
  path.startsWith('/')
    ? plain(path)
    : usage(`${pattern}:${path} is no absolute path`, `write the whole path: ${pattern}:/...`)

const statHere = (path: string) => statSync(path, { throwIfNoEntry: false })

/** What is to be sent: looked at before any host is. */
const sourceHere = ({ path }: Side, { recursive }: CpOptions): string => {
  const found = statHere(path)
  if (found === undefined) return refuse('usage-file', `There is no ${path}.`, { fix: 'Name what is to be copied.' })
  if (found.isDirectory() && !recursive) return usage(`${path} is a folder`, 'copy it with all that is in it: -r')
  return plain(`${resolve(path)}${path.endsWith('/') ? '/' : ''}`)
}

/** Its tasks name the modules that come with runbook, whatever lies in the folder that it is called in. */
type Play = { name: string; hosts: string; tasks: Record<string, unknown>[] }

const sending = (sources: Side[], to: Side & { pattern: string }, options: CpOptions): Play[] => {
  const dest = `${onHost(to)}${sources.length > 1 ? '/' : ''}`
  const tasks = sources.map(source => {
    const src = sourceHere(source, options)
    return { name: `${source.path} to ${dest}`, 'runbook.builtin.copy': { src, dest, mode: 'preserve' } }
  })
  return [{ name: 'cp', hosts: to.pattern, tasks }]
}

/** From one host that is named a file comes as `dest`, or into it where it is a folder; from others as HOST/PATH below it. */
const bringing = (sources: (Side & { pattern: string })[], { path }: Side, { recursive }: CpOptions): Play[] => {
  if (recursive) usage('-r is for folders that are sent', 'bring their files one by one, or a tar of the folder')
  const isFolder = path.endsWith('/') || sources.length > 1 || statHere(path)?.isDirectory() === true
  const dest = plain(`${resolve(path)}${isFolder ? '/' : ''}`)
  return sources.map(source => ({
    name: 'cp',
    hosts: source.pattern,
    tasks: [
      {
        name: `${source.path} to ${path}`,
        'runbook.builtin.fetch': {
          src: onHost(source),
          dest,
          flat: `{{ inventory_hostname == ${JSON.stringify(source.pattern)} }}`,
        },
      },
    ],
  }))
}

const playsFor = (words: string[], options: CpOptions): Play[] => {
  const sides = words.map(sideOf)
  const to = sides.pop()!
  if (sides.length === 0) usage('what is to be copied, and where to?', 'name both: `runbook cp FILE web:/srv/`')
  const far = sides.filter((side): side is Side & { pattern: string } => side.pattern !== undefined)
  if (to.pattern !== undefined && far.length === 0) return sending(sides, { ...to, pattern: to.pattern }, options)
  if (to.pattern === undefined && far.length === sides.length) return bringing(far, to, options)
  return usage(
    to.pattern === undefined ? 'no host is named' : 'hosts are named on both sides',
    'one side is here, the other HOST:/path: `runbook cp FILE web:/srv/`, or `runbook cp web:/etc/hosts .`',
  )
}

/**
 * `runbook cp SOURCE... DEST`: an apply of `copy` or `fetch`, so that it is planned by digest, sends only what is lacking, goes
 * on where it was cut, and is verified. It is not remembered. Returns the exit code.
 */
export const cp = async (words: string[], options: CpOptions): Promise<number> => {
  const planned = attempt(() => playsFor(words, options))
  if (planned.failures)
    return withReport(createReport(reportOptionsFor(options, 'apply')), () => {
      throw new Refusal(...planned.failures)
    })
  const { check, lockTimeout } = options
  const action = check
    ? ({ command: 'plan' } as const)
    : ({ command: 'apply', lockTimeout, isForgotten: true } as const)
  const written = JSON.stringify(planned.value)
  return runPlaybook(action, 'runbook cp', { ...options, tags: [], pending: false, written })
}
