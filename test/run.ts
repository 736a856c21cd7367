import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { killAll, run } from './runner/child.ts'
import { type Counts, sentence, sum } from './runner/counts.ts'
import { allJobs, fastJobs, hostJobs, type Job, namedJobs } from './runner/jobs.ts'

// Runs the tests, each file in a process of its own: `node test/run.ts [--fast|--hosts] [FILE|FOLDER...]`. With --hosts it
// is all that is tried on hosts, also what takes minutes there (`.hosts.test.ts`). With --fast a few of the generated cases
// are tried, and where no file is named all that needs no hosts, no root, no Go and no npm is run. The last line is
// `N passed, N failed[, N skipped]`; the exit code is 1 when anything failed.

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const indent = (text: string): string => text.trimEnd().replace(/^/gm, '    ')

let stopped = false
const stop = (): void => {
  stopped = true
  killAll()
}
process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop)

const runJob = async (job: Job): Promise<Counts> => {
  if (job.skip) {
    say(`skip  ${job.name}: ${job.skip}`)
    return { passed: 0, failed: 0, skipped: 1 }
  }
  const began = Date.now()
  const ending = await run(job.argv, root, job.seconds)
  const counts = job.counts(ending)
  const took = `${((Date.now() - began) / 1000).toFixed(1)} s`
  say(`${counts.failed > 0 ? 'FAIL' : 'ok  '}  ${job.name}: ${sentence(counts)} (${took})`)
  if (counts.failed > 0) say(indent(`${ending.text}\n[exit code ${ending.code ?? 'none: killed'}]`))
  return counts
}

/** Takes jobs from one queue with so many hands; of those that have this machine for a host, one at a time. */
const runAll = async (jobs: Job[], hands: number): Promise<Counts[]> => {
  const queue = [...jobs]
  const done: Counts[] = []
  let isTaken = false
  const next = (): Job | undefined => {
    const at = stopped ? -1 : queue.findIndex(job => !job.takesMachine || !isTaken)
    return at < 0 ? undefined : queue.splice(at, 1)[0]
  }
  const hand = async (): Promise<void> => {
    for (let job = next(); job; job = next()) {
      if (job.takesMachine) isTaken = true
      done.push(await runJob(job))
      if (job.takesMachine) isTaken = false
    }
  }
  await Promise.all(Array.from({ length: hands }, hand))
  return done
}

const words = process.argv.slice(2)
const paths = words.filter(word => !word.startsWith('--'))
const isFast = words.includes('--fast')
if (isFast) process.env.RUNBOOK_CASES ??= '0.03'
const every = isFast ? fastJobs : words.includes('--hosts') ? hostJobs : allJobs
const jobs = paths.length > 0 ? namedJobs(root, paths) : every(root)
const onHosts = jobs.filter(job => job.usesHosts)
if (jobs.length === 0) say(`No tests in ${paths.join(' ')}.`)
const done = await runAll(
  jobs.filter(job => !job.usesHosts),
  // Some of the fast ones wait for most of their time: one more than there are cores keeps these busy.
  availableParallelism() + (isFast ? 1 : 0),
)
// They wait for most of their time, each on hosts of its own. More at once would make waits longer, and these cost round trips,
// which are counted.
done.push(...(await runAll(onHosts, availableParallelism())))

if (onHosts.length > 0 && !stopped)
  say(
    process.getuid?.() === 0
      ? `hosts: throw-away lab hosts on this machine, made and removed by ${onHosts.map(job => job.name).join(', ')}`
      : 'hosts: none; no root: lab tests skipped',
  )
if (isFast && !stopped)
  say(`fast: a share of ${process.env.RUNBOOK_CASES} of the generated cases; \`npm test\` tries all, on hosts too`)
const isBad = stopped || jobs.length === 0
const counts = sum([...done, { passed: 0, failed: isBad ? 1 : 0, skipped: 0 }])
say(sentence(counts))
process.exitCode = counts.failed > 0 ? 1 : 0
