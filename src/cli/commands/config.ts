import { exit } from '../../core/exit.ts'
import { refuse } from '../../core/failure.ts'
import { Missing } from '../../core/unknown.ts'
import { type Inventory, loadInventory, noVariable, readyInventory } from '../../load/inventory.ts'
import type { Located } from '../../load/located.ts'
import { createScope } from '../../load/scope.ts'
import { parseExtra } from '../../load/variables.ts'
import { jsonText } from '../../report/json.ts'
import { oneLine, printable } from '../../report/printable.ts'
import { createReport } from '../../report/report.ts'
import { originsOf, type SettingOrigin, settingsOfRun } from '../../settings/origins.ts'
import type { ConnectionOptions, SaidBy } from '../../settings/precedence.ts'
import { createSshConfig } from '../../settings/ssh-config-files.ts'
import { inventorySetting, readAnsibleSettings, readyVaults } from '../app/ansible-settings.ts'
import type { AskedVaults } from '../app/ask-passwords.ts'
import { interruptible, replayOptionsFor, type Shown, withReport } from '../app/with-report.ts'

type Asked = Shown & AskedVaults & ConnectionOptions & { inventory: string[]; extraVars: string[]; host?: string }

/** The variables of a host as far as they are known without a playbook and without asking the host. */
const variablesOf = (inventory: Inventory, extra: Record<string, Located>, host: string) => {
  const layersOf = (of: string): Record<string, Located>[] => [inventory.vars[of] ?? {}, extra]
  const unknown = (): never => {
    throw new Missing()
  }
  const scope = createScope({
    host,
    layers: layersOf(host),
    layersOf,
    groups: inventory.groups,
    registers: () => [],
    register: () => undefined,
    facts: unknown,
  })
  const written = (name: string): Located | undefined =>
    layersOf(host).findLast(one => Object.hasOwn(one, name))?.[name]
  // What the loader gives to hosts of which nothing is written.
  const implied = [noVariable, inventory.vars[host]?.inventory_hostname?.origin]
  const names = Object.keys(scope).filter(
    name => name.startsWith('ansible_') && !implied.includes(written(name)?.origin),
  )
  return {
    vars: Object.fromEntries(names.map(name => [name, scope[name]])),
    originOf: (name: string) => written(name)?.origin,
  }
}

const sourceText = ({ by, name, origin }: SaidBy): string => {
  const place = origin ? `${origin.file}:${origin.line}` : ''
  if (by === 'ssh_config' || by === 'default') return by
  return place === '' ? name : `${name}, ${place}`
}

const table = (said: SettingOrigin[]): string[] => {
  const rows = said.map(row => ({ ...row, value: oneLine(printable(row.value.replace(/\s*\n\s*/g, ' '))) }))
  const width = (of: (row: SettingOrigin) => string): number =>
    Math.min(48, Math.max(0, ...rows.map(row => of(row).length)))
  const [names, values] = [width(row => row.setting), width(row => row.value)]
  return rows.map(row =>
    `  ${row.setting.padEnd(names)}  ${row.value.padEnd(values)}  ${sourceText(row.from)}`.trimEnd(),
  )
}

const inventoriesOf = ({ inventory }: Asked, named: string[]): string[] => {
  const fromEnv = (process.env.RUNBOOK_INVENTORY ?? '').split(':').filter(path => path !== '')
  return inventory.length > 0 ? inventory : fromEnv.length > 0 ? fromEnv : named
}

const hostRows = async (
  asked: Asked,
  host: string,
  paths: string[],
  configured: Awaited<ReturnType<typeof readAnsibleSettings>>['configured'],
) => {
  await readyInventory(paths)
  const inventory = loadInventory(paths, { extra: parseExtra(asked.extraVars) })
  if (!inventory.hosts.includes(host))
    refuse('inventory-no-host', `There is no host ${host} in the inventory.`, {
      fix: `It has ${inventory.hosts.join(', ')}.`,
    })
  const { vars, originOf } = variablesOf(inventory, parseExtra(asked.extraVars), host)
  return originsOf(host, vars, { options: asked, configured, originOf, sshConfig: createSshConfig(), newKeys: 'ask' })
}

/**
 * `runbook config`: which files are read for settings, what they and the command line say of a run, and how one host is
 * reached, each with what says so. A secret is shown as `set`. Returns the exit code.
 */
export const showConfig = (asked: Asked): Promise<number> => {
  const options = replayOptionsFor(asked)
  return withReport(createReport(options), async () => {
    const { file, configured, warnings } = await readAnsibleSettings()
    if (asked.host !== undefined) {
      // Only the files of variables that say how a host is reached may be vaults.
      const { signal, release } = interruptible()
      warnings.push(...(await readyVaults(asked, configured, { secrets: options.redact, signal }).finally(release)))
    }
    const paths = inventoriesOf(asked, inventorySetting(configured))
    const run = settingsOfRun({ vars: {}, options: asked, configured })
    const rows = asked.host === undefined ? [] : await hostRows(asked, asked.host, paths, configured)
    const files = { 'ansible.cfg': file ? [file] : [], ssh_config: createSshConfig().files, inventory: paths }
    const lines =
      asked.format === 'json'
        ? [
            jsonText({
              files,
              run,
              ...(asked.host === undefined ? {} : { host: asked.host, reached: rows }),
              warnings,
            }),
          ]
        : [
            ...Object.entries(files).map(
              ([name, all]) => `${name.padEnd(11)}  ${oneLine(printable(all.join(', '))) || 'none'}`,
            ),
            ...(run.length > 0 ? ['', 'All hosts, where their variables say nothing else:', ...table(run)] : []),
            ...(rows.length > 0 ? ['', `${asked.host}:`, ...table(rows)] : []),
            ...(warnings.length > 0 ? ['', ...warnings.map(text => printable(text))] : []),
          ]
    process.stdout.write(`${lines.join('\n')}\n`)
    return exit.done
  })
}
