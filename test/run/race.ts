import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process'
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { sha256 } from '../../src/core/value.ts'
import { temporary } from './local.ts'
import { FOREIGN_WORDS, type RaceOrder, type RaceReport, SECRET_WORDS } from './racer.ts'

/** A number that no account of a machine has, nor another one. */
const RACER = 64_321
const THIRD = 64_322

/** Programs that steps start: each of them waits at a gate, before and behind, until the racer has acted. */
const gated = (
  'base64 basename cat cmp chgrp chmod chown cp cut dd diff dirname du env find getfacl getfattr grep gunzip gzip head id ' +
  'install ln ls mkdir mktemp mv od openssl readlink realpath rm rmdir sed setfacl setfattr sha256sum sort stat sync ' +
  'tar tee touch tr uniq wc xargs'
).split(' ')

/** Programs that would change the accounts of this machine, or what runs on it: they do nothing. */
const hollow = ['useradd', 'usermod', 'systemctl']

/** Whose a folder is that root's task writes to. */
export const GROUNDS = ['own', 'sticky', 'own-sticky', 'group', 'world', 'above'] as const
type Ground = (typeof GROUNDS)[number]

/** What stands at each path below a folder, as far as anybody could have changed it. A link's own times do not count. */
const snapshot = (folder: string): Map<string, string> => {
  const seen = new Map<string, string>()
  const look = (path: string): void => {
    const stat = lstatSync(path)
    const what = stat.isFile()
      ? `${stat.size} ${stat.mtimeMs} ${sha256(readFileSync(path))}`
      : stat.isSymbolicLink()
        ? readlinkSync(path)
        : ''
    seen.set(path, `${stat.mode.toString(8)} ${stat.uid}:${stat.gid} ${what}`)
    if (stat.isDirectory()) for (const name of readdirSync(path)) look(join(path, name))
  }
  look(folder)
  return seen
}

/** What of root's has become another, in words. */
const changes = (before: Map<string, string>, after: Map<string, string>): string[] =>
  [...new Set([...before.keys(), ...after.keys()])].flatMap(path => {
    const [was, is] = [before.get(path), after.get(path)]
    if (was === is) return []
    return [`${path}: ${was === undefined ? 'new' : is === undefined ? 'gone' : `${was} -> ${is}`}`]
  })

const write = (path: string, text: string, mode: number, owner = 0): void => {
  writeFileSync(path, text)
  chownSync(path, owner, owner)
  chmodSync(path, mode)
}

/** A tree that a task of root's has no business with, and that the racer may not write to, and mostly not read. */
const makeCanary = (canary: string): void => {
  rmSync(canary, { recursive: true, force: true })
  mkdirSync(join(canary, 'd/sub'), { recursive: true })
  mkdirSync(join(canary, 'empty'))
  write(join(canary, 'file'), SECRET_WORDS, 0o600)
  write(join(canary, 'setid'), SECRET_WORDS, 0o4700)
  write(join(canary, 'other'), SECRET_WORDS, 0o600, THIRD)
  write(join(canary, 'd/one'), SECRET_WORDS, 0o600)
  write(join(canary, 'd/sub/two'), SECRET_WORDS, 0o640, THIRD)
  chmodSync(canary, 0o700)
}

const makePool = (pool: string, canary: string): void => {
  rmSync(pool, { recursive: true, force: true })
  mkdirSync(pool)
  for (const name of ['file', 'setid', 'other'])
    for (let i = 0; i < 6; i++) linkSync(join(canary, name), join(pool, `${name}-${i}`))
  chownSync(pool, RACER, RACER)
}

/** The folder of a task as it is before it, of the racer's in one way or another; what it holds is made by `fill`. */
const makeGround = (around: string, ground: Ground, fill: (at: string) => void): string => {
  rmSync(around, { recursive: true, force: true })
  mkdirSync(around)
  const at = ground === 'above' ? join(around, 'sub') : around
  mkdirSync(at, { recursive: true })
  fill(at)
  const isRacers = ground === 'own' || ground === 'own-sticky'
  if (isRacers) spawnSync('chown', ['-R', `${RACER}:${RACER}`, at])
  else if (ground === 'above' || ground === 'group') chownSync(around, ground === 'above' ? RACER : 0, RACER)
  chmodSync(
    around,
    { own: 0o755, 'own-sticky': 0o1755, sticky: 0o1777, group: 0o775, world: 0o777, above: 0o755 }[ground],
  )
  return at
}

