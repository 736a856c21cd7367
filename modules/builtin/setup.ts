import { defineModule, type FactSource, factSource, T, uses } from '../../src/module/module.ts'
import { subsetsOf } from './lib/fact-subsets.ts'
import { namePattern } from './lib/name-pattern.ts'

const names = (description: string) =>
  T.Optional(
    T.Unsafe<string | string[]>({
      anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
      description,
    }),
  )

const args = T.Object(
  {
    filter: names(
      'Only facts whose names fit one of these patterns (`*`, `?`, `[a-z]`), with or without the `ansible_` in front: `distribution*`, `ansible_eth*`.',
    ),
    gather_subset: names(
      'Which facts are gathered: `all`, `min`, `hardware`, `network`, `virtual`, or the name of one of the collectors that Ansible has; `!hardware` leaves it out. Without it all are.',
    ),
    fact_path: T.Optional(
      T.Enum(['/etc/ansible/facts.d'], {
        description: 'Where a host keeps its custom facts: no other folder is looked into.',
      }),
    ),
    gather_timeout: T.Optional(
      T.Integer({ description: 'Accepted, for playbooks that have it: gathering waits for no one.' }),
    ),
  },
  { additionalProperties: false },
)

const listOf = (value: string | string[] | undefined): string[] =>
  (typeof value === 'string' ? value.split(',') : (value ?? [])).map(one => one.trim()).filter(one => one !== '')

/** Patterns as the names of variables, of which each is tried with and without the `ansible_`. */
const patternsIn = (filter: string | string[] | undefined): RegExp[][] =>
  listOf(filter)
    .filter(one => one !== '*')
    .map(one => (one.startsWith('ansible_') ? [one] : [one, `ansible_${one}`]).map(namePattern))

const fits = (patterns: RegExp[], variable: string): boolean => patterns.some(one => one.test(variable))
const isAsked = (patterns: RegExp[][], variable: string): boolean =>
  patterns.length === 0 || patterns.some(one => fits(one, variable))

type Args = { filter?: string | string[]; gather_subset?: string | string[] }

/** The subsets that have a fact which is asked for. What no fact of ours is called may be a network, which only the host can name. */
const subsetsFor = ({ filter, gather_subset }: Args, source: FactSource): string[] => {
  const patterns = patternsIn(filter)
  const variablesOf = (subset: string): string[] => source.factsIn(subset).map(fact => `ansible_${fact}`)
  const all = source.allSubsets.flatMap(variablesOf)
  const isOpen = patterns.some(one => !all.some(variable => fits(one, variable)))
  return subsetsOf(listOf(gather_subset), source.allSubsets).filter(
    subset => (isOpen && subset === 'network') || variablesOf(subset).some(variable => isAsked(patterns, variable)),
  )
}

export default defineModule({
  name: 'setup',
  about:
    'Gathers facts again, at this place in the playbook: what tasks before it have changed is in them. It changes nothing. Facts that are only named need no task, they are gathered when a play begins.',
  args,
  outputs: T.Object(
    {
      ansible_facts: T.Record(T.String(), T.Unknown(), { description: 'The facts, by the names of their variables.' }),
    },
    { additionalProperties: false },
  ),
  examples: [
    '- name: Gather again what the last task has written\n  setup:\n    filter: ansible_local',
    '- name: Know the network\n  setup:\n    gather_subset: [min, network]',
  ],
  reads: () => ({ kit: uses(factSource) }),
  more: (args, { kit }) => ({ facts: subsetsFor(args, kit).map(subset => uses(kit.gatheredAgain(subset))) }),
  touches: () => [],
  plan: (args, { facts }, { ok }) => {
    const patterns = patternsIn(args.filter)
    const all = facts.flatMap(one => Object.entries(one).map(([name, value]) => [`ansible_${name}`, value] as const))
    return ok({ ansible_facts: Object.fromEntries(all.filter(([name]) => isAsked(patterns, name))) })
  },
})
