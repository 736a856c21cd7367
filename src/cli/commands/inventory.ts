import { exit } from '../../core/exit.ts'
import { Refusal, refuse } from '../../core/failure.ts'
import { isVaultFile } from '../../core/vault-file.ts'
import { dumpedJson } from '../../jinja/filters/json-text.ts'
import { Dict, type Value } from '../../jinja/value.ts'
import { readInventory, readyInventory } from '../../load/inventory.ts'
import { namesThisMachine } from '../../load/inventory-draft.ts'
import {
  drawnGroup,
  hostListing,
  type InventoryListing,
  markedUnsafe,
  nestedListing,
  scriptListing,
} from '../../load/inventory-listing.ts'
import { matchHosts, selectHosts } from '../../load/pattern.ts'
import { isOfConnection } from '../../load/secrets.ts'
import { parseExtra } from '../../load/variables.ts'
import { printable } from '../../report/printable.ts'
import { createReport } from '../../report/report.ts'
import { readAnsibleSettings, readyVaults } from '../app/ansible-settings.ts'
import type { AskedVaults } from '../app/ask-passwords.ts'
import { namedInventories } from '../app/prepare.ts'
import { interruptible, reportOptionsFor, withReport } from '../app/with-report.ts'

type Asked = AskedVaults & {
  inventory: string[]
  limit?: string
  extraVars: string[]
  list?: boolean
  host?: string
  graph?: boolean
  vars?: boolean
  yaml?: boolean
  export?: boolean
  playbookDir?: string
}

const jsonOf = (value: Value): string =>
  dumpedJson(value, { indent: '    ', sortsKeys: true, isAscii: false, between: ',', behindKey: ': ' })

/** Written as Ansible writes it. What writes YAML is loaded where it is asked for. */
const written = async (value: Dict, { yaml }: Asked): Promise<string> => {
  if (!yaml) return `${jsonOf(value)}\n`
  const { yamlText } = await import('../../jinja/filters/documents.ts')
  return yamlText(value, new Dict([['default_flow_style', false]]))
}

const listingFor = (asked: Asked, paths: string[], thisMachine: string | undefined): InventoryListing => {
  const problems: ConstructorParameters<typeof Refusal> = []
  const playbookFolder = asked.playbookDir ?? process.cwd()
  const extra = parseExtra(asked.extraVars)
  const inventory = readInventory(paths, { playbookFolder, thisMachine, extra }, problems)
  const { draft, members } = inventory
  const known = { hosts: [...draft.hosts.keys()], groups: Object.fromEntries(members) }
  const hosts = asked.limit === undefined ? known.hosts : selectHosts(known, asked.limit)
  const listing: InventoryListing = {
    inventory,
    hosts: new Set(hosts),
    extra,
    perGroup: asked.export === true,
    untrusted: asked.yaml || asked.graph ? text => text : markedUnsafe,
    isSecret: (name, { value, origin }) =>
      isVaultFile(origin.file) || (isOfConnection(name) && typeof value === 'string'),
  }
  // Read for all hosts once: what is wrong in any file is told before anything is listed.
  for (const host of draft.hosts.keys()) hostListing(listing, host)
  if (problems.length > 0) throw new Refusal(...problems)
  return listing
}

const hostOf = ({ inventory: { draft, members, implicit } }: InventoryListing, pattern: string): string => {
  const known = { hosts: [...draft.hosts.keys()], groups: Object.fromEntries(members), ...(implicit && { implicit }) }
  const { hosts } = matchHosts(known, pattern)
  const [host] = hosts
  return host !== undefined && hosts.length === 1
    ? host
    : refuse('inventory-no-host', `--host wants one host, and "${pattern}" names ${hosts.length}.`, {
        fix: '`runbook inventory --graph` shows which there are.',
      })
}

const textFor = async (asked: Asked, group: string | undefined, paths: string[]): Promise<string> => {
  const listing = listingFor(
    asked,
    paths,
    asked.host !== undefined && namesThisMachine(asked.host) ? asked.host : undefined,
  )
  if (asked.host !== undefined) return written(hostListing(listing, hostOf(listing, asked.host)), asked)
  if (!asked.graph) return written((asked.yaml ? nestedListing : scriptListing)(listing), asked)
  const top = group ?? 'all'
  if (!listing.inventory.draft.groups.has(top))
    refuse('inventory-no-host', `There is no group "${top}" in the inventory.`)
  const lines = drawnGroup(listing, top, asked.vars === true)
  return `${printable(lines.join('\n'))}\n`
}

/**
 * `runbook inventory`: hosts, groups and variables as they were read, in the form of `ansible-inventory`. Passwords and keys to log
 * in with are shown as `<secret>`. Returns the exit code.
 */
export const showInventory = (group: string | undefined, asked: Asked): Promise<number> => {
  // Standard output is the inventory's: what is wrong is told beside it.
  const shown = { ...reportOptionsFor({ format: 'text', color: false }, 'plan'), out: process.stderr }
  return withReport(createReport(shown), async () => {
    const asks = [asked.list, asked.host !== undefined, asked.graph].filter(Boolean).length
    if (asks > 1) refuse('usage-option', '--list, --host and --graph are three questions.', { fix: 'Ask one of them.' })
    const { configured } = await readAnsibleSettings()
    const { signal, release } = interruptible()
    await readyVaults(asked, configured, { secrets: shown.redact, signal }).finally(release)
    const paths = namedInventories(asked.inventory, configured)
    if (paths.length === 0) refuse('inventory-missing', 'No inventory was named.', { fix: 'Name one with -i FILE.' })
    await readyInventory(paths)
    process.stdout.write(await textFor(asked, group, paths))
    return exit.done
  })
}
