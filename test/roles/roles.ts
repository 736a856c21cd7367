import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Trial, trials } from './list.ts'
import { type Means, type Measured, tried } from './trial.ts'

// `npm run test:roles -- [NAME…]`: public roles, unmodified, on fresh lab hosts with real packages, and with Ansible on twins of
// them. RUNBOOK_ROLES is the folder of their repositories, which are cloned where they are not there yet; RUNBOOK_ANSIBLE is
// ansible-playbook (without it nothing is compared). Nothing of them is committed. What was said is kept in RUNBOOK_ROLES_OUT.

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const say = (line: string): void => void process.stdout.write(`${line}\n`)

const { RUNBOOK_ROLES: given, RUNBOOK_ANSIBLE: program, RUNBOOK_ROLES_OUT: out } = process.env
if (process.getuid?.() !== 0) {
  say('0 passed, 0 failed, 1 skipped (needs root, for lab hosts)')
  process.exit(0)
}
const work = out ? resolve(out) : mkdtempSync(join(tmpdir(), 'runbook-roles-'))
const checkouts = resolve(given ?? join(work, 'checkouts'))
mkdirSync(checkouts, { recursive: true })
const means: Means = { root, checkouts, program, work }

const fetched = ({ repository }: Trial): void => {
  const folder = join(checkouts, repository.replace('/', '+'))
  if (existsSync(folder)) return
  const { status, stderr } = spawnSync(
    'git',
    ['clone', '--quiet', '--depth', '1', `https://github.com/${repository}`, folder],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(stderr)
}

const share = ({ decided, lines }: { decided: number; lines: number }): string =>
  lines === 0 ? '-' : `${Math.round((100 * decided) / lines)} %`

/** What is against a role: nothing where it holds all that is asked. */
const faultsOf = ({ ours, kept, changedAgain, theirs, differences }: Measured, { cannot }: Trial): string[] => [
  ...(ours.first.code === 0 || (cannot && theirs?.first.code !== 0) ? [] : [`apply ends with ${ours.first.code}`]),
  ...[...kept.fresh.wrong, ...kept.converged.wrong].map(one => `wrong: ${one}`),
  ...(theirs && theirs.second.changed > 0 ? [] : changedAgain.map(one => `changed again: ${one}`)),
  ...(kept.fresh.lines > 0 && kept.fresh.decided / kept.fresh.lines < 0.4
    ? ['less than 40 % are decided on a fresh host']
    : []),
  ...differences.map(one => `differs: ${one}`),
]

const rowOf = ({ name, ours, kept, theirs, differences }: Measured, faults: number): string =>
  [
    name.padEnd(14),
    `fresh ${share(kept.fresh)} of ${kept.fresh.lines}`.padEnd(18),
    `converged ${share(kept.converged)}, ${kept.converged.changes} changes`.padEnd(28),
    `wrong ${kept.fresh.wrong.length + kept.converged.wrong.length}`.padEnd(9),
    `${ours.first.seconds.toFixed(1)} s, ${ours.second.seconds.toFixed(1)} s`.padEnd(16),
    theirs
      ? `ansible ${theirs.first.seconds.toFixed(1)} s, ${theirs.second.seconds.toFixed(1)} s, check exit ${theirs.check.code}`
      : '',
    `differs ${differences.length}`,
    faults === 0 ? 'good' : `${faults} faults`,
  ].join(' | ')

const names = process.argv.slice(2)
const chosen = trials.filter(({ name }) => names.length === 0 || names.includes(name))
let [passed, failed] = [0, 0]
for (const trial of chosen) {
  try {
    fetched(trial)
    const measured = tried(means, trial)
    const faults = faultsOf(measured, trial)
    say(rowOf(measured, faults.length))
    for (const fault of faults.slice(0, 25)) say(`    ${fault}`)
    writeFileSync(join(work, trial.name, 'faults.txt'), `${faults.join('\n')}\n`)
    faults.length === 0 ? passed++ : failed++
  } catch (error) {
    say(`${trial.name}: ${(error as Error).message.slice(0, 2000)}`)
    failed++
  }
}
say(`all of it is in ${work}`)
say(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
