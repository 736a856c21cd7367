import packageJson from '../../../package.json' with { type: 'json' }
import type { Event } from '../../core/event.ts'
import { same } from '../../core/value.ts'
import { secretExtras } from '../../graph/secrets.ts'
import { byHost } from '../../plan/plan.ts'
import type { Planned } from '../../plan/walk.ts'
import { save } from '../../planfile/saved-lines.ts'
import { type SavedPlan, sealed } from '../../planfile/saved-plan.ts'
import type { Redactor } from '../../report/redact.ts'
import { checkTarget, writePlanFile } from './plan-file.ts'
import { ownKey } from './plan-key.ts'
import { sourcesOf } from './plan-sources.ts'
import type { Prepared } from './prepare.ts'
import { askedFor } from './run-record.ts'
import { extrasFor } from './saved-extra-vars.ts'
import { type Connected, tripsOf } from './targets.ts'

const isSecretArgument = (schema: unknown): boolean => (schema as { secret?: true }).secret === true

/** The extra variables that may be secrets, told by what the modules of a playbook call so. */
const secretsOf = ({ loaded, modules }: Prepared['session']): Set<string> =>
  secretExtras(loaded, module =>
    Object.entries(modules[module]!.args.properties).flatMap(([name, schema]) =>
      isSecretArgument(schema) ? [name] : [],
    ),
  )

/** What a saved plan has that a person should know before applying it. */
export const caveatsOf = (events: Event[]): string[] => {
  const lost = events.flatMap(event => (event.type === 'host-lost' ? [event.host] : []))
  const failing = events.filter(event => event.type === 'planned' && event.verdict === 'fail').length
  return [
    ...(lost.length > 0 ? [`${lost.join(', ')} did not answer, and would be refused`] : []),
    ...(failing > 0 ? [`${failing} of its tasks would fail`] : []),
  ]
}

/** What a plan says; how archives came to the controller is no part of it. */
const told = new Set<Event['type']>(['started', 'host-lost', 'planned', 'warning'])

/** Writes a plan down. Nothing in it is a secret: it has gone through the redactor as a whole. */
const keepPlan = (
  out: string,
  playbook: string,
  connected: Connected,
  planned: Planned[],
  { key, events, redact }: { key: Buffer; events: Event[]; redact: Redactor },
): void => {
  const { session, asked } = connected
  const lines = byHost(session, planned).filter(line => line.node.included.has(line.host))
  const secrets = secretsOf(session)
  const isOpen = (value: unknown): boolean => same(redact.value(value), value)
  const remembered = askedFor(playbook, asked)
  const plan: SavedPlan = {
    runbookPlan: 1,
    runbook: packageJson.version,
    made: new Date().toISOString(),
    asked: remembered,
    extra: extrasFor(asked.extraVars, key, (name, value) => secrets.has(name) || !isOpen(value)),
    sources: sourcesOf(playbook, connected, remembered.variableFiles, key),
    events: events.filter(({ type }) => told.has(type)),
    roundTrips: tripsOf(connected),
    ...save(session, lines, key, isOpen),
  }
  writePlanFile(out, sealed(key, redact.value(plan)))
  const caveats = caveatsOf(events).map(text => `; ${text}`)
  process.stderr.write(`The plan is in ${out}${caveats.join('')}. Apply it with: runbook apply ${out}\n`)
}

/** Keeps what was planned. */
export type Keep = (connected: Connected, planned: Planned[], events: Event[]) => void

/**
 * Makes ready to keep a plan, before any host is contacted for it. Throws Refusals: `usage-file` where it could not be
 * written, `plan-key` where there can be no key.
 */
export const keeping = (out: string, playbook: string, { session }: Prepared, redact: Redactor): Keep => {
  checkTarget(out)
  const key = ownKey(process.cwd())
  for (const name of secretsOf(session)) {
    const value = session.loaded.extra[name]?.value
    if (typeof value === 'string') redact.add(value)
  }
  return (connected, planned, events) => {
    if (session.graph.nodes.every(({ included }) => [...included].every(host => session.lost.has(host))))
      return void process.stderr.write(`No host answered: ${out} is not written.\n`)
    keepPlan(out, playbook, connected, planned, { key, events, redact })
  }
}
