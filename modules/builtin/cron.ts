import { content, defineModule, type FileAnswer, file, type Static, T, user, uses } from '../../src/module/module.ts'
import { backupLabels } from './lib/content-arguments.ts'
import {
  type CronLines,
  cronLines,
  cronText,
  isEmptyTable,
  jobNames,
  variableNames,
  withJob,
  withoutJob,
  withoutVariable,
  withVariable,
} from './lib/cron-table.ts'
import { targetReads } from './lib/file-attributes.ts'
import { decideFile } from './lib/file-content.ts'
import { uneditable } from './lib/line-edits.ts'
import type { Obstacle } from './lib/paths.ts'
import { missingProgram, programThere } from './lib/program-there.ts'
import { installCrontab, keepCrontab, userCrontab, whoRuns } from './lib/user-crontab.ts'

const time = (description: string, aliases: string[] = []) =>
  T.Unsafe<string | number>({ type: ['string', 'number'], default: '*', aliases, description })

const args = T.Object(
  {
    name: T.String({
      minLength: 1,
      description: 'What the job is called in a comment above it, by which it is found again; with env the variable.',
    }),
    user: T.Optional(
      T.String({
        minLength: 1,
        description: 'Whose crontab it is, or who runs the job of a file. Default: who runs the task.',
      }),
    ),
    job: T.Optional(
      T.Unsafe<string | number>({
        type: ['string', 'number'],
        aliases: ['value'],
        description: 'The command line; with env the value of the variable.',
      }),
    ),
    cron_file: T.Optional(
      T.String({
        minLength: 1,
        description:
          'A file of /etc/cron.d, or the path of one, in place of the crontab of a user. One without lines goes.',
      }),
    ),
    state: T.Enum(['present', 'absent'], { default: 'present', description: 'Whether it is to be there.' }),
    minute: time('When: 0-59, *, */2 …'),
    hour: time('0-23'),
    day: time('Of the month: 1-31', ['dom']),
    month: time('1-12'),
    weekday: time('0-6, where 0 is Sunday', ['dow']),
    special_time: T.Optional(
      T.Enum(['reboot', 'yearly', 'annually', 'monthly', 'weekly', 'daily', 'hourly'], {
        description: 'When, in a word, in place of all others.',
      }),
    ),
    disabled: T.Boolean({ default: false, description: 'The job stands in a comment, and is not run.' }),
    env: T.Boolean({ default: false, description: 'It is a variable for all jobs of the table, and no job.' }),
    insertafter: T.Optional(T.String({ description: 'With env: a new variable goes behind this one.' })),
    insertbefore: T.Optional(T.String({ description: 'With env: a new variable goes before this one.' })),
    backup: T.Boolean({
      default: false,
      description:
        'Keep what it replaces: of a file beside it, of a crontab in the folder for temporary files, as crontabXXXXXXXX.',
    }),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>

const fileOf = ({ cron_file }: Args): string | undefined =>
  cron_file === undefined || cron_file.startsWith('/') ? cron_file : `/etc/cron.d/${cron_file}`

const isTimed = ({ minute, hour, day, month, weekday }: Args): boolean =>
  [minute, hour, day, month, weekday].some(one => one !== '*')

const obstacleIn = (args: Args): Obstacle | undefined => {
  const { name, user, job, cron_file, state, special_time, env, insertafter, insertbefore } = args
  if (cron_file === '/etc/crontab')
    return { why: '/etc/crontab is not edited by cron_file', fix: 'use a file of /etc/cron.d, or lineinfile' }
  if (insertafter !== undefined && insertbefore !== undefined)
    return { why: 'both insertafter and insertbefore are given', fix: 'leave one of them out' }
  if (special_time !== undefined && isTimed(args))
    return {
      why: 'You cannot combine special_time with any of the time or day/date parameters',
      fix: 'leave one of them out',
    }
  if (env && name.includes(' ')) return { why: `"${name}" is no name for a variable`, fix: 'leave out the blanks' }
  if (state === 'absent') return undefined
  if (cron_file !== undefined && user === undefined)
    return { why: 'a job of a cron_file has to say as whom it runs', fix: 'give user' }
  if (job === undefined) return { why: `no job is given for ${name}`, fix: 'give job' }
  return (insertafter ?? insertbefore) !== undefined && !env
    ? { why: 'insertafter and insertbefore are for variables', fix: 'set env: true, or leave them out' }
    : undefined
}

/** The line of a job. */
const jobLine = (args: Args): string => {
  const { cron_file, user, special_time, disabled, minute, hour, day, month, weekday } = args
  const when = special_time === undefined ? [minute, hour, day, month, weekday].join(' ') : `@${special_time}`
  const words = [when, ...(cron_file === undefined ? [] : [user]), String(args.job).replace(/^[\r\n]+|[\r\n]+$/g, '')]
  return `${disabled ? '#' : ''}${words.join(' ')}`
}

/** The table afterwards; undefined: the variable that another is to stand by is not there. */
const edited = (args: Args, lines: CronLines): CronLines | undefined => {
  const { name, env, state, job, insertafter: after, insertbefore: before } = args
  if (state === 'absent') return env ? withoutVariable(lines, name) : withoutJob(lines, name)
  const place = { ...(after === undefined ? {} : { after }), ...(before === undefined ? {} : { before }) }
  return env ? withVariable(lines, name, `${name}="${job}"`, place) : withJob(lines, name, jobLine(args))
}

const told = ({ cron_file }: Args, lines: CronLines) => ({
  jobs: jobNames(lines),
  envs: variableNames(lines),
  ...(cron_file === undefined ? {} : { cron_file }),
})

const outputs = T.Object({
  jobs: T.Array(T.String(), { description: 'The names of all jobs of the table.' }),
  envs: T.Array(T.String(), { description: 'The names of all variables of the table.' }),
  cron_file: T.Optional(T.String({ description: 'The file, as it is given.' })),
  backup_file: T.Optional(T.String({ description: 'With backup and cron_file: where what was there is kept.' })),
})

const textIn = (found: FileAnswer): string =>
  found.exists && found.kind === 'file' ? found.content.bytes.toString() : ''

/** What is said of a table that is edited: its text afterwards, or why it cannot be. */
const textAfter = (args: Args, before: string): { text: string; lines: CronLines } | Obstacle => {
  const is = cronLines(before)
  const lines = edited(args, is)
  if (lines === undefined)
    return {
      why: `Variable named '${args.insertafter ?? args.insertbefore}' not found`,
      fix: 'make it in an earlier task, or leave out insertafter and insertbefore',
    }
  // A table that does not end with a line end gets one.
  return lines === is && (before === '' || before.endsWith('\n'))
    ? { text: before, lines }
    : { text: cronText(lines), lines }
}

const readsOf = (args: Args) => {
  const path = fileOf(args)
  return {
    file: path === undefined ? undefined : file(path),
    ...(path === undefined ? {} : targetReads(path, {})),
    me: path === undefined && args.user === undefined ? whoRuns : undefined,
    tool: path === undefined ? programThere('crontab', ['cron', 'cronie', 'busybox']) : undefined,
  }
}

const ownerOf = ({ user }: Args, me: { name: string } | undefined): string => user ?? me!.name

const moreOf = (args: Args, me: { name: string } | undefined) => ({
  table: fileOf(args) === undefined ? userCrontab(ownerOf(args, me)) : undefined,
  account: fileOf(args) === undefined && args.user !== undefined ? uses(user(args.user)) : undefined,
})

type Table = {
  me?: { name: string } | undefined
  tool?: { isThere: boolean } | undefined
  account?: { exists: boolean } | undefined
}

/** Why there is no crontab for the user. */
const tableObstacle = (args: Args, { me, tool, account }: Table): Obstacle | undefined => {
  if (tool?.isThere === false) return missingProgram('crontab', 'cron')
  if (me?.name === '') return { why: 'the user that it runs as does not exist', fix: 'create it in an earlier task' }
  return account?.exists === false
    ? { why: `user ${args.user} does not exist`, fix: 'create it in an earlier task, with the module user' }
    : undefined
}

export default defineModule({
  name: 'cron',
  about:
    'A job, or a variable, of the crontab of a user or of a file in /etc/cron.d. Other lines of the table are kept.',
  args,
  outputs,
  examples: [
    '- name: Backups at night\n  cron:\n    name: backup\n    hour: 3\n    minute: 30\n    job: /usr/local/bin/backup >/dev/null',
    '- name: Whom cron writes to\n  cron:\n    name: MAILTO\n    env: true\n    job: root@example.com\n    cron_file: backup\n    user: root',
  ],
  reads: readsOf,
  more: (args, { me }) => moreOf(args, me),
  touches: args => {
    const path = fileOf(args)
    return path === undefined ? ['crontab:*', 'tree:/var/spool/cron'] : [`tree:${path}`, ...backupLabels(args, path)]
  },
  plan: (args, seen, { ok, change, fail }) => {
    const path = fileOf(args)
    const found = seen.file
    const wrong =
      obstacleIn(args) ?? (path !== undefined && found ? uneditable(path, found) : tableObstacle(args, seen))
    if (wrong) return fail(wrong.why, wrong.fix)
    const before = found ? textIn(found) : seen.table!.text
    const after = textAfter(args, before)
    if ('why' in after) return fail(after.why, after.fix)
    const { text, lines } = after
    const outputs = told(args, lines)
    if (text === before) return ok(outputs)
    const reason = args.state === 'absent' ? `${args.name} is there` : `${args.name} is not there as it should be`
    if (path === undefined || found === undefined) {
      const keeping = args.backup ? [keepCrontab(content(before))] : []
      const steps = [...keeping, installCrontab(ownerOf(args, seen.me), content(text))]
      return change({ will: { table: { text } }, steps, reason, touches: [], outputs })
    }
    if (args.state === 'absent' && !args.env && isEmptyTable(lines))
      return change({
        will: { file: { exists: false } },
        steps: [{ do: 'remove', path }],
        reason: `${args.name} is there, and nothing else`,
        touches: [],
        outputs,
      })
    const nobody = { ownerIs: undefined, groupIs: undefined, labels: undefined }
    const it = decideFile(
      path,
      () => content(text),
      { backup: args.backup },
      { file: found, parent: seen.parent!, ...nobody },
    )
    if (it.is === 'fail') return fail(it.why, it.fix)
    if (it.is === 'ok') return ok(outputs)
    return change({ will: { file: it.will }, steps: it.steps, reason, touches: backupLabels(args, path), outputs })
  },
})
