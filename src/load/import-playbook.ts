import { dirname, isAbsolute, join } from 'node:path'
import { kindOfPath } from '../core/controller-file.ts'
import { refuse } from '../core/failure.ts'
import { plainWord } from './block.ts'
import type { Ground } from './import-tasks.ts'
import { firstFile } from './imported-files.ts'
import type { Vars } from './inventory-draft.ts'
import { keyOrigin, type Located, locatedMember } from './located.ts'
import { staticText } from './static-text.ts'
import type { Composing, OverPlays } from './surroundings.ts'
import { conditions, tagsOf } from './task.ts'
import {
  collect,
  fieldOf,
  kindOf,
  list,
  mapping,
  type Problems,
  text,
  variables,
  variablesOfFile,
} from './yaml-fields.ts'

const words = ['name', 'when', 'tags', 'vars']

/** The playbook of a collection, by `ns.collection.name`. */
const ofCollection = (name: string, folder: string, collections: string[]): string[] => {
  const [, namespace, collection, playbook] = /^([a-z_]\w*)\.([a-z_]\w*)\.(\w+)$/i.exec(name) ?? []
  if (namespace === undefined || /\.(ya?ml|json)$/.test(name)) return []
  return [join(folder, 'collections'), ...collections].flatMap(path =>
    ['.yml', '.yaml'].map(ending =>
      join(path, 'ansible_collections', namespace, collection!, 'playbooks', playbook! + ending),
    ),
  )
}

/** Reads the playbook that stands in the place of a play, and what its plays take over. */
export const importPlaybook = (
  word: string,
  at: Located,
  over: OverPlays,
  folder: string,
  problems: Problems,
  { extra, collections, files }: Ground,
): ReturnType<Composing['importPlaybook']> => {
  const members = mapping(at, 'A play', problems)
  for (const key of members.keys())
    if (key !== word && !words.includes(key))
      problems.push({
        reason: 'playbook-shape',
        what: `"import_playbook" does not take the keyword "${key}".`,
        fix: `It takes ${words.join(', ')}.`,
        origin: keyOrigin(at, key),
      })
  const own: OverPlays = {
    when: [...over.when, ...conditions(members.get('when'), problems)],
    tags: [...over.tags, ...tagsOf(members, problems)],
    vars: { ...fieldOf(members, 'vars', found => variables(found, '"vars"', problems), {}), ...over.vars },
  }
  const named = locatedMember(at, word)
  const name = text(named, `"${plainWord(word)}"`, problems)
  if (name === undefined) return undefined
  return collect(problems, () => {
    const path = staticText({ ...named, value: name }, [own.vars, extra])
    const places = [...ofCollection(path, folder, collections), isAbsolute(path) ? path : join(folder, path)]
    const file = firstFile(places, 'playbook', path, named.origin)
    const document = files.read(file, 'playbook', named.origin)
    if (!document || !Array.isArray(document.value))
      return refuse('playbook-shape', `A playbook must be a list of plays, not ${kindOf(document?.value)}.`, {
        origin: document?.origin ?? named.origin,
      })
    return { document, folder: dirname(file), over: own }
  })
}

/** The variables of one entry of `vars_files`: of several names the first that there is. */
const variablesOfEntry = (at: Located, known: Vars[], folder: string, problems: Problems, ground: Ground): Vars => {
  const names = Array.isArray(at.value) ? list(at, '"vars_files"', problems) : [at]
  const tried: string[] = []
  for (const one of names) {
    const name = text(one, 'A name in vars_files', problems)
    const path =
      name === undefined
        ? undefined
        : collect(problems, () => staticText({ ...one, value: name }, [...known, ground.extra]))
    if (path === undefined) return {}
    const places = isAbsolute(path) ? [path] : [join(folder, 'vars', path), join(folder, path)]
    const file = places.find(place => kindOfPath(place) === 'file')
    if (file === undefined) {
      tried.push(...places)
      continue
    }
    const document = collect(problems, () => ground.files.read(file, 'file of variables', one.origin))
    if (document === undefined) return {}
    return variablesOfFile(document, problems)
  }
  problems.push({
    reason: 'playbook-reference',
    what: 'There is no such file of variables.',
    why: `Looked for ${tried.join(', ')}.`,
    origin: at.origin,
  })
  return {}
}

/** The variables of `vars_files` of a play: later files win, and may be named by variables of earlier ones. */
export const readVariables = (at: Located, known: Vars[], folder: string, problems: Problems, ground: Ground): Vars => {
  const layers: Vars[] = []
  for (const one of Array.isArray(at.value) ? list(at, '"vars_files"', problems) : [at])
    layers.push(variablesOfEntry(one, [...known, ...layers], folder, problems, ground))
  return Object.assign({}, ...layers)
}
