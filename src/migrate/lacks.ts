import type { Failure, Origin } from '../core/failure.ts'

/** Something that a unit needs and that there is not: how often, where first, and what to write instead. */
export type Lack = {
  kind: 'module' | 'keyword' | 'argument' | 'expression' | 'template' | 'plugin' | 'other'
  what: string
  count: number
  fix?: string
  first?: Origin
}

const KINDS: Partial<Record<Failure['reason'], Lack['kind']>> = {
  'playbook-module': 'module',
  'playbook-shape': 'keyword',
  'playbook-name': 'keyword',
  'playbook-argument': 'argument',
  'playbook-expression': 'expression',
  'playbook-value': 'expression',
  'playbook-template': 'template',
}

/** What is not there may be in another role or collection, which was not named: that is nothing of ours. */
export const isElsewhere = ({ reason }: Failure): boolean =>
  reason === 'playbook-reference' || reason === 'inventory-missing'

const placeOf = ({ origin }: Failure): string => (origin ? `${origin.file}:${origin.line}:${origin.column}` : '')

/** Failures as what is missing: the same words count together, the most frequent first, each place once. */
export const lacksIn = (failures: Failure[], own: string[]): Lack[] => {
  const told = failures.map(one => ({ ...one, what: one.what.replaceAll('"runbook.builtin.', '"') }))
  const each = new Map(told.map(one => [`${placeOf(one)} ${one.what}`, one]))
  const found = Map.groupBy([...each.values()], ({ what }) => what)
  const all = [...found].map(([what, list]): Lack => {
    const [first] = list as [Failure, ...Failure[]]
    const isOwn = own.some(name => what.includes(`"${name}"`))
    return {
      kind: isOwn ? 'plugin' : (KINDS[first.reason] ?? 'other'),
      what: isOwn ? `${what.replace(/\.$/, '')}: the role brings it in Python.` : what,
      count: list.length,
      ...(isOwn ? { fix: 'Write it as a TypeScript or JavaScript module in library/, or as tasks.' } : {}),
      ...(!isOwn && first.fix && first.fix.length < 200 ? { fix: first.fix } : {}),
      ...(first.origin ? { first: first.origin } : {}),
    }
  })
  return all.sort((one, other) => other.count - one.count || (one.what < other.what ? -1 : 1))
}
