import { basename, dirname, isAbsolute, join } from 'node:path'
import { kindOfPath } from '../core/controller-file.ts'
import { type Origin, refuse } from '../core/failure.ts'

/** Where roles are looked for. */
export type RolePlaces = {
  /** The folder of the playbook that names the role. */
  folder: string
  /** Folders with roles, and folders with collections, in order. */
  roles: string[]
  collections: string[]
  /** The role that depends on it. */
  dependent?: { folder: string; collection?: string }
  /** Collections that a play looks into for names without a namespace. */
  named: string[]
}

/** A role as it was found. */
export type FoundRole = { name: string; folder: string; collection?: string }

const isFolder = (path: string): boolean => kindOfPath(path) === 'folder'

/** The folders that a role of a collection may be in: collections beside the playbook come first. */
const inCollection = (collection: string, role: string, { folder, collections }: RolePlaces): string[] => {
  const [namespace, name] = collection.split('.')
  return [join(folder, 'collections'), ...collections].map(path =>
    join(path, 'ansible_collections', namespace!, name!, 'roles', ...role.split('.')),
  )
}

/**
 * The folder of a role. By `ns.collection.role` it is in a collection; a plain name may be in one that the play, or the
 * role which depends on it, names, then in `roles/` beside the playbook, in the folders that are configured, beside the role
 * that depends on it, beside the playbook; a path is one. Throws a Refusal (`playbook-reference`) that names all of them.
 * Source: ansible lib/ansible/playbook/role/definition.py.
 */
export const findRole = (name: string, places: RolePlaces, origin: Origin): FoundRole => {
  const [, own, rest] = /^([a-z_]\w*\.[a-z_]\w*)\.([\w.]+)$/i.exec(name) ?? []
  const { dependent, folder } = places
  const collections = own ? [own] : [...(dependent?.collection ? [dependent.collection] : []), ...places.named]
  const tried: string[] = []
  for (const collection of collections.filter(
    one => /^\w+\.\w+$/.test(one) && !/^ansible\.(builtin|legacy)$/.test(one),
  ))
    for (const path of inCollection(collection, rest ?? name, places)) {
      if (isFolder(path)) return { name: `${collection}.${rest ?? name}`, folder: path, collection }
      tried.push(path)
    }
  const plain = isAbsolute(name)
    ? [name]
    : [join(folder, 'roles'), ...places.roles, ...(dependent ? [dirname(dependent.folder)] : []), folder].map(path =>
        join(path, name),
      )
  const found = [...plain, name].find(isFolder)
  if (found !== undefined)
    return { name: plain.includes(found) && !isAbsolute(name) ? name : basename(name), folder: found }
  return refuse('playbook-reference', `There is no role "${name}".`, {
    why: `Looked for ${[...new Set([...tried, ...plain])].join(', ')}.`,
    fix: own
      ? `Install the collection ${own}, or put it into collections/ beside the playbook.`
      : 'Put it into roles/ beside the playbook, or name the folder with roles_path in ansible.cfg.',
    origin,
  })
}
