import { type Content, content, defineModule, file, pattern, T } from '../../src/module/module.ts'
import { backupLabels, backupOutput, contentArguments } from './lib/content-arguments.ts'
import { attributeArguments, rareAttributeArguments, targetReads } from './lib/file-attributes.ts'
import { decideFile } from './lib/file-content.ts'
import { editLine, type LineEdit, uneditable } from './lib/line-edits.ts'
import { type Obstacle, pathArgument, plainPath } from './lib/paths.ts'

const args = T.Object(
  {
    path: pathArgument('The file, also called `dest`, `destfile` or `name`.', {
      aliases: ['dest', 'destfile', 'name'],
    }),
    line: T.Optional(T.String({ pattern: '^[^\\n]*$', description: 'The line, without a newline.' })),
    regexp: T.Optional(
      T.String({
        description: 'The last line that matches is replaced; with state absent all that match are removed.',
      }),
    ),
    state: T.Enum(['present', 'absent'], { default: 'present', description: 'Whether the line is to be there.' }),
    insertafter: T.Optional(
      T.String({
        description: 'Where a new line goes: behind the last that matches this, or BOF, or EOF (as if not given).',
      }),
    ),
    insertbefore: T.Optional(
      T.String({ description: 'Where a new line goes: before the last that matches this, or BOF.' }),
    ),
    create: T.Boolean({ default: false, description: 'Make the file if it does not exist.' }),
    ...attributeArguments,
    ...rareAttributeArguments,
    ...contentArguments,
  },
  { additionalProperties: false },
)
type Wanted = {
  line?: string
  regexp?: string
  state: 'present' | 'absent'
  insertafter?: string
  insertbefore?: string
}

const isProblem = (one: LineEdit | Obstacle): one is Obstacle => 'why' in one

/** The arguments as an edit, or which of them is missing or contradicts another. */
const editOf = (args: Wanted): LineEdit | Obstacle => {
  if (args.state === 'present' && args.line === undefined) return { why: 'line is not given', fix: 'say which line' }
  if (args.line === undefined && args.regexp === undefined)
    return { why: 'neither line nor regexp is given', fix: 'say which lines are to go' }
  if (args.insertafter !== undefined && args.insertbefore !== undefined)
    return { why: 'both insertafter and insertbefore are given', fix: 'leave one of them out' }
  const edit: LineEdit = { state: args.state, ...(args.line === undefined ? {} : { line: args.line }) }
  for (const name of ['regexp', 'insertafter', 'insertbefore'] as const) {
    const text = args[name]
    if (text === undefined || (name === 'insertbefore' && text === 'EOF')) continue
    if (name === 'insertafter' && (text === 'EOF' || text === 'BOF')) edit.insertafter = text
    else if (name === 'insertbefore' && text === 'BOF') edit.insertbefore = text
    else {
      const made = pattern(text)
      if (typeof made === 'string') return { why: `${name} is no regular expression: ${made}`, fix: `correct ${text}` }
      edit[name] = made
    }
  }
  return edit
}

export default defineModule({
  name: 'lineinfile',
  about: 'One line of a text file is there, or is not. For more than a line use template, or copy with content.',
  args,
  outputs: T.Object({ path: T.String({ description: 'The path of the file.' }), backup: backupOutput }),
  examples: [
    "- name: No logins with a password\n  lineinfile:\n    path: /etc/ssh/sshd_config\n    regexp: '^#?PasswordAuthentication '\n    line: PasswordAuthentication no",
    "- name: No entry of the old server\n  lineinfile:\n    path: /etc/hosts\n    regexp: '\\sold-server$'\n    state: absent",
  ],
  reads: args => ({ file: file(plainPath(args.path)), ...targetReads(plainPath(args.path), args) }),
  touches: args => backupLabels(args, plainPath(args.path)),
  plan: (args, seen, { ok, change, fail }) => {
    const at = plainPath(args.path)
    const edit = editOf(args)
    if (isProblem(edit)) return fail(edit.why, edit.fix)
    if (!seen.file.exists && args.state === 'absent') return ok({ path: args.path })
    if (!seen.file.exists && !args.create)
      return fail(`${at} does not exist`, 'set create: true, or make it in an earlier task')
    const problem = uneditable(at, seen.file)
    if (problem) return fail(problem.why, problem.fix)

    const before = seen.file.exists && seen.file.kind === 'file' ? seen.file.content.bytes.toString() : ''
    const text = editLine(before, edit)
    // A pattern that does not match the line it puts in would replace another line in every run.
    if (editLine(text, edit) !== text)
      return fail(
        `regexp would replace another line in every run: it matches several, but not "${args.line}"`,
        'make regexp match the line too',
      )
    const it = decideFile(at, (): Content => content(text), { ...args, backupAs: 'backup' }, seen)
    if (it.is === 'fail') return fail(it.why, it.fix)
    if (it.is === 'ok') return ok({ path: args.path })
    return change({ will: { file: it.will }, steps: it.steps, reason: it.reason, outputs: { path: args.path } })
  },
})
