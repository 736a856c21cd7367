/**
 * A label names a part of a host's state. What a query looks at and what a change touches are lists of labels;
 * where they overlap, the answer may differ afterwards.
 *
 * `path:/x` one file or folder · `children:/x` the list of names in a folder · `tree:/x` all at and below ·
 * `attributes:/x` its mode and owner alone · `owners:/x#user:n` to whom all belongs, at and below, that is that user's
 * now (`group:n:m`: what is group n's is that of m, `*`: nobody knows) · `member:/x#a.b` one member of a structured file · `unit:n` `user:n` `group:n` (`user:*`: all of
 * them) `live:what` · `package:n` (`package:*`) a package · `package-lists` what
 * is known of those that there are · `package-run:…` what a package manager would do · `listing:/x` what is in an archive · `mounts` what is mounted · `any` everything.
 */
export type Label = string

type Parts = { kind: string; path: string; member: string }

const split = (label: Label): Parts => {
  const colon = label.indexOf(':')
  const rest = label.slice(colon + 1)
  const hash = /^(member|owners):/.test(label) ? rest.indexOf('#') : -1
  return {
    kind: colon < 0 ? label : label.slice(0, colon),
    path: hash < 0 ? rest : rest.slice(0, hash),
    member: hash < 0 ? '' : rest.slice(hash + 1),
  }
}

/** A plan of three fresh hosts asks half a million times for the parts of a hundred labels: a tenth of its time. */
const known = new Map<Label, Parts>()
const parts = (label: Label): Parts => {
  const found = known.get(label)
  if (found) return found
  const made = split(label)
  known.set(label, made)
  return made
}

export const isBelow = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
const holds = (outer: string, inner: string): boolean => outer === inner || inner.startsWith(`${outer}.`)
/** A daemon holds its lists, a list its members: `ipfs`, `ipfs#peers`, `ipfs#peers/ID`. */
const isPart = (inner: string, outer: string): boolean =>
  inner.startsWith(outer) && ['#', '/'].includes(inner[outer.length] ?? '')
const ofFiles = new Set(['path', 'children', 'tree', 'member', 'attributes', 'owners'])
/** What is said of a file apart from what is in it. */
const ofAttributes = new Set(['attributes', 'owners'])
const withContent = new Set(['children', 'member'])

const isTree = ({ kind }: Parts): boolean => kind === 'tree' || kind === 'owners'

/** Whether a change of `a` can change what is looked at as `b`, or the other way round. */
export const overlaps = (a: Label, b: Label): boolean => {
  if (a === b || a === 'any' || b === 'any') return true
  const x = parts(a)
  const y = parts(b)
  if (x.kind === 'live' && y.kind === 'live') return isPart(x.path, y.path) || isPart(y.path, x.path)
  if (!ofFiles.has(x.kind) || !ofFiles.has(y.kind)) return x.kind === y.kind && (x.path === '*' || y.path === '*')
  if ((ofAttributes.has(x.kind) && withContent.has(y.kind)) || (ofAttributes.has(y.kind) && withContent.has(x.kind)))
    return false
  const [xIsTree, yIsTree] = [isTree(x), isTree(y)]
  if (xIsTree) return isBelow(y.path, x.path) || (yIsTree && isBelow(x.path, y.path))
  if (yIsTree) return isBelow(x.path, y.path)
  if (x.kind === 'children' || y.kind === 'children') return false
  if (x.path !== y.path) return false
  if (x.kind === 'member' && y.kind === 'member') return holds(x.member, y.member) || holds(y.member, x.member)
  return true
}

/** The path that a label of files names; of any other none. */
export const pathIn = (label: Label): string | undefined => {
  const { kind, path } = parts(label)
  return ofFiles.has(kind) ? path : undefined
}

/** Whether all that `inner` names is a part of what `outer` names. */
export const covers = (outer: Label, inner: Label): boolean => {
  if (outer === inner || outer === 'any') return true
  const x = parts(outer)
  const y = parts(inner)
  if (x.kind === 'live') return y.kind === 'live' && isPart(y.path, x.path)
  if (!ofFiles.has(x.kind) || !ofFiles.has(y.kind)) return x.kind === y.kind && x.path === '*'
  if (x.kind === 'tree') return isBelow(y.path, x.path)
  if (x.path !== y.path) return false
  if (x.kind === 'path') return y.kind === 'member' || y.kind === 'attributes'
  return x.kind === 'member' && y.kind === 'member' && holds(x.member, y.member)
}

/** Whether a change of any of these can change what is looked at as any of those. */
export const overlapping = (a: readonly Label[], b: readonly Label[]): boolean =>
  a.some(x => b.some(y => overlaps(x, y)))

/** The same label with its path put through `canonical`, which knows the links of one host. */
export const canonicalLabel = (label: Label, canonical: (path: string) => string): Label => {
  const { kind, path, member } = parts(label)
  if (!ofFiles.has(kind)) return label
  return `${kind}:${canonical(path)}${member ? `#${member}` : ''}`
}

/** The files that the accounts of a host are kept in, and whose they are then: of users, of groups. */
const databases: [Label, Label[]][] = [
  ['member:/etc/passwd#', ['user:*']],
  ['member:/etc/group#', ['group:*']],
  ['member:/etc/nsswitch.conf#', ['user:*', 'group:*']],
]

/**
 * All that a change of these is a change of. Who writes a whole file of the accounts may change any of them; those who
 * change one of them say which, and name the file by its member.
 */
export const completeLabels = (labels: Label[]): Label[] => {
  const whole = labels.filter(label => label.startsWith('path:') || label.startsWith('tree:'))
  return whole.length === 0
    ? labels
    : [...labels, ...databases.flatMap(([file, accounts]) => (overlapping(whole, [file]) ? accounts : []))]
}