/** What root has made its own that is the racer's: files with its words under another's name that run as somebody. */
const adopted = (around: string): string[] =>
  [...snapshot(around)].flatMap(([path, seen]) => {
    const [mode = '', owner = ''] = seen.split(' ')
    const isSetId = (Number.parseInt(mode, 8) & 0o6000) !== 0
    const isForeign = isSetId && !owner.startsWith(`${RACER}:`) && lstatSync(path).isFile()
    return isForeign && readFileSync(path, 'utf8').includes(FOREIGN_WORDS) ? [`${path}: ${seen}`] : []
  })

export type Race = {
  /** What a task's folder is, and which names the racer takes before the task comes. */
  ground: Ground
  planted: string[]
  seed: number
  tight: boolean
  fill(at: string): void
  /** Runs the task of root's, and says when the racer is to begin. Whatever becomes of it counts for nothing. */
  run(at: string, begin: () => void): Promise<unknown>
}

export type Raced = RaceReport & {
  /** What became of root's own, of what nobody may read, and of whose name things bear: all of it is to be empty. */
  escapes: string[]
}

export type Racer = { race(race: Race): Promise<Raced>; close(): void }

/** Whether races can be run here: the racer has to be somebody else. */
export const racesHere = process.getuid?.() === 0

const makeGates = (folder: string): { gates: string; asked: string; answered: string } => {
  const [gates, asked, answered] = ['gates', 'asked', 'answered'].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ]
  mkdirSync(gates)
  // Also for what steps run as another user.
  spawnSync('mkfifo', ['-m', '0666', asked, answered])
  const real = (name: string): string | undefined =>
    (process.env.PATH ?? '')
      .split(':')
      .map(place => join(place, name))
      .find(path => {
        try {
          accessSync(path, constants.X_OK)
          return true
        } catch {
          return false
        }
      })
  for (const name of gated) {
    const path = real(name)
    if (path === undefined) continue
    // `read` of one byte that the racer has written: nobody's answer is lost, whoever takes it.
    const wait = `echo ${name} >${asked}; read -r _ <${answered}`
    write(join(gates, name), `#!/bin/sh\n${wait}; ${path} "$@"; s=$?; ${wait}; exit $s\n`, 0o755)
  }
  for (const name of hollow) write(join(gates, name), '#!/bin/sh\n', 0o755)
  return { gates, asked, answered }
}

/**
 * A racer beside this process, and the ground for it: a folder that it may write to, and a tree of root's. The judge
 * compares all of that tree before and after.
 */
export const createRacer = (): Racer => {
  const whole = mkdtempSync(join(temporary(), 'race-'))
  spawnSync('chmod', ['0755', whole, join(whole, '..')])
  const { gates, asked, answered } = makeGates(whole)
  const [canary, pool, around] = ['canary', 'pool', 'spot'].map(name => join(whole, name)) as [string, string, string]
  const program = fileURLToPath(new URL('racer.ts', import.meta.url))
  const child: ChildProcessByStdio<null, Readable, null> = spawn(
    process.execPath,
    [program, asked, answered, String(RACER)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const said = createInterface(child.stdout)[Symbol.asyncIterator]()
  const hears = async (): Promise<unknown> => JSON.parse((await said.next()).value as string)
  const path = process.env.PATH
  const begun = hears()
  const race = async (one: Race): Promise<Raced> => {
    await begun
    makeCanary(canary)
    makePool(pool, canary)
    const at = makeGround(around, one.ground, one.fill)
    const before = snapshot(canary)
    const { seed, tight, planted } = one
    const order: RaceOrder = { at, around, pool, canary, seed, tight, planted }
    writeFileSync(asked, `go ${JSON.stringify(order)}\n`)
    await hears()
    process.env.PATH = `${gates}:${path}`
    try {
      await one.run(at, () => writeFileSync(asked, 'begin\n'))
    } finally {
      process.env.PATH = path
    }
    writeFileSync(asked, 'stop\n')
    const report = (await hears()) as RaceReport
    const escapes = [
      ...changes(before, snapshot(canary)),
      ...report.read.map(path => `${path}: readable`),
      ...adopted(around),
    ].map(text => text.replaceAll(whole, ''))
    return { ...report, escapes }
  }
  return {
    race,
    close: () => {
      child.kill('SIGKILL')
      rmSync(whole, { recursive: true, force: true })
    },
  }
}
