import { posix } from 'node:path'
import { type Callable, callable } from '../callable.ts'
import { tupleOf, typeName, usable, type Value, ValueFault } from '../value.ts'

const path = (value: Value): string => {
  const there = usable(value)
  if (typeof there === 'string') return there
  throw new ValueFault(`expected str, bytes or os.PathLike object, not ${typeName(there)}`)
}

const onPath = (change: (path: string) => Value): Callable => callable(['path'], (value: Value) => change(path(value)))

/** Python's: what is behind the last slash, which is nothing where that is the end. */
const basename = (found: string): string => found.slice(found.lastIndexOf('/') + 1)
const dirname = (found: string): string => {
  const head = found.slice(0, found.lastIndexOf('/') + 1)
  return /^\/*$/.test(head) ? head : head.replace(/\/+$/, '')
}

const splitext = (found: string): Value => {
  const name = basename(found)
  const at = name.lastIndexOf('.')
  const hasExtension = at > 0 && !/^\.*$/.test(name.slice(0, at))
  const cut = hasExtension ? found.length - name.length + at : found.length
  return tupleOf([found.slice(0, cut), found.slice(cut)])
}

const normpath = (found: string): string => {
  const root = found.startsWith('//') && !found.startsWith('///') ? '//' : found.startsWith('/') ? '/' : ''
  const kept: string[] = []
  for (const part of found.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..' || (root === '' && kept.length === 0) || kept.at(-1) === '..') kept.push(part)
    else kept.pop()
  }
  return root + kept.join('/') || '.'
}

const joined = (parts: string[]): string =>
  parts.reduce((whole, part) => {
    if (part.startsWith('/')) return part
    return whole === '' || whole.endsWith('/') ? whole + part : `${whole}/${part}`
  })

const pathJoin = (value: Value): Value => {
  const there = usable(value)
  if (typeof there === 'string') return there
  if (!Array.isArray(there))
    throw new ValueFault(`path_join expects string or sequence, got ${typeName(there)} instead.`)
  if (there.length === 0) throw new ValueFault('path_join needs a part')
  return joined(there.map(path))
}

const relpath = (value: Value, start: Value = null): Value => {
  const found = path(value)
  if (found === '') throw new ValueFault('no path specified')
  const from = start === null ? '.' : path(start)
  return posix.relative(posix.resolve(from), posix.resolve(found)) || '.'
}

const commonpath = (value: Value): Value => {
  const there = usable(value)
  if (!Array.isArray(there)) throw new ValueFault(`commonpath expects sequence, got ${typeName(there)} instead.`)
  const paths = there.map(path)
  const [first] = paths
  if (first === undefined) throw new ValueFault('commonpath() arg is an empty sequence')
  if (paths.some(one => one.startsWith('/') !== first.startsWith('/')))
    throw new ValueFault("Can't mix absolute and relative paths")
  const split = paths.map(one => one.split('/').filter(part => part !== '' && part !== '.'))
  const [parts] = split
  const common = parts!.filter((_, at) =>
    split.every(other => parts!.slice(0, at + 1).every((part, i) => part === other[i])),
  )
  return (first.startsWith('/') ? '/' : '') + common.join('/')
}

const drive = (found: string): [string, string] => {
  const unc = /^[\\/]{2}[^\\/]+[\\/][^\\/]*/.exec(found)?.[0]
  const root = unc ?? /^.:/.exec(found)?.[0] ?? ''
  return [root, found.slice(root.length)]
}

const winSplit = (found: string): [string, string] => {
  const [root, rest] = drive(found)
  const at = Math.max(rest.lastIndexOf('\\'), rest.lastIndexOf('/')) + 1
  const head = rest.slice(0, at)
  return [root + (head.replace(/[\\/]+$/, '') || head), rest.slice(at)]
}

/** Filters on paths, of which none looks at a disk. */
export const pathFilters: Record<string, Callable> = {
  basename: onPath(basename),
  dirname: onPath(dirname),
  splitext: onPath(splitext),
  normpath: onPath(normpath),
  path_join: callable(['paths'], pathJoin),
  relpath: callable(['path', 'start?'], relpath),
  commonpath: callable(['paths'], commonpath),
  win_basename: onPath(found => winSplit(found)[1]),
  win_dirname: onPath(found => winSplit(found)[0]),
  win_splitdrive: onPath(found => tupleOf(drive(found))),
}
