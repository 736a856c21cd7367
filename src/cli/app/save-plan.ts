import packageJson from '../../../package.json' with { type: 'json' }
import type { Event } from '../../core/event.ts'
import { same } from '../../core/value.ts'
import { secretExtraVars } from '../../graph/secrets.ts'
import { secretSources } from '../../load/secrets.ts'
import { argumentsThat } from '../../load/task-schemas.ts'
import { isLost } from '../../plan/known.ts'
import { byHost } from '../../plan/plan.ts'
import type { Walk } from '../../plan/walk-state.ts'
import { savedExtraVars } from '../../planfile/extra-vars.ts'
import { checkTarget, writePlanFile } from '../../planfile/plan-file.ts'
import { findOrMakePlanKey } from '../../planfile/plan-key.ts'
import { savedLinesOf } from '../../planfile/saved-lines.ts'
import { planVersion, type SavedPlan, sealPlan } from '../../planfile/saved-plan.ts'
import type { Redactor } from '../../report/redact.ts'
import { planSources } from './plan-sources.ts'
import type { Prepared } from './prepare.ts'
import { runRequestOf } from './run-record.ts'
import { roundTripsOf, type WithTargets } from './targets.ts'

/** The extra variables that may be secrets, told by what the modules of a playbook call so. */
const secretsOf = ({ loaded, modules }: Prepared['known']): Set<string> =>
  new Set([
    ...secretExtraVars(loaded, module => argumentsThat('secret', modules[module]!.args)),
    ...secretSources(loaded).paths.map(([name]) => name!),
  ])

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
const saidByPlan = new Set<Event['type']>(['started', 'host-lost', 'planned', 'warning'])

/** Writes a plan down. Nothing in it is a secret: whatever is made of what users give has gone through the redactor. */
const savePlan = (
  out: string,
  playbook: string,
  connected: WithTargets,
  walk: Walk,
  { key, events, redact }: { key: Buffer; events: Event[]; redact: Redactor },
): void => {
  const { known, asked } = connected
  const lines = byHost(walk).filter(line => line.node.included.has(line.host))
  const secrets = secretsOf(known)
  const isOpen = (value: unknown): boolean => same(redact.value(value), value)
  const request = runRequestOf(playbook, asked)
  const plan: SavedPlan = {
    runbookPlan: planVersion,
    runbook: packageJson.version,
    made: new Date().toISOString(),
    asked: request,
    extra: savedExtraVars(asked.extraVars, key, (name, value) => secrets.has(name) || !isOpen(value)),
    sources: planSources(playbook, connected, request.variableFiles, key),
    events: events.filter(({ type }) => saidByPlan.has(type)),
    roundTrips: roundTripsOf(connected),
    ...savedLinesOf(walk, lines, key, isOpen),
  }
  writePlanFile(out, sealPlan(key, plan))
  const caveats = caveatsOf(events).map(text => `; ${text}`)
  process.stderr.write(`The plan is in ${out}${caveats.join('')}. Apply it with: runbook apply ${out}\n`)
}

/** Saves what was planned. */
type SavePlan = (connected: WithTargets, walk: Walk, events: Event[]) => void

/**
 * Makes ready to save a plan, before any host is contacted for it. Throws Refusals: `usage-file` where it could not be
 * written, `plan-key` where there can be no key.
 */
export const prepareToSave = (out: string, playbook: string, { known }: Prepared, redact: Redactor): SavePlan => {
  checkTarget(out)
  const key = findOrMakePlanKey(process.cwd())
  for (const name of secretsOf(known)) {
    const value = known.loaded.extra[name]?.value
    if (typeof value === 'string') redact.add(value)
  }
  return (connected, walk, events) => {
    if (known.graph.nodes.every(({ included }) => [...included].every(host => isLost(known, host))))
      return void process.stderr.write(`No host answered: ${out} is not written.\n`)
    savePlan(out, playbook, connected, walk, { key, events, redact })
  }
}
