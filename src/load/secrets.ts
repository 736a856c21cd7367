import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { isNamedBy, kindOfPath, readText } from '../core/controller-file.ts'
import type { Failure } from '../core/failure.ts'
import { didYouMean } from '../core/suggest.ts'
import { isRecord } from '../core/value.ts'
import { hasSealedText, isVaultFile, SealedText } from '../core/vault-file.ts'
import { hasBraces } from './braces.ts'
import type { Loaded, Readable } from './load.ts'
import type { Located } from './located.ts'
import { builtIn, connectionVariables } from './names.ts'
import { givenNames, layersOfPlay, layersOfTask } from './variables.ts'

/** A variable, a registered value or a member of one, by its names: `vault.db_password` is two. */
export type SecretPath = string[]
/** What a playbook calls secret: values by their paths, and files of the controller by their absolute paths. */
export type SecretSources = { paths: SecretPath[]; files: ReadonlySet<string> }

const tasksIn = ({ playbook }: Readable): Loaded['playbook']['plays'][number]['tasks'] =>
  playbook.plays.flatMap(play => [...play.tasks, ...play.handlers])

/** Every place where variables are defined. */
export const variableLayers = (loaded: Readable): Record<string, Located>[] => [
  ...loaded.playbook.plays.flatMap(layersOfPlay),
  ...new Set(tasksIn(loaded).flatMap(layersOfTask)),
  ...Object.values(loaded.inventory?.vars ?? {}),
  loaded.extra ?? {},
]

/** Where a host stands in the inventory. */
const ofItsPlace = ['inventory_hostname_short', 'inventory_file', 'inventory_dir']

/** What every host has, and what its connection is made by, is shown in every failure of a host: no file makes it secret. */
const isOfEveryHost = (name: string): boolean =>
  builtIn.includes(name) || ofItsPlace.includes(name) || (connectionVariables.includes(name) && !name.includes('pass'))

/** The names of the variables that a file defines. */
const definedIn = (layers: Record<string, Located>[], entry: string): string[] => {
  const named = layers.flatMap(layer => Object.entries(layer).filter(([, { origin }]) => isNamedBy(origin.file, entry)))
  return [...new Set(named.map(([name]) => name))].filter(name => !isOfEveryHost(name))
}

/** The variables of files that are vaults, as if `secrets` named each of these. */
const inVaults = (layers: Record<string, Located>[]): SecretPath[] => {
  const found = layers.flatMap(layer => Object.entries(layer).filter(([, { origin }]) => isVaultFile(origin.file)))
  return [...new Set(found.map(([name]) => name))].filter(name => !isOfEveryHost(name)).map(name => [name])
}

/** The ways to values in a value that are vaults. */
export const sealedIn = (value: unknown, way: SecretPath = []): SecretPath[] => {
  if (value instanceof SealedText) return [way]
  if (!Array.isArray(value) && !isRecord(value)) return []
  return Object.entries(value).flatMap(([key, inner]) => sealedIn(inner, [...way, key]))
}

/** The ways to values that are vaults, as if `secrets` named each of these. */
const sealedPaths = (layers: Record<string, Located>[]): SecretPath[] =>
  hasSealedText()
    ? layers.flatMap(layer => Object.entries(layer).flatMap(([name, { value }]) => sealedIn(value, [name])))
    : []

/** The files that a task may name so, in its `src`. */
export const controllerPaths = (folder: string, entry: string): string[] => [
  resolve(folder, 'files', entry),
  resolve(folder, 'templates', entry),
  resolve(folder, entry),
]

/** One entry of `secrets:`; undefined where there is neither such a variable nor such a file. */
const sourceOf = (loaded: Readable, entry: string): { paths: SecretPath[]; files: string[] } | undefined => {
  const layers = variableLayers(loaded)
  const path = entry.split('.')
  const registers = tasksIn(loaded).flatMap(givenNames)
  if (layers.some(layer => Object.hasOwn(layer, path[0]!)) || registers.includes(path[0]!))
    return { paths: [path], files: [] }
  const file = entry.replace(/^@/, '')
  const files = controllerPaths(loaded.playbook.folder, file).filter(one => kindOfPath(one) === 'file')
  const paths = definedIn(layers, file).map(name => [name])
  return files.length + paths.length > 0 ? { paths, files: paths.length > 0 ? [] : files } : undefined
}

const entriesOf = ({ playbook }: Readable): Located<string>[] => playbook.plays.flatMap(play => play.secrets)

