import { execFile } from 'node:child_process'
import { posix } from 'node:path'
import { promisify } from 'node:util'
import type { Difference } from '../../src/core/event.ts'
import { sha256 } from '../../src/core/value.ts'
import { type Accounts, numbered, numberFor, tellAccount } from './accounts.ts'

// A judge of plan and apply that shares nothing with the probes: `find` and `sha256sum` in a shell of their own.

/** What stands at a path; in what was told only what was said of it. */
export type Entry = Partial<Record<'kind' | 'mode' | 'owner' | 'group' | 'target' | 'digest', string | undefined>>
export type Tree = Map<string, Entry>
/**
 * A tree, and all that can be seen of it without touching it: times to the nanosecond, inodes. Where accounts may change,
 * also those.
 */
export type Audit = { tree: Tree; state: string; accounts?: Accounts }

/** Prints what an audit is read of: names may hold anything but a zero byte. */
export const auditing = (root: string): string =>
  `cd ${root} && find . -printf '%P\\t%y\\t%m\\t%u\\t%g\\t%l\\t%s %T@ %C@ %i %n\\0' | sort -z && printf '\\0' && find . -type f -exec sha256sum -z {} + | sort -zk 2`

const kinds: Record<string, string> = { f: 'file', d: 'directory', l: 'link' }

export const audited = (root: string, printed: string): Audit => {
  const [found = '', digests = ''] = printed.split('\0\0')
  const tree: Tree = new Map()
  for (const line of found.split('\0')) {
    const [path = '', kind = '', mode = '', owner = '', group = '', target = ''] = line.split('\t')
    const known = kinds[kind] ?? 'other'
    tree.set(posix.join(root, path), {
      kind: known,
      owner,
      group,
      mode: mode.padStart(4, '0'),
      ...(known === 'link' ? { target } : {}),
    })
  }
  for (const line of digests.split('\0').filter(Boolean))
    tree.get(posix.join(root, line.slice(66)))!.digest = line.slice(0, 64)
  return { tree, state: printed }
}

const running = promisify(execFile)
/** Looks at a folder of this machine. */
export const audit = async (root: string): Promise<Audit> =>
  audited(root, (await running('sh', ['-c', auditing(root)])).stdout)

/** The one name of a path in a tree: links on the way are followed, the last name is not. */
const located = (tree: Tree, path: string, left = 40): string => {
  let at = ''
  const names = posix.normalize(path).split('/').slice(1)
  for (const [i, name] of names.entries()) {
    const next = `${at}/${name}`
    const target = i < names.length - 1 ? tree.get(next)?.target : undefined
    if (target !== undefined && left > 0)
      return located(tree, posix.join(posix.resolve(at || '/', target), ...names.slice(i + 1)), left - 1)
    at = next
  }
  return at
}

const members = ['kind', 'mode', 'owner', 'group', 'target'] as const
const isBelow = (path: string, top: string): boolean => path === top || path.startsWith(`${top}/`)

/** Who is told by a number has a name that was not told. */
const isNumber = (member: string, told: string): boolean => /^(owner|group)$/.test(member) && /^\d+$/.test(told)

/** Who is told, by the number that the name has at that moment. */
const ownerTold = (accounts: Accounts | undefined, member: string, told: string): string | undefined => {
  if (member !== 'owner' && member !== 'group') return told
  if (told.startsWith('(known after')) return undefined
  if (accounts) return numberFor(accounts, member, told)
  return isNumber(member, told) ? undefined : told
}

/** Does to a tree what a difference tells. */
const tell = (tree: Tree, told: Difference, accounts: Accounts | undefined): void => {
  if (accounts && tellAccount(tree, accounts, told)) return
  const { subject } = told
  const last = subject.slice(subject.lastIndexOf(' ') + 1)
  const member = [...members, 'content'].find(m => m === last && subject.endsWith(` ${m}`))
  const at = located(tree, member === undefined ? subject : subject.slice(0, -member.length - 1))
  const entry = tree.get(at) ?? {}
  if (told.kind === 'text') tree.set(at, { ...entry, digest: sha256(told.after) })
  else if (told.kind === 'hidden' || member === 'content') {
    const { digest: _, ...rest } = entry
    tree.set(at, rest)
  } else if (member === 'kind') tree.set(at, { kind: told.after })
  else if (member !== undefined) tree.set(at, { ...entry, [member]: ownerTold(accounts, member, told.after) })
  else if (told.after === 'absent') for (const path of [...tree.keys()].filter(p => isBelow(p, at))) tree.delete(path)
  else tree.set(at, told.after === 'present' ? {} : { kind: told.after })
}

/** The tree that is left of a tree when all that was told has happened; with accounts, of numbers. */
export const after = (tree: Tree, told: Difference[], accounts?: Accounts): Tree => {
  const left: Tree = accounts ? numbered(tree, accounts) : new Map(tree)
  for (const difference of told) tell(left, difference, accounts)
  return left
}

/** Where what is there is not what was told; of what nothing was said nothing is held against it. */
export const strays = (told: Tree, found: Tree): string[] =>
  [...new Set([...told.keys(), ...found.keys()])].sort().flatMap(path => {
    const [said, is] = [told.get(path), found.get(path)]
    if (said === undefined) return [`${path} is there, and nothing said so`]
    if (is === undefined) return [`${path} is not there`]
    return Object.entries(said)
      .filter(([member, value]) => value !== undefined && is[member as keyof Entry] !== value)
      .map(([member, value]) => `${path} ${member}: told ${value}, is ${is[member as keyof Entry]}`)
  })
