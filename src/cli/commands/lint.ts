import { relative } from 'node:path'
import { exit } from '../../core/exit.ts'
import { type Failure, type Origin, Refusal } from '../../core/failure.ts'
import type { SecretKeeper } from '../../core/secret-keeper.ts'
import type { Finding } from '../../lint/finding.ts'
import { findingsOf } from '../../lint/rules.ts'
import { inFileOrder } from '../../load/check.ts'
import { jsonText } from '../../report/json.ts'
import { printable } from '../../report/printable.ts'
import { createReport } from '../../report/report.ts'
import { plural } from '../../report/wording.ts'
import { readAnsibleSettings, readyVaults } from '../app/ansible-settings.ts'
import type { AskedVaults } from '../app/ask-passwords.ts'
import { lintSubject } from '../app/lint-subject.ts'
import { completed, readAsked } from '../app/prepare.ts'
import { interruptible, replayOptionsFor, type Shown, withReport } from '../app/with-report.ts'

type LintOptions = Shown & AskedVaults & { inventory: string[]; extraVars: string[] }

/** The path as a person in this folder would write it. */
const shortPath = (file: string): string => {
  const short = relative(process.cwd(), file)
  return short.startsWith('..') || short === '' ? file : short
}

const textOf = ({ rule, what, fix, origin: { file, line, column } }: Finding): string =>
  printable(`${shortPath(file)}:${line}:${column}: ${rule}: ${what}`).replaceAll('\n', ' ') +
  printable(`\n  fix: ${fix}`).replaceAll(/\n(?! {2}fix)/g, ' ')

const textOfAll = (findings: Finding[]): string =>
  findings.length === 0
    ? 'Nothing to say.\n'
    : `${findings.map(one => `${textOf(one)}\n`).join('')}${plural(findings.length, 'finding')}.\n`

const dataOf = ({ rule, what, fix, origin: { file, line, column } }: Finding): object => ({
  ...{ rule, file: shortPath(file), line, column, what, fix },
})

const lintOne = async (
  playbook: string,
  options: LintOptions,
  { secrets, signal }: { secrets: SecretKeeper; signal: AbortSignal },
): Promise<{ findings: Finding[]; failures: Failure[] }> => {
  const { configured } = await readAnsibleSettings()
  const asked = completed(playbook, { ...options, tags: [] }, configured)
  await readyVaults({ ...options, ...asked }, configured, { secrets, signal })
  const result = await readAsked(playbook, asked, configured)
  // Without an inventory nothing is said of one.
  const failures = (result.failures ?? []).filter(({ reason }) => reason !== 'inventory-missing')
  if (!result.readable) return { findings: [], failures }
  const found = await lintSubject(result.readable, { emit: () => {}, signal })
  const findings = findingsOf(found.subject)
  const all = inFileOrder([...failures, ...found.failures], playbook).filter(one => !isTold(one, findings))
  return { findings, failures: all }
}

/** A mode that its module refuses is told among the others: one slip is no reason to say nothing of the rest. */
const isTold = ({ reason, origin }: Failure, findings: Finding[]): boolean =>
  reason === 'playbook-argument' &&
  findings.some(one => one.rule === 'mode-not-octal' && origin !== undefined && placeOf(one.origin) === placeOf(origin))

const placeOf = ({ file, line, column }: Origin): string => `${file}:${line}:${column}`

/** A file that several playbooks have is told once. */
const eachOnce = (findings: Finding[]): Finding[] => [
  ...new Map(findings.map(one => [JSON.stringify(dataOf(one)), one])).values(),
]

/**
 * `runbook lint`: what in playbooks is allowed and hardly meant. Returns the exit code: 0 for nothing, 1 for something; what
 * cannot be read is refused, with nothing said of the rest.
 */
export const lintPlaybooks = (playbooks: string[], options: LintOptions): Promise<number> => {
  const shown = replayOptionsFor(options, 'plan')
  const { signal, release } = interruptible()
  return withReport(createReport(shown), async () => {
    try {
      const found = []
      for (const playbook of playbooks) found.push(await lintOne(playbook, options, { secrets: shown.redact, signal }))
      const failures = found.flatMap(one => one.failures)
      if (failures.length > 0) throw new Refusal(...failures)
      const findings = eachOnce(found.flatMap(one => one.findings))
      process.stdout.write(options.format === 'json' ? `${jsonText(findings.map(dataOf), 2)}\n` : textOfAll(findings))
      return findings.length > 0 ? exit.failed : exit.done
    } finally {
      release()
    }
  })
}
