import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { type Origin, refuse } from '../core/failure.ts'
import { valueOfJson } from '../jinja/filters/json-text.ts'
import { Dict, typeName, type Value, ValueFault } from '../jinja/value.ts'
import {
  draftGroup,
  draftGroupVars,
  draftHost,
  draftHostVars,
  type InventoryDraft,
  type Vars,
} from './inventory-draft.ts'
import { type Located, locatedResult, locatedValue } from './located.ts'

/** So long may a script take for all that it is asked, in seconds, where RUNBOOK_INVENTORY_TIMEOUT says nothing else. */
const LONGEST = 120
const longest = (): number => Number(process.env.RUNBOOK_INVENTORY_TIMEOUT) || LONGEST
const MOST_OUTPUT = 256 * 1024 * 1024

/** A script while it is asked: what it is called, and until when it may answer. */
type Script = { path: string; until: number; draft: InventoryDraft }

const shown = (text: string): string => {
  const lines = text.trim().split('\n')
  return lines.length > 20 ? `${lines.slice(0, 20).join('\n')}\n…` : lines.join('\n')
}

const callOf = ({ path }: Script, args: string[]): string => [path, ...args].join(' ')

/** What a script prints. What it says on standard error is told, whether it ends well or not. */
const printed = (script: Script, args: string[]): string => {
  const { path, until, draft } = script
  const called = callOf(script, args)
  const { status, signal, error, stdout, stderr } = spawnSync(resolve(path), args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    timeout: Math.max(1, until - Date.now()),
    killSignal: 'SIGKILL',
    maxBuffer: MOST_OUTPUT,
  })
  if (status === 0 && error === undefined) {
    if (stderr.trim() !== '') draft.warnings.add(`${called} said: ${shown(stderr)}`)
    return stdout
  }
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  const why =
    code === 'ETIMEDOUT'
      ? `It had not ended after ${longest()} s (RUNBOOK_INVENTORY_TIMEOUT).`
      : code === 'ENOENT'
        ? 'The program that its first line names is not there.'
        : (error?.message ?? `It ended with ${status ?? signal}.`)
  return refuse('inventory-missing', `The inventory script ${called} gave no answer.`, {
    why: stderr?.trim() ? `${why}\n${shown(stderr)}` : why,
    fix: `Run it by hand: \`${resolve(path)} ${args.join(' ')}\`. If it is no script: chmod -x ${path}.`,
  })
}

/** What a script prints, as data. */
const answerOf = (script: Script, args: string[], text = printed(script, args)): Value => {
  const file = callOf(script, args)
  try {
    return valueOfJson(text)
  } catch (error) {
    if (!(error instanceof ValueFault)) throw error
    const [, line = '1', column = '1'] = /line (\d+) column (\d+)/.exec(error.message) ?? []
    const wrong = text.split('\n')[Number(line) - 1] ?? ''
    return refuse('inventory-shape', `The inventory script ${file} printed what is no JSON.`, {
      why: `${error.message.replace(/ \(char \d+\)$/, '')}\n${wrong.slice(0, 200)}`,
      fix: 'It has to print one JSON object and nothing else; what is for people goes to standard error.',
      origin: { file, line: Number(line), column: Number(column) },
    })
  }
}

const shape = (what: string, origin: Origin): never => refuse('inventory-shape', what, { origin })

/** The members of a mapping by their names. */
const mappingOf = (value: Value, what: string, origin: Origin): Map<string, Value> =>
  value instanceof Dict
    ? new Map(value.entries().map(([key, one]) => [String(key), one]))
    : shape(`${what} must be a mapping, not ${typeName(value)}.`, origin)

const listOf = (value: Value, what: string, origin: Origin): string[] => {
  if (!Array.isArray(value)) return shape(`${what} must be a list, not ${typeName(value)}.`, origin)
  const wrong = value.find(one => typeof one !== 'string')
  return wrong === undefined
    ? (value as string[])
    : shape(`${what} must be a list of names: there is ${typeName(wrong)}.`, origin)
}

/** A text that is no template is marked as one that is not safe. */
const variableOf = (value: Value, origin: Origin): Located => {
  const unsafe = value instanceof Dict && value.size === 1 ? value.get('__ansible_unsafe') : undefined
  return unsafe === undefined ? locatedValue(value, origin) : locatedResult(unsafe, origin)
}

const varsOf = (value: Value, what: string, origin: Origin, located = variableOf): Vars =>
  Object.fromEntries([...mappingOf(value, what, origin)].map(([name, one]) => [name, located(one, origin)]))

const isGroup = (data: Dict): boolean => ['hosts', 'vars', 'children'].some(word => data.has(word))

/** Reads one group, and returns its own hosts. Old scripts print the hosts alone, or the variables of a host as its group. */
const readGroup = (draft: InventoryDraft, name: string, data: Value, origin: Origin): string[] => {
  const group = draftGroup(draft, name, origin)
  if (data instanceof Dict && !isGroup(data)) {
    draftHost(draft, group, name, origin)
    draftGroupVars(draft, group, varsOf(data, `The group "${name}"`, origin, locatedResult))
    return [name]
  }
  const members = data instanceof Dict ? data : new Dict([['hosts', data]])
  const named = listOf(members.get('hosts') ?? [], `"hosts" of the group "${name}"`, origin)
  for (const host of named) draftHost(draft, group, host, origin)
  draftGroupVars(draft, group, varsOf(members.get('vars') ?? new Dict(), `"vars" of the group "${name}"`, origin))
  for (const child of listOf(members.get('children') ?? [], `"children" of the group "${name}"`, origin)) {
    draftGroup(draft, child, origin)
    group.children.add(child)
  }
  return named
}

/**
 * Reads what an inventory script prints: asked with `--list` for groups, and for the variables of hosts where `_meta.hostvars` is
 * not among them, each host with `--host NAME`. Source of the form: ansible lib/ansible/plugins/inventory/script.py.
 *
 * Throws a Refusal: `inventory-missing` where it fails or takes too long, `inventory-shape` where it prints something else.
 */
export const readScriptInventory = (draft: InventoryDraft, path: string): void => {
  const script: Script = { path, until: Date.now() + longest() * 1000, draft }
  const origin: Origin = { file: callOf(script, ['--list']), line: 1, column: 1 }
  const groups = mappingOf(answerOf(script, ['--list']), 'What it prints', origin)
  const meta = groups.get('_meta')
  groups.delete('_meta')
  const hosts = new Set([...groups].flatMap(([name, data]) => readGroup(draft, name, data, origin)))
  const known = meta && mappingOf(mappingOf(meta, '_meta', origin).get('hostvars') ?? null, '_meta.hostvars', origin)
  const hostVars = (host: string): Value => {
    if (known) return known.get(host) ?? new Dict()
    const text = printed(script, ['--host', host])
    return text.trim() === '' ? new Dict() : answerOf(script, ['--host', host], text)
  }
  for (const host of hosts) draftHostVars(draft, host, varsOf(hostVars(host), `The variables of "${host}"`, origin))
}
