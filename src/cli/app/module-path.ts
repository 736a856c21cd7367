import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { readText } from '../../core/controller-file.ts'
import { refuse } from '../../core/failure.ts'
import { isRecord } from '../../core/value.ts'
import { ownName } from '../../load/collections.ts'
import { builtinPrefix } from '../../load/names.ts'
import { shippedFile, shippedModules } from './shipped-modules.ts'

/** The file of a module. `shipped` is its name in runbook's own collections, as in `builtin/copy`. */
export type ModuleFile = { name: string; path: string; shipped?: string }

/** One of the places where modules are found: the files of its modules by their names. */
type Place = Map<string, ModuleFile>

/** The modules that a task of a playbook may name. */
export type ModulePath = {
  /** The file that a task's word stands for: the first place that has it, or runbook's own with the prefix. */
  find(word: string): ModuleFile | undefined
  /** The module of the same name that a later place has: the one that is hidden. */
  hiddenBy(file: ModuleFile): ModuleFile | undefined
  names: string[]
}

/** What a module file may end with: of one name the first counts. */
const endings = ['.ts', '.mjs', '.js']
const nameOf = (file: string): string | undefined => /^([a-z_][a-z0-9_]*)\.(?:ts|mjs|js)$/.exec(file)?.[1]

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder)
  } catch (error) {
    return refuse('playbook-module', `The modules in ${folder} cannot be read.`, { why: (error as Error).message })
  }
}

const modulesIn = (folder: string, order = endings): Place => {
  const isThere = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true
  const files = isThere ? namesIn(folder) : []
  const found = order
    .toReversed()
    .flatMap(ending => files.filter(file => file.endsWith(ending)))
    .flatMap(file => {
      const name = nameOf(file)
      return name === undefined ? [] : [[name, { name, path: join(folder, file) }] as const]
    })
  return new Map(found)
}

const shipped = (): Place =>
  new Map(
    shippedModules().map(id => {
      const name = id.slice(id.indexOf('/') + 1)
      return [name, { name, path: shippedFile(id), shipped: id }]
    }),
  )

/** A folder and all that it lies in, the nearest first. */
const upwards = (folder: string): string[] => {
  const above = dirname(folder)
  return above === folder ? [folder] : [folder, ...upwards(above)]
}

/** The word `runbook` of a package.json. */
const manifestWord = (file: string): Record<string, unknown> => {
  const text = readText(file, 'package.json', 'playbook-module')
  // Of somebody else's file that does not speak of runbook nothing is asked.
  if (!text.includes('"runbook"')) return {}
  let tree: unknown
  try {
    tree = JSON.parse(text)
  } catch (error) {
    return refuse('playbook-module', `${file} cannot be read.`, {
      why: (error as Error).message,
      fix: 'It is looked at for the packages that modules come from: mend it.',
    })
  }
  const { runbook = {} } = isRecord(tree) ? tree : {}
  return isRecord(runbook) ? runbook : {}
}

/** The modules of one package, which is installed where Node would look for it. */
const packagePlace = (name: string, manifest: string): Place => {
  const at = upwards(dirname(manifest))
    .map(folder => join(folder, 'node_modules', name))
    .find(folder => existsSync(join(folder, 'package.json')))
  if (at === undefined)
    return refuse('playbook-module', `The package "${name}" is not installed.`, {
      why: `${manifest} names it among the packages that modules come from.`,
      fix: `Install it: npm install ${name}`,
    })
  const { modules } = manifestWord(join(at, 'package.json'))
  if (typeof modules !== 'string' || !existsSync(join(at, modules)))
    return refuse('playbook-module', `The package "${name}" has no modules.`, {
      why: `${manifest} names it among the packages that modules come from.`,
      fix: `Its package.json has to say where they are: "runbook": { "modules": "FOLDER" }.`,
    })
  // Node strips no types below node_modules: where a package brings both, the JavaScript counts.
  return modulesIn(join(at, modules), ['.mjs', '.js', '.ts'])
}

/** The packages that the nearest package.json names, in its order. */
const packagePlaces = (playbookFolder: string): Place[] => {
  const manifest = upwards(resolve(playbookFolder))
    .map(folder => join(folder, 'package.json'))
    .find(file => existsSync(file))
  if (manifest === undefined) return []
  const { packages = [] } = manifestWord(manifest)
  if (!Array.isArray(packages) || packages.some(name => typeof name !== 'string'))
    return refuse('playbook-module', `"runbook.packages" of ${manifest} must be a list of names of packages.`, {
      fix: 'Write "runbook": { "packages": ["NAME"] }.',
    })
  return packages.map(name => packagePlace(name, manifest))
}

/**
 * The places of modules for playbooks of a folder: its `modules/`, what its roles have in `library/`, packages, what comes
 * with runbook.
 * @param roles the folders of roles that it uses
 */
export const modulePath = (playbookFolder: string, roles: string[] = []): ModulePath => {
  const own = shipped()
  const places = [
    modulesIn(join(playbookFolder, 'modules')),
    ...roles.map(folder => modulesIn(join(folder, 'library'))),
    ...packagePlaces(playbookFolder),
    own,
  ]
  const having = (name: string): ModuleFile[] => places.flatMap(place => place.get(name) ?? [])
  const ours = (name: string): ModuleFile | undefined => own.get(ownName(name))
  return {
    find: word =>
      word.startsWith(builtinPrefix) ? ours(word.slice(builtinPrefix.length)) : (having(word)[0] ?? ours(word)),
    hiddenBy: file => having(file.name).at(having(file.name).indexOf(file) + 1),
    names: [...new Set(places.flatMap(place => [...place.keys()]))].sort(),
  }
}
