import { realpathSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { basename, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { readBytes } from '../../core/controller-file.ts'
import { refuse } from '../../core/failure.ts'
import { isRecord } from '../../core/value.ts'
import type { AnyModule } from '../../module/define.ts'
import type { ModuleFile } from './module-path.ts'
import { contract } from './shipped-modules.ts'

const isBelowNodeModules = (path: string): boolean => path.includes('/node_modules/')

/** The format of a file that no package.json tells: a module beside a playbook is an ES module. */
const formatOf = (url: string): string | undefined => {
  if (!url.startsWith('file:') || isBelowNodeModules(url)) return undefined
  return url.endsWith('.ts') ? 'module-typescript' : url.endsWith('.js') ? 'module' : undefined
}

let isContractResolved = false

/**
 * From now on `runbook/module` is the program that is running, whoever imports it: with a second copy of the contract an
 * unknown of the one would be no unknown of the other.
 */
const resolveContract = (): void => {
  if (isContractResolved) return
  isContractResolved = true
  registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier === 'runbook/module') return { url: contract.href, shortCircuit: true }
      const found = next(specifier, context)
      const format = found.format ?? formatOf(found.url)
      return format === undefined ? found : { ...found, format }
    },
  })
}

/** What a file was meant to say, where it does not. */
const ending = 'End it with `export default defineModule({ … })`.'

const importFile = async (path: string): Promise<Record<string, unknown>> => {
  // Node would wait for a named pipe, or read a device for ever, and hear no signal meanwhile.
  readBytes(path, 'module', 'playbook-module')
  if (path.endsWith('.ts') && isBelowNodeModules(realpathSync(path)))
    refuse('playbook-module', `The module ${path} is TypeScript in an npm package.`, {
      why: 'Node strips no types from files below node_modules.',
      fix: 'The package has to bring it as JavaScript.',
    })
  try {
    return await import(pathToFileURL(resolve(path)).href)
  } catch (error) {
    return refuse('playbook-module', `The module ${path} cannot be imported.`, {
      why: whyNot(error),
      fix: `Mend ${path}, or what it imports.`,
    })
  }
}

/** An error's message, after the place in a file where its stack begins with one: that of a text that does not parse. */
const whyNot = (error: unknown): string => {
  if (!(error instanceof Error)) return `It threw ${String(error)}.`
  const place = /^file:\/\/(\S+:\d+)\n/.exec(error.stack ?? '')?.[1]
  return `${place ? `${place}: ` : ''}${error.message}`
}

/** The members that make an object a module. */
const members: Record<string, (value: unknown) => boolean> = {
  name: value => typeof value === 'string',
  args: value => isRecord(value) && value.type === 'object' && isRecord(value.properties),
  reads: value => typeof value === 'function',
  plan: value => typeof value === 'function',
}

/** Imports a module that did not come with runbook. Throws a Refusal (`playbook-module`) where it is none. */
export const importModule = async ({ name, path }: ModuleFile): Promise<AnyModule> => {
  resolveContract()
  const { default: found } = await importFile(path)
  if (found === undefined) return refuse('playbook-module', `${path} exports no default.`, { fix: ending })
  const lacking = Object.keys(members).filter(member => !isRecord(found) || !members[member]!(found[member]))
  if (lacking.length > 0)
    return refuse('playbook-module', `What ${path} exports is no module.`, {
      why: `Missing, or of another kind: ${lacking.join(', ')}.`,
      fix: ending,
    })
  const module = found as AnyModule
  if (module.name !== name)
    return refuse('playbook-module', `The module in ${path} calls itself "${module.name}".`, {
      why: 'A module is found by the name of its file.',
      fix: `Call it "${name}", or its file ${module.name}${basename(path).slice(name.length)}.`,
    })
  return module
}
