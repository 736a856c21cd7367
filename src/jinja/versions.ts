import { ValueFault } from './value.ts'

/** How versions are read; each gives below zero, zero or above for two of them. */
type Order = (a: string, b: string) => number

const byNumber = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
type Part = bigint | string

const byParts = (a: readonly Part[], b: readonly Part[], ofKinds: (a: Part, b: Part) => number): number => {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const [one, other] = [a[at]!, b[at]!]
    const found =
      typeof one === 'bigint' && typeof other === 'bigint'
        ? byNumber(one, other)
        : typeof one === 'string' && typeof other === 'string'
          ? byText(one, other)
          : ofKinds(one, other)
    if (found !== 0) return found
  }
  return a.length - b.length
}

const refuse = (kind: string, written: string): never => {
  throw new ValueFault(`Version comparison failed: invalid ${kind} '${written}'`)
}

/** Numbers and words between points. Python cannot compare a number with a word, and says so. */
const loose: Order = (a, b) => {
  const parts = (written: string): Part[] =>
    written
      .split(/(\d+|[a-z]+|\.)/)
      .filter(part => part !== '' && part !== '.')
      .map(part => (/^\d+$/.test(part) ? BigInt(part) : part))
  return byParts(parts(a), parts(b), (one, other) => {
    const [left, right] = [one, other].map(part => (typeof part === 'bigint' ? 'int' : 'str'))
    throw new ValueFault(`Version comparison failed: '<' not supported between instances of '${left}' and '${right}'`)
  })
}

const strict: Order = (a, b) => {
  const read = (written: string): Part[] => {
    const [whole, major, minor, , patch = '0', , letter, number = '0'] =
      /^(\d+)\.(\d+)(\.(\d+))?(([ab])(\d+))?\n?$/.exec(written) ?? []
    if (whole === undefined) return refuse('version number', written)
    return [BigInt(major!), BigInt(minor!), BigInt(patch), letter ?? 'z', BigInt(number)]
  }
  return byParts(read(a), read(b), () => 0)
}

const IDENTIFIER = '(?:0|[1-9]\\d*|\\d*[a-zA-Z-][\\da-zA-Z-]*)'
const SEMANTIC = new RegExp(
  `^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(?:-(${IDENTIFIER}(?:\\.${IDENTIFIER})*))?(?:\\+[\\da-zA-Z-]+(?:\\.[\\da-zA-Z-]+)*)?\\n?$`,
)

/** After semver.org 2.0.0. */
const semantic: Order = (a, b) => {
  const read = (written: string) => {
    const [whole, major, minor, patch, before = ''] = SEMANTIC.exec(written) ?? []
    if (whole === undefined) return refuse('semantic version', written)
    const identifiers = before === '' ? [] : before.split('.')
    return {
      core: [BigInt(major!), BigInt(minor!), BigInt(patch!)],
      before: identifiers.map(part => (/^\d+$/.test(part) ? BigInt(part) : part)),
    }
  }
  const [one, other] = [read(a), read(b)]
  const core = byParts(one.core, other.core, () => 0)
  if (core !== 0) return core
  if (one.before.length === 0 || other.before.length === 0) return other.before.length - one.before.length
  return byParts(one.before, other.before, left => (typeof left === 'bigint' ? -1 : 1))
}

const PEP440 =
  /^\s*v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z\d]+(?:[-_.][a-z\d]+)*))?\s*$/i
const STAGES: Record<string, bigint> = { a: 1n, alpha: 1n, b: 2n, beta: 2n, c: 3n, rc: 3n, pre: 3n, preview: 3n }

/** After PEP 440: development comes before what it leads to, and a post release behind. */
const pep440: Order = (a, b) => {
  const read = (written: string): { epoch: Part[]; release: Part[]; rest: Part[]; local: Part[] } => {
    const [whole, epoch = '0', release, stage, number, short, post, later, dev, step, local] =
      PEP440.exec(written) ?? []
    if (whole === undefined) return refuse('version', written)
    const numbers = release!.split('.').map(BigInt)
    while (numbers.length > 1 && numbers.at(-1) === 0n) numbers.pop()
    const isPost = short !== undefined || post !== undefined
    const ofStage = stage ? STAGES[stage.toLowerCase()]! : dev !== undefined && !isPost ? 0n : 4n
    const rest = [
      ofStage,
      BigInt(number || 0),
      isPost ? 1n : 0n,
      BigInt(short || later || 0),
      dev ? 0n : 1n,
      BigInt(step || 0),
    ]
    const tail = local?.toLowerCase().split(/[-_.]/) ?? []
    return {
      epoch: [BigInt(epoch)],
      release: numbers,
      rest,
      local: tail.map(part => (/^\d+$/.test(part) ? BigInt(part) : part)),
    }
  }
  const [one, other] = [read(a), read(b)]
  const never = (): number => 0
  return (
    byParts(one.epoch, other.epoch, never) ||
    byParts(one.release, other.release, never) ||
    byParts(one.rest, other.rest, never) ||
    byParts(one.local, other.local, left => (typeof left === 'bigint' ? 1 : -1))
  )
}

/** Ways to compare versions, by the names that Ansible gives them. */
export const versionOrders: Readonly<Record<string, Order>> = { loose, strict, semver: semantic, semantic, pep440 }
