import { Refusal } from '../../core/failure.ts'
import { expand } from '../../graph/expand.ts'
import { readyInventory } from '../../load/inventory.ts'
import { load } from '../../load/load.ts'
import { selectHosts } from '../../load/pattern.ts'
import { writtenSecrets } from '../../load/secrets.ts'
import { createKnown } from '../../plan/known.ts'
import type { Target } from '../../settings/target.ts'
import { becomeDefaults, loginUser, readAnsibleSettings, readyVaults } from './ansible-settings.ts'
import type { Listener } from './ask-passwords.ts'
import { identityOn } from './identities.ts'
import { namedInventories, type PlaybookOptions } from './prepare.ts'
import type { Reachable } from './targets.ts'

/** How hosts are named and reached where there is no playbook. */
export type HostOptions = Omit<PlaybookOptions, 'tags' | 'artifacts' | 'lock' | 'pending'>

/** Stands for the file in which a playbook would be written, and for what would be in it. */
const COMMAND_LINE = 'the command line'

const noTemplate = (): never => {
  throw new Error('there is no template without a playbook')
}

/**
 * The hosts of a pattern, as a play with one task on them would have them: with its variables, its identity, and one
 * machine for names that lead to one. No module belongs to that task; it is never planned.
 *
 * @throws Refusal `inventory-*`, `usage-*`: nothing was contacted.
 */
export const prepareHosts = async (
  pattern: string,
  options: HostOptions,
  { secrets, signal }: Listener,
): Promise<Reachable> => {
  const { configured, warnings } = await readAnsibleSettings()
  const asked: PlaybookOptions = { ...options, inventory: namedInventories(options.inventory, configured), tags: [] }
  const vaultWarnings = await readyVaults(asked, configured, { secrets, signal })
  const user = loginUser(asked, configured)
  const play = { name: COMMAND_LINE, hosts: pattern, tasks: [{ name: COMMAND_LINE, nothing: {} }] }
  await readyInventory(asked.inventory)
  const { value: loaded, failures } = load({
    playbook: { text: JSON.stringify([play]), file: COMMAND_LINE },
    inventories: asked.inventory,
    extra: asked.extraVars,
    ...(user && { user }),
  })
  if (!loaded) throw new Refusal(...failures)
  for (const value of writtenSecrets(loaded)) secrets.add(value)
  selectHosts(loaded.inventory, pattern, loaded.playbook.plays[0]!.hosts.origin)
  const limit = asked.limit === undefined ? {} : { limit: asked.limit }
  const graph = expand(
    loaded,
    { ...limit, tags: [] },
    () => false,
    () => [],
    becomeDefaults(asked, configured),
  )
  const targets: Record<string, Target> = {}
  const known = createKnown({
    graph,
    loaded,
    modules: {},
    render: noTemplate,
    identity: identityOn(targets),
    secrets,
  })
  return {
    asked,
    configured,
    known,
    targets,
    warnings: [...warnings, ...vaultWarnings, ...(loaded.inventory.warnings ?? [])],
  }
}