/** What `secrets:` names and is not there: a slip of the pen would else tell what is meant to be hidden. */
export const secretFaults = (loaded: Loaded): Failure[] =>
  entriesOf(loaded).flatMap(({ value, origin }) => {
    if (sourceOf(loaded, value)) return []
    const known = [...variableLayers(loaded).flatMap(Object.keys), ...tasksIn(loaded).flatMap(givenNames)]
    const fix =
      didYouMean(value, known) ||
      'Give it with -e, in the inventory or in defaults, or take it out of secrets. A file is named by its path.'
    const what = `secrets names "${value}", and there is no variable, register or file of that name.`
    return [{ reason: 'playbook-name', what, fix, origin }]
  })

/** Variables that a connection takes passwords and keys from: they are secret whether a play says so or not. */
const OF_CONNECTION = /^ansible_\w*(pass|password|passphrase|private_key)$/
export const isOfConnection = (name: string): boolean => OF_CONNECTION.test(name)

const connectionSecrets = (loaded: Readable): SecretPath[] => {
  const names = new Set(variableLayers(loaded).flatMap(Object.keys))
  return [...names].filter(isOfConnection).map(name => [name])
}

/**
 * What the plays of a playbook call secret, all of them together; what a task with `no_log` registers is so too, what comes
 * out of a vault, what is asked for and not shown as it is typed, and what a connection is made with. An entry is the name of a variable or register, a path into one, or a file: one with variables makes all of these secret,
 * any other one is itself what nobody may see.
 */
export const secretSources = (loaded: Readable): SecretSources => {
  const found = entriesOf(loaded).flatMap(({ value }) => sourceOf(loaded, value) ?? [])
  const asked = loaded.playbook.plays.flatMap(({ prompts = [] }) => prompts.filter(({ isPrivate }) => isPrivate))
  const hidden = tasksIn(loaded).flatMap(task => (task.noLog ? givenNames(task).map(name => [name]) : []))
  return {
    paths: [
      ...found.flatMap(one => one.paths),
      ...asked.map(({ name }) => [name]),
      ...hidden,
      ...inVaults(variableLayers(loaded)),
      ...sealedPaths(variableLayers(loaded)),
      ...connectionSecrets(loaded),
    ],
    files: new Set(found.flatMap(one => one.files)),
  }
}

/** The texts and numbers in a value: what a secret may be. */
export const leavesOf = (value: unknown): string[] => {
  if (typeof value === 'string') return [value]
  if (typeof value === 'number' || typeof value === 'bigint') return [String(value)]
  if (Array.isArray(value)) return value.flatMap(leavesOf)
  return isRecord(value) ? Object.values(value).flatMap(leavesOf) : []
}

/** What stands at a path in a value. */
export const atPath = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (at, key) => (isRecord(at) || Array.isArray(at) ? (at as Record<string, unknown>)[key] : undefined),
    value,
  )

/** Files up to this size are looked for line by line; of larger ones nothing is known but that they are secret. */
const largest = 1_000_000

/** The lines of a secret text, and what stands behind `=` or `:` in them. */
export const linesOfSecret = (text: string): string[] => {
  if (text.length > largest) return []
  const lines = text.split('\n').map(line => line.trim())
  const told = lines.filter(line => line.length >= 8 && !line.startsWith('#') && !hasBraces(line))
  return [
    text,
    ...told,
    ...told.map(line => line.replace(/^[^=:]*[=:]\s*["']?|["']$/g, '')).filter(one => one.length >= 8),
  ]
}

const linesOf = (file: string): string[] =>
  statSync(file).size > largest ? [] : linesOfSecret(readText(file, 'file', 'usage-file'))

/** Variables that passwords of a connection stand in: these are secrets whatever a play says. */
const isPassword = (name: string): boolean => connectionVariables.includes(name) && /_pass(word)?$/.test(name)

/** What is known of secrets before any host is contacted: values as they are written, and what secret files say. */
export const writtenSecrets = (loaded: Readable): string[] => {
  const { paths, files } = secretSources(loaded)
  const layers = variableLayers(loaded)
  const values = paths.flatMap(([name, ...rest]) =>
    layers.flatMap(layer => (Object.hasOwn(layer, name!) ? leavesOf(atPath(layer[name!]!.value, rest)) : [])),
  )
  const passwords = layers.flatMap(layer =>
    Object.entries(layer).flatMap(([name, { value }]) => (isPassword(name) ? leavesOf(value) : [])),
  )
  return [...[...values, ...passwords].filter(value => !hasBraces(value)), ...[...files].flatMap(linesOf)]
}
