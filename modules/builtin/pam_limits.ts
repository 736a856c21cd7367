import { defineModule, file, type Static, T } from '../../src/module/module.ts'
import { backupLabels, backupOutput, contentArguments } from './lib/content-arguments.ts'
import { decideEdit } from './lib/edited-file.ts'
import { targetReads } from './lib/file-attributes.ts'
import { editLimit, isLimit } from './lib/limit-edit.ts'
import { type Obstacle, pathArgument, plainPath } from './lib/paths.ts'
import { scalarArgument, scalarText } from './lib/scalar-argument.ts'

const items = [
  'as',
  'chroot',
  'core',
  'cpu',
  'data',
  'fsize',
  'locks',
  'maxlogins',
  'maxsyslogins',
  'memlock',
  'msgqueue',
  'nice',
  'nofile',
  'nproc',
  'priority',
  'rss',
  'rtprio',
  'sigpending',
  'stack',
]

const args = T.Object(
  {
    domain: T.String({
      pattern: '^[^\\s#]+$',
      description: 'Whom it is for: a user, @GROUP, a range of numbers, or * for all.',
    }),
    limit_type: T.Enum(['hard', 'soft', '-'], {
      description: 'hard: nobody gets beyond it. soft: as a session begins. -: both.',
    }),
    limit_item: T.Enum(items, { description: 'What is limited; see limits.conf(5).' }),
    value: scalarArgument(
      'The limit: a number, or unlimited, infinity or -1 for none. Of nice and priority a number from -20 to 19.',
    ),
    use_max: T.Boolean({ default: false, description: 'A higher limit that is there stays.' }),
    use_min: T.Boolean({ default: false, description: 'A lower limit that is there stays.' }),
    comment: T.String({
      default: '',
      pattern: '^[^\\n]*$',
      description: 'What stands behind a line that is written, after `#`. Empty: what stands there stays.',
    }),
    dest: pathArgument('The file.', { default: '/etc/security/limits.conf' }),
    backup: contentArguments.backup,
  },
  { additionalProperties: false },
)
type Wanted = Static<typeof args>

const unfit = ({ limit_item, use_max, use_min }: Wanted, value: string): Obstacle | undefined => {
  if (use_max && use_min) return { why: 'both use_max and use_min are set', fix: 'leave one of them out' }
  if (isLimit(limit_item, value)) return undefined
  return limit_item === 'nice' || limit_item === 'priority'
    ? { why: `${value} is no ${limit_item}`, fix: 'give a number from -20 to 19' }
    : { why: `${value} is no limit`, fix: 'give a number that is not below 0, or unlimited, infinity or -1' }
}

export default defineModule({
  name: 'pam_limits',
  about: 'A limit of what the sessions of a user may take, in the file that PAM reads.',
  args,
  outputs: T.Object({ path: T.String({ description: 'The path of the file.' }), backup_file: backupOutput }),
  examples: [
    "- name: Many open files\n  pam_limits:\n    domain: '*'\n    limit_type: '-'\n    limit_item: nofile\n    value: 65536",
    '- name: No dumps of what people run\n  pam_limits:\n    domain: "@users"\n    limit_type: hard\n    limit_item: core\n    value: 0\n    dest: /etc/security/limits.d/10-core.conf',
  ],
  reads: args => ({ file: file(plainPath(args.dest)), ...targetReads(plainPath(args.dest), {}) }),
  touches: args => backupLabels(args, plainPath(args.dest)),
  plan: (args, seen, { ok, change, fail }) => {
    const at = plainPath(args.dest)
    const value = scalarText(args.value)
    const problem = unfit(args, value)
    if (problem) return fail(problem.why, problem.fix)
    const edit = (text: string): string | Obstacle => {
      const made = editLimit(text, { ...args, value })
      if (typeof made === 'string') return made
      return { why: `${at} has a limit that is none: ${made.wrong}`, fix: 'correct that line' }
    }
    const restless = {
      why: `it would change ${at} in every run: comments are handed from line to line`,
      fix: 'give a comment',
    }
    const { backup } = args
    const put = { create: true, restless, ...(backup === undefined ? {} : { backup }) }
    const it = decideEdit(at, edit, put, seen)
    if (it.is === 'fail') return fail(it.why, it.fix)
    if (it.is === 'ok') return ok({ path: args.dest })
    return change({ will: { file: it.will }, steps: it.steps, reason: it.reason, outputs: { path: args.dest } })
  },
})
