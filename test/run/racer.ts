import * as fs from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'

// A program that plays the user of a host whose folder root works in. It gives up its rights, and swaps what lies there for
// something else: all the time, or between any two programs that root starts there, each of which waits until it has.

/** What it is told: where to act, what to put there, and where its chances begin. */
export type RaceOrder = {
  /** The folder that a task writes to, and the one around it that may be swapped too. */
  at: string
  around: string
  /** Hard links to files of root's, which it may only rename; and what links lead to. */
  pool: string
  canary: string
  seed: number
  /** Swaps all the time besides. */
  tight: boolean
  /** Names, from `at` on, that are taken before the task comes to them. */
  planted: string[]
}

/** What it has done: how often something was swapped, under which names, and what of others' secrets it can read now. */
export type RaceReport = { swaps: number; names: string[]; read: string[] }

/** Stands in what is the racer's own, and in what nobody but root may read. */
export const FOREIGN_WORDS = 'written by the racer\n'
export const SECRET_WORDS = 'nobody but root may read this\n'

const tried = <Value>(act: () => Value): Value | undefined => {
  try {
    return act()
  } catch {
    return undefined
  }
}

/** Numbers that look like chance and are the same for a seed. */
const dice = (seed: number) => {
  let state = seed | 1
  return (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return Math.floor(((state >>> 8) / 2 ** 24) * below)
  }
}

/** All names below a folder that can be seen, three folders deep. */
const below = (folder: string, depth = 3): string[] =>
  (tried(() => fs.readdirSync(folder)) ?? []).flatMap(name => {
    const path = join(folder, name)
    if (name.startsWith('.aside-')) return []
    const isFolder = depth > 0 && tried(() => fs.lstatSync(path).isDirectory()) === true
    return [path, ...(isFolder ? below(path, depth - 1) : [])]
  })

/** Names that a folder of its own has inside, which stands in place of one of root's. */
const inside = ['t', 'o', 'n', 'new', 'big', 'conf', 'a', 'sub', 'config', '.bashrc', '.profile']

/** What may be put in place of something: links, files of root's by another name, a folder or a file of the racer's, nothing. */
const waysOf = ({ pool, canary, planted }: RaceOrder, roll: (below: number) => number): ((path: string) => void)[] => {
  const pooled = (): string | undefined => {
    const names = tried(() => fs.readdirSync(pool)) ?? []
    return names.length === 0 ? undefined : join(pool, names[roll(names.length)]!)
  }
  const targets = ['file', 'setid', 'other', 'd', 'd/one', 'empty', 'd/sub']
  const linkAt = (path: string): void => fs.symlinkSync(join(canary, targets[roll(targets.length)]!), path)
  return [
    linkAt,
    linkAt,
    path => fs.symlinkSync(join(canary, 'd'), path),
    path => {
      const link = pooled()
      if (link) fs.renameSync(link, path)
    },
    path => {
      fs.mkdirSync(path)
      for (const name of [...inside, basename(planted[0] ?? 'x')]) tried(() => linkAt(join(path, name)))
    },
    path => {
      fs.writeFileSync(path, FOREIGN_WORDS)
      fs.chmodSync(path, 0o666)
    },
    () => {},
  ]
}

const createSwapper = (order: RaceOrder) => {
  const { at, around } = order
  const roll = dice(order.seed)
  // Much at once mostly ends a task early: some rounds have few swaps, each in the midst of what would go well.
  const rate = [2, 4, 8, 16][roll(4)]!
  const first = new Set(below(at))
  const known = new Set<string>()
  const moved: { path: string; aside: string }[] = []
  let swaps = 0
  const ways = waysOf(order, roll)
  const takeAway = (path: string): boolean => {
    const aside = join(dirname(path), `.aside-${swaps}-${roll(1e9)}`)
    if (tried(() => fs.renameSync(path, aside) ?? true) !== true) return false
    moved.push({ path, aside })
    return true
  }
  const put = (path: string): void => {
    const isTaken = takeAway(path)
    const isPut = tried(() => ways[roll(ways.length)]!(path) ?? true) === true
    if (isTaken || isPut) swaps++
  }
  const back = (): void => {
    const last = moved.pop()
    if (last === undefined) return
    tried(() => fs.renameSync(last.path, join(dirname(last.path), `.aside-${swaps}-${roll(1e9)}`)))
    tried(() => fs.renameSync(last.aside, last.path))
    swaps++
  }
  const swap = (): void => {
    const now = below(at)
    const fresh = now.filter(path => !first.has(path))
    for (const path of fresh) known.add(relative(at, path))
    if (moved.length > 0 && roll(3) === 0) {
      back()
      return
    }
    const victims = fresh.length > 0 && roll(3) > 0 ? fresh : [...now, ...(around === at ? [] : [at])]
    if (victims.length > 0) put(victims[roll(victims.length)]!)
  }
  const plant = (): void => {
    for (const name of order.planted) if (roll(2) === 0) tried(() => put(join(at, name)))
  }
  const readable = (): string[] =>
    below(around).filter(path => {
      if (tried(() => fs.lstatSync(path).isFile()) !== true) return false
      return tried(() => fs.readFileSync(path).includes(SECRET_WORDS)) === true
    })
  return {
    swap,
    plant,
    rolls: () => roll(rate) === 0,
    report: (): RaceReport => ({ swaps, names: [...known], read: readable() }),
  }
}

/** Words come one to a line: `go ORDER`, `begin`, `stop`, and the name of each program that waits at the gate. */
const serve = (asked: number, answered: number): void => {
  let swapper: ReturnType<typeof createSwapper> | undefined
  let order: RaceOrder | undefined
  let isQuiet = true
  const say = (value: unknown): void => {
    fs.writeSync(1, `${JSON.stringify(value)}\n`)
  }
  const hear = (line: string): void => {
    if (line.startsWith('go ')) {
      order = JSON.parse(line.slice(3)) as RaceOrder
      swapper = createSwapper(order)
      isQuiet = true
      swapper.plant()
      say('ready')
      return
    }
    if (line === 'stop') {
      say(swapper?.report())
      swapper = undefined
      return
    }
    if (line === 'begin') {
      isQuiet = false
      return
    }
    if (swapper && !isQuiet && swapper.rolls()) swapper.swap()
    fs.writeSync(answered, '\n')
  }
  const parent = process.ppid
  say('here')
  const nap = new Int32Array(new SharedArrayBuffer(4))
  const buffer = Buffer.alloc(65_536)
  let rest = ''
  for (;;) {
    const read = tried(() => fs.readSync(asked, buffer)) ?? 0
    if (read === 0) {
      if (swapper && order?.tight && !isQuiet) swapper.swap()
      Atomics.wait(nap, 0, 0, swapper ? 0.05 : 1)
      // Whoever has started it is gone.
      if (process.ppid !== parent) return
      continue
    }
    const lines = (rest + buffer.toString('utf8', 0, read)).split('\n')
    rest = lines.pop()!
    lines.forEach(hear)
  }
}

if (import.meta.main) {
  const [, , asked, answered, user] = process.argv
  const { O_RDWR, O_NONBLOCK } = fs.constants
  const [ask, answer] = [fs.openSync(asked!, O_RDWR | O_NONBLOCK), fs.openSync(answered!, O_RDWR)]
  process.setgroups?.([])
  process.setgid?.(Number(user))
  process.setuid?.(Number(user))
  process.umask(0)
  serve(ask, answer)
}
