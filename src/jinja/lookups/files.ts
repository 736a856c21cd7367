import { posix } from 'node:path'
import type { Context } from '../callable.ts'
import { Dict, typeName, usable, type Value, ValueFault } from '../value.ts'
import { globPattern } from './glob.ts'
import type { Lookup, LookupTerms } from './lookup.ts'
import { flagOption, listOption, textTerm } from './options.ts'
import { located, wholePath } from './search.ts'

/** The text of a file that lies where names are looked for. */
export const fileText = (context: Context, name: string): string => {
  const path = located(context, 'files', name)
  if (path === undefined) throw new ValueFault(`There is no file ${name}${searched(context)}.`)
  return context.ask(`read ${path}`, controller => controller.read(path))
}

const searched = (context: Context): string => {
  const folders = context.ask('folders', controller => controller.folders())
  return `, neither in ${folders.join(', ')} nor in files/ there`
}

const file = (context: Context, { terms, options }: LookupTerms): Value[] =>
  terms.map(term => {
    const text = fileText(context, textTerm(term))
    const begun = flagOption(options, 'lstrip', false) ? text.trimStart() : text
    return flagOption(options, 'rstrip', true) ? begun.trimEnd() : begun
  })

const unvault = (context: Context, { terms }: LookupTerms): Value[] =>
  terms.map(term => fileText(context, textTerm(term)))

/** The plain files of the first folder that has some, by a pattern of their names. */
const filesLike = (context: Context, term: string): string[] => {
  const name = posix.basename(term.replace(/\/+$/, '/.'))
  const folders = term.includes('/')
    ? [located(context, 'files', posix.dirname(term))].filter(folder => folder !== undefined)
    : context.ask('folders', controller => controller.folders().flatMap(folder => [`${folder}/files`, folder]))
  const pattern = globPattern(name)
  const found = folders.map(folder =>
    context.ask(`files ${folder}/${name}`, controller =>
      controller
        .namesIn(folder)
        .filter(one => pattern.test(one))
        .map(one => `${folder.replace(/\/$/, '')}/${one}`)
        .filter(path => controller.kindOf(path) === 'file'),
    ),
  )
  return found.find(paths => paths.length > 0) ?? []
}

const fileglob = (context: Context, { terms }: LookupTerms): Value[] =>
  terms.flatMap(term => filesLike(context, textTerm(term)))

const parts = (all: Value[], separators: RegExp): string[] => all.flatMap(one => textTerm(one).split(separators))

/** The names that are tried, in order. What a mapping says counts for what follows it too. */
const wanted = (terms: Value[], options: Dict): { names: string[]; options: Dict } => {
  let current = options
  const names = terms.flatMap((term): string[] => {
    const there = usable(term)
    if (Array.isArray(there)) {
      const inner = wanted(there, current)
      current = inner.options
      return inner.names
    }
    if (there instanceof Dict) current = there
    else if (typeof there !== 'string')
      throw new ValueFault(`The lookup "first_found" wants names of files, not '${typeName(there)}'.`)
    const files = parts(there instanceof Dict ? listOption(there, 'files') : [there], /[,;]/)
    const folders = parts(listOption(current, 'paths'), /[,:;]/)
    return folders.length === 0 ? files : folders.flatMap(folder => files.map(one => posixJoin(folder, one)))
  })
  return { names, options: current }
}
const posixJoin = (folder: string, name: string): string =>
  name.startsWith('/') ? name : folder === '' || folder.endsWith('/') ? folder + name : `${folder}/${name}`

const firstFound = (context: Context, { terms, options }: LookupTerms): Value[] => {
  const given = terms.length === 0 ? listOption(options, 'files') : terms
  const { names, options: last } = wanted(given, options)
  const subfolder = options.get('subfolder')
  for (const name of names) {
    const path = located(context, typeof subfolder === 'string' ? subfolder : undefined, name)
    if (path !== undefined) return [context.ask(`whole ${path}`, controller => wholePath(controller, path))]
  }
  if (flagOption(last, 'skip', false)) return []
  throw new ValueFault(`None of these files was found: ${names.join(', ')}${searched(context)}.`)
}

/** Lookups of files on the controller. */
export const fileLookups: Record<string, Lookup> = {
  file: { run: file },
  unvault: { run: unvault },
  fileglob: { run: fileglob },
  first_found: { run: firstFound },
}
