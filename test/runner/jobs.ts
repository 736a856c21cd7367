import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { type Counts, countsOf, countsOfProgram, type Ending } from './counts.ts'

/** One thing to run and to count. */
export type Job = {
  name: string
  argv: string[]
  seconds: number
  /** Works on hosts that it makes: such jobs run at the end. */
  usesHosts: boolean
  /** Applies playbooks to this machine itself, which only one run at a time may have: it holds the lease. */
  takesMachine: boolean
  counts(ending: Ending): Counts
  /** Set where it cannot run here: why not. It counts as one skipped test. */
  skip?: string
}

export const usesHosts = (file: string): boolean => /\.(root|lab|hosts)\.test\.ts$/.test(file)
const TAKING = [
  'test/cli/',
  'test/host/',
  'test/connection/',
  'test/package/',
  'test/state/earlier',
  'test/docs/readme',
]
/** Takes minutes on hosts of its own, and is run before a release. */
const isLong = ({ name }: Job): boolean => name.endsWith('.hosts.test.ts')

/** The contract is held by the stand-in where the real programs are not given. */
const whyNot = (name: string): string | undefined =>
  name.startsWith('test/real/') && !process.env.RUNBOOK_REAL_PROGRAMS ? noGo() : undefined

/** A thousand swaps take up to half a minute for each row of the race. */
const secondsOf = (name: string): number =>
  name === 'test/run/racing.test.ts' ? Math.max(600, 3 * Number(process.env.RUNBOOK_SWAPS ?? 0)) : 600

const fileJob = (root: string, file: string): Job => {
  const [name, skip] = [relative(root, file), whyNot(relative(root, file))]
  return {
    name,
    argv: [process.execPath, file],
    seconds: secondsOf(name),
    usesHosts: usesHosts(file),
    takesMachine: TAKING.some(path => name.startsWith(path)),
    counts: countsOf,
    ...(skip ? { skip } : {}),
  }
}

const program = (name: string, argv: string[], seconds: number): Job => ({
  name,
  argv,
  seconds,
  usesHosts: false,
  takesMachine: false,
  counts: countsOfProgram,
})

const goPath = `${process.env.PATH}:/usr/local/go/bin:/usr/lib/go/bin`
const hasGo = (): boolean => spawnSync('go', ['version'], { env: { ...process.env, PATH: goPath } }).status === 0
const isRoot = process.getuid?.() === 0

/** build.sh installs Go where there is none, for which it must be root. */
const noGo = (): string | undefined =>
  hasGo() || isRoot ? undefined : 'there is no Go here, and only root may install it'

const standin = (): Job => {
  const script = 'sh check.sh && go vet ./... && go test ./...'
  const env = [`PATH=${goPath}`, 'GOFLAGS=-mod=mod', 'GOPROXY=off', 'GOTOOLCHAIN=local', 'GOWORK=off']
  const job = program('test/standin', ['env', '-C', 'test/standin', ...env, 'sh', '-c', script], 420)
  const skip = noGo()
  return skip ? { ...job, skip } : job
}

const checks: Job[] = [
  program('tsc --noEmit', ['tsc', '--noEmit', '--pretty', 'false'], 120),
  program(
    'biome check',
    [
      'biome',
      'check',
      '--colors=off',
      'src',
      'modules',
      'test',
      'build',
      'biome.json',
      'package.json',
      'tsconfig.json',
    ],
    120,
  ),
]

/** The folders and files that take longest, in this order: begun last they would keep one core alone at the end. */
const LONGEST = ['test/laws/', 'test/module/probes/portable', 'test/cli/', 'test/run/']
const rank = ({ name }: Job): number => (LONGEST.findIndex(path => name.startsWith(path)) + 1 || LONGEST.length + 1) - 1

const testJobs = (root: string): Job[] =>
  filesIn(root, join(root, 'test'))
    .map(file => fileJob(root, file))
    .sort((a, b) => rank(a) - rank(b))

/** Format and lint, types, the stand-in, and each file of tests but those that take minutes. The longest begin first. */
export const allJobs = (root: string): Job[] => [standin(), ...checks, ...testJobs(root).filter(job => !isLong(job))]

/** All that is tried on hosts, also what takes minutes. */
export const hostJobs = (root: string): Job[] => testJobs(root).filter(job => job.usesHosts)

/**
 * Not among the fast ones: programs in Go, the stand-in or the real ones; the package, which npm packs and installs; what
 * starts runbook forty times, half a second each.
 */
const SLOW = ['test/real/', 'test/package/', 'test/cli/app/saved-plan-refused']

/** What needs Node and nothing else: no host, no root, no Go and no npm. */
export const fastJobs = (root: string): Job[] => [
  ...checks,
  ...testJobs(root).filter(({ name, usesHosts }) => !usesHosts && !SLOW.some(path => name.startsWith(path))),
]

const filesIn = (root: string, path: string): string[] =>
  path.endsWith('.ts') ? [resolve(root, path)] : globSync(`${resolve(root, path)}/**/*.test.ts`).sort()

/** Only the files and folders that were named. */
export const namedJobs = (root: string, paths: string[]): Job[] =>
  paths.flatMap(path =>
    resolve(root, path) === join(root, 'test/standin')
      ? [standin()]
      : filesIn(process.cwd(), path).map(file => fileJob(root, file)),
  )
