import { notAnAnswer, Refusal } from '../../../core/failure.ts'
import { fedTo, quote } from '../../../core/quote.ts'
import type { Become, Output } from '../../../core/transport.ts'
import type { Json } from '../../../core/value.ts'
import type { Label } from '../../label.ts'
import type { Probe, ProbeItem, Query } from '../../query.ts'
import { clock, uptime } from './clock.ts'
import { kernelArguments, resolver } from './configuration.ts'
import { customFacts } from './custom-facts.ts'
import { distribution } from './distribution.ts'
import { board, memory, processors } from './hardware.ts'
import { account, environment, hostKeys } from './login.ts'
import { localRoutes, network } from './network.ts'
import { fullNames, machineId, platform, userspace } from './platform.ts'
import type { FactValues, Printed, Subset } from './section.ts'
import { capabilities, policies, root } from './security.ts'
import { disks, initiators, mountedFileSystems, volumes } from './storage.ts'
import { lsb, packageManager, python, serviceManager, systemd } from './system-programs.ts'
import { virtualization } from './virtualization.ts'

const subsets: Record<string, Subset> = {
  platform,
  distribution,
  processors,
  memory,
  board,
  network,
  localRoutes,
  fullNames,
  userspace,
  machineId,
  virtualization,
  serviceManager,
  packageManager,
  python,
  systemd,
  lsb,
  account,
  environment,
  hostKeys,
  clock,
  uptime,
  policies,
  root,
  capabilities,
  mountedFileSystems,
  disks,
  volumes,
  initiators,
  resolver,
  kernelArguments,
  customFacts,
}

const subsetOf = new Map(
  Object.entries(subsets).flatMap(([name, { facts }]) => facts.map(fact => [fact, name] as const)),
)

/** In which subset a fact is looked for: what no subset names may be an interface of the network. */
export const subsetFor = (fact: string): string => subsetOf.get(fact) ?? 'network'
export const allSubsets: readonly string[] = Object.keys(subsets)

/** The most that one subset may come to: values in it, characters of text, and values inside of one another. */
const MOST_VALUES = 100_000
const MOST_TEXT = 4_000_000
const DEEPEST = 100

/** Why no honest host says so much; undefined: it does not. */
const excessIn = (facts: FactValues): string | undefined => {
  let values = 0
  let text = 0
  const waiting: [value: Json, depth: number][] = [[facts, 0]]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [value, depth] = next
    values += 1
    if (depth > DEEPEST) return `it has values ${DEEPEST} deep in one another`
    if (values > MOST_VALUES) return `it has more than ${MOST_VALUES} values`
    if (typeof value === 'string') text += value.length
    else if (value !== null && typeof value === 'object')
      for (const [key, inner] of Object.entries(value)) {
        text += key.length
        waiting.push([inner, depth + 1])
      }
    if (text > MOST_TEXT) return `it has more than ${MOST_TEXT} characters`
  }
  return undefined
}

/**
 * What is asked: a subset; ` again` behind it when a task asks, and not what a play began with; ` as USER` where root asks what
 * that user would be told, ` of USER` where the user does.
 */
const again = ' again'
const subsetIn = (item: string): Subset => subsets[item.split(' ')[0]!]!
const askerIn = (item: string): string => / as (.*)$/.exec(item)?.[1] ?? ''

/** Sections by the names that their output is found under, each once. */
const sectionsFor = (items: readonly ProbeItem[]): Map<string, string> => {
  const found = new Map<string, string>()
  for (const { item } of items) {
    const user = askerIn(item)
    for (const { name, sh } of subsetIn(item).sections)
      if (user === '') found.set(name, sh)
      else found.set(`${name} as ${user}`, fedTo(user, sh))
  }
  return found
}

/**
 * Sections are told apart by a word that nobody could know before: a user of the host may choose what is printed between
 * them (the name of a mount), and must not end it.
 */
