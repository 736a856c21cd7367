import { exit } from '../../core/exit.ts'
import type { Origin } from '../../core/failure.ts'
import { isElsewhere, type Lack, lacksIn } from '../../migrate/lacks.ts'
import { type Unit, unitsBelow } from '../../migrate/unit.ts'
import { jsonText } from '../../report/json.ts'
import { printable } from '../../report/printable.ts'
import { createReport } from '../../report/report.ts'
import { plural } from '../../report/wording.ts'
import { readAnsibleSettings, roleFolders } from '../app/ansible-settings.ts'
import { migrateSubject } from '../app/migrate-subject.ts'
import { interruptible, replayOptionsFor, type Shown, withReport } from '../app/with-report.ts'

/** What a unit lacks: in all of it, and in what a run with its defaults comes to; and what it names that is not here. */
type Found = { unit: Unit; lacks: Lack[]; byDefault: Lack[]; elsewhere: Lack[] }

/** So much of what a unit lacks is told beside its name, and of all of them at the end. */
const [MOST_BESIDE, MOST_AT_END] = [3, 40]

const placeOf = ({ file, line, column }: Origin): string => `${file}:${line}:${column}`

const wordOf = ({ what, count }: Lack): string => `${what.replace(/\.$/, '')}${count > 1 ? ` (${count}x)` : ''}`

const verdictOf = ({ lacks, byDefault }: Found): string =>
  lacks.length === 0 ? 'all of it runs' : byDefault.length === 0 ? 'runs by default' : 'lacks something'

const lineOf = (found: Found, width: number): string => {
  const first = found.lacks.slice(0, MOST_BESIDE).map(wordOf)
  const more = found.lacks.length - first.length
  const words = [...first, ...(more > 0 ? [`and ${more} more`] : [])]
  return `${found.unit.name.padEnd(width)}  ${verdictOf(found).padEnd(15)}  ${words.join('; ')}`.trimEnd()
}

/** What any unit lacks, in how many of them and how often in all. */
const inAll = (all: Found[]): (Lack & { units: number })[] => {
  const found = Map.groupBy(
    all.flatMap(({ lacks }) => lacks),
    ({ what }) => what,
  )
  return [...found.values()]
    .map(list => ({ ...list[0]!, count: list.reduce((sum, { count }) => sum + count, 0), units: list.length }))
    .sort((one, other) => other.units - one.units || other.count - one.count)
}

const share = (count: number, all: number): string => `${count} of ${all} (${Math.floor((100 * count) / all)} %)`

const textOf = (all: Found[]): string => {
  if (all.length === 0) return 'There is no role and no playbook.\n'
  const width = Math.max(...all.map(({ unit }) => unit.name.length))
  const roles = all.filter(({ unit }) => unit.kind === 'role')
  const counted = roles.length > 0 ? roles : all
  const lacking = inAll(all)
  const told = lacking.slice(0, MOST_AT_END).map(one => {
    const place = one.first ? `\n      first at ${placeOf(one.first)}` : ''
    return `  ${plural(one.units, 'unit')}, ${one.count}x: ${one.what}${one.fix ? `\n      fix: ${one.fix}` : ''}${place}`
  })
  const more = lacking.length - told.length
  const whole = counted.filter(({ lacks }) => lacks.length === 0).length
  const byDefault = counted.filter(one => one.byDefault.length === 0).length
  return [
    ...all.map(one => lineOf(one, width)),
    ...(told.length > 0
      ? ['', 'What is missing:', ...told, ...(more > 0 ? [`  and ${more} more; --format json has all`] : [])]
      : []),
    '',
    `Of ${roles.length > 0 ? plural(roles.length, 'role') : plural(all.length, 'playbook')} all runs of ${share(whole, counted.length)}, and what a default run comes to of ${share(byDefault, counted.length)}.`,
    '',
  ].join('\n')
}

const dataOf = ({ unit: { kind, name, path }, ...found }: Found): object => ({ kind, name, path, ...found })

/**
 * `runbook migrate check`: what roles and playbooks need that there is not. Returns the exit code: 0 where nothing is missing,
 * 1 where something is.
 */
export const checkMigration = (paths: string[], options: Shown): Promise<number> => {
  const shown = replayOptionsFor(options, 'plan')
  const { signal, release } = interruptible()
  return withReport(createReport(shown), async () => {
    try {
      const { configured } = await readAnsibleSettings()
      const found: Found[] = []
      for (const unit of paths.flatMap(unitsBelow)) {
        await new Promise(setImmediate)
        signal.throwIfAborted()
        const { failures, reached } = await migrateSubject(unit, roleFolders(configured))
        const own = failures.filter(one => !isElsewhere(one))
        found.push({
          unit,
          lacks: lacksIn(own, unit.own),
          byDefault: lacksIn(own.filter(reached), unit.own),
          elsewhere: lacksIn(failures.filter(isElsewhere), []),
        })
      }
      process.stdout.write(
        options.format === 'json'
          ? `${jsonText(found.map(dataOf), 2)}\n`
          : `${textOf(found).split('\n').map(printable).join('\n')}`,
      )
      return found.some(({ lacks }) => lacks.length > 0) ? exit.failed : exit.done
    } finally {
      release()
    }
  })
}