const scriptFor = (items: ProbeItem[]): string =>
  [
    'k=; { read -r k </proc/sys/kernel/random/uuid; } 2>/dev/null || k=$$; printf "%s\\n" "$k"',
    ...[...sectionsFor(items)].map(
      ([name, sh]) => `printf '\\n\\036%s %s\\n' "$k" ${quote(name)}\n(\n${sh}\n) 2>/dev/null`,
    ),
    'printf \'\\n\\036%s end\\n\' "$k"',
  ].join('\n')

const printedIn = (text: string): ((item: string) => Printed) => {
  const [word = '', ...rest] = text.split('\n', 1)
  if (rest.length > 0 || !/^[0-9a-f-]{1,40}$/.test(word)) throw new Error('it does not begin as it should')
  const parts = text.split(`\n\x1e${word} `).slice(1)
  if (parts.at(-1) !== 'end\n') throw new Error('it ends before its end')
  const sections = new Map(
    parts.map(part => {
      const end = part.indexOf('\n')
      return [part.slice(0, end), part.slice(end + 1)]
    }),
  )
  return item => {
    const user = askerIn(item)
    return ({ name }) => sections.get(user === '' ? name : `${name} as ${user}`) ?? ''
  }
}

const gatherProbe: Probe<FactValues> = {
  kind: 'gathered',
  side: 'host',
  sh: scriptFor,
  read: ({ stdout }: Output, items) => {
    const printed = printedIn(stdout.toString())
    return items.map(({ item }) => {
      const facts = subsetIn(item).make(printed(item))
      const excess = excessIn(facts)
      if (excess !== undefined) throw new Refusal(notAnAnswer(`what the host says of its ${item} is no answer`, excess))
      return facts
    })
  },
}

/** The facts of a subset under Ansible's names, as they were when they were gathered: nothing clouds them. */
export const gathered = (subset: string): Query<FactValues, false> => ({
  key: `gathered:${subset}`,
  looks: [],
  probe: gatherProbe,
  item: subset,
  words: [],
  facets: [],
  parse: (raw: FactValues) => raw,
  only: true,
  subject: `facts of its ${subset}`,
})

/** What may change a subset while a playbook runs: the rest of a host changes when it is started again, if then. */
const changing: Record<string, Label[]> = {
  platform: ['path:/etc/hostname'],
  fullNames: ['path:/etc/hosts', 'path:/etc/hostname', 'path:/etc/resolv.conf'],
  network: ['tree:/etc/network', 'tree:/etc/netplan', 'tree:/etc/systemd/network', 'tree:/etc/NetworkManager'],
  mountedFileSystems: ['mounts', 'path:/etc/fstab'],
  distribution: ['path:/etc/os-release'],
  packageManager: ['children:/usr/bin'],
  python: ['children:/usr/bin'],
  lsb: ['children:/usr/bin'],
  account: ['user:*'],
  hostKeys: ['tree:/etc/ssh'],
  resolver: ['path:/etc/resolv.conf'],
  policies: ['path:/etc/selinux/config'],
  customFacts: ['tree:/etc/ansible/facts.d'],
}

/** The same at the moment of the task that asks: it follows what tasks before it have changed. */
export const gatheredAgain = (subset: string): Query<FactValues, false> => ({
  ...gathered(subset),
  key: `gathered:${subset}${again}`,
  looks: changing[subset] ?? [],
  item: `${subset}${again}`,
})

/** The names of the facts in a subset. */
export const factsIn = (subset: string): readonly string[] => subsets[subset]?.facts ?? []

const personal = new Set(['account', 'environment'])

/** The same for another user than the one who reads there: what depends on who asks is asked by him, or as him by root. */
export const gatheredBy = (subset: string, user: string, shell: Become | undefined): Query<FactValues, false> => {
  const query = gathered(subset)
  if (!personal.has(subset)) return query
  const item = `${subset} ${shell === undefined ? 'as' : 'of'} ${user}`
  return { ...query, key: `gathered:${item}`, item, ...(shell === undefined ? {} : { as: shell }) }
}
