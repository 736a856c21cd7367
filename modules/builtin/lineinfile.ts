import { defineModule, file, pattern, type Static, T } from '../../src/module/module.ts'
import { backupLabels, backupOutput, contentArguments } from './lib/content-arguments.ts'
import { decideEdit } from './lib/edited-file.ts'
import { attributeArguments, rareAttributeArguments, targetReads } from './lib/file-attributes.ts'
import { editLine, type LineEdit } from './lib/line-edits.ts'
import { type Obstacle, pathArgument, plainPath } from './lib/paths.ts'
import { replacement } from './lib/replacement.ts'

const args = T.Object(
  {
    path: pathArgument('The file, also called `dest`, `destfile` or `name`.', {
      aliases: ['dest', 'destfile', 'name'],
    }),
    line: T.Optional(
      T.String({ pattern: '^[^\\n]*$', aliases: ['value'], description: 'The line, without a newline.' }),
    ),
    regexp: T.Optional(
      T.String({
        aliases: ['regex'],
        description: 'The last line that matches is replaced; with state absent all that match are removed.',
      }),
    ),
    search_string: T.Optional(
      T.String({ description: 'In place of `regexp`: a line that holds this text, as it stands, is meant.' }),
    ),
    state: T.Enum(['present', 'absent'], { default: 'present', description: 'Whether the line is to be there.' }),
    backrefs: T.Boolean({
      default: false,
      description:
        'In `line`, `\\1` and `\\g<name>` are groups of what `regexp` has matched. Where it matches nowhere nothing is added.',
    }),
    firstmatch: T.Boolean({
      default: false,
      description:
        'The first line that matches `regexp`, `search_string`, `insertafter` or `insertbefore` is meant, not the last one.',
    }),
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
type Wanted = Static<typeof args>
type Part = { [K in keyof LineEdit]?: LineEdit[K] }

const isProblem = (one: object): one is Obstacle => 'why' in one

const expression = (name: string, text: string): RegExp | Obstacle => {
  const made = pattern(text)
  return typeof made === 'string' ? { why: `${name} is no regular expression: ${made}`, fix: `correct ${text}` } : made
}

/** Which argument is missing or contradicts another. */
const contradiction = ({ state, line, regexp, search_string, backrefs, ...args }: Wanted): Obstacle | undefined => {
  if (state === 'present' && line === undefined) return { why: 'line is not given', fix: 'say which line' }
  if (line === undefined && regexp === undefined && search_string === undefined)
    return { why: 'none of line, regexp and search_string is given', fix: 'say which lines are to go' }
  if (args.insertafter !== undefined && args.insertbefore !== undefined)
    return { why: 'both insertafter and insertbefore are given', fix: 'leave one of them out' }
  if (regexp !== undefined && search_string !== undefined)
    return { why: 'both regexp and search_string are given', fix: 'leave one of them out' }
  if (backrefs && regexp === undefined)
    return { why: 'backrefs is set, and there is no regexp whose groups could be meant', fix: 'give regexp' }
  return undefined
}

/** Which lines are meant, and what becomes of them. */
const meantBy = ({ regexp, search_string, backrefs, line, state }: Wanted): Part | Obstacle => {
  if (regexp === undefined) return search_string === undefined ? {} : { meant: search_string }
  const meant = expression('regexp', regexp)
  if (isProblem(meant)) return meant
  if (!backrefs || state === 'absent') return { meant }
  const expanded = replacement(line!, meant)
  return typeof expanded === 'string'
    ? { why: `line cannot be made: ${expanded}`, fix: `correct ${line}` }
    : { meant, expanded }
}

/** Where a new line goes. */
const placeOf = ({ insertafter, insertbefore }: Wanted): Part | Obstacle => {
  if (insertafter === 'EOF' || insertafter === 'BOF') return { insertafter }
  if (insertbefore === 'BOF') return { insertbefore }
  const name = insertafter === undefined ? 'insertbefore' : 'insertafter'
  const text = insertafter ?? insertbefore
  // No word of Ansible's for insertbefore: an expression, which hardly any line matches.
  if (text === undefined || text === 'EOF') return {}
  const made = expression(name, text)
  return isProblem(made) ? made : { [name]: made }
}

/** The arguments as an edit, or what is wrong with them. */
const editOf = (args: Wanted): LineEdit | Obstacle => {
  const problem = contradiction(args)
  if (problem) return problem
  const meant = meantBy(args)
  if (isProblem(meant)) return meant
  const place = placeOf(args)
  if (isProblem(place)) return place
  const { state, line, firstmatch } = args
  return { state, ...(line === undefined ? {} : { line }), first: firstmatch, ...meant, ...place }
}

/** What keeps the edit from coming to rest. */
const restless = ({ line, backrefs, search_string }: Wanted): Obstacle => {
  const name = search_string === undefined ? 'regexp' : 'search_string'
  return backrefs
    ? {
        why: 'it would change the line in every run: regexp matches what has been made of it',
        fix: 'make regexp match only what is to be replaced',
      }
    : {
        why: `${name} would replace another line in every run: it matches several, but not "${line}"`,
        fix: `make ${name} match the line too`,
      }
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
    if (!seen.file.exists && (args.state === 'absent' || (args.backrefs && args.create))) return ok({ path: args.path })
    const more = { restless: restless(args), backupAs: 'backup' }
    const it = decideEdit(at, text => editLine(text, edit), { ...args, ...more }, seen)
    if (it.is === 'fail') return fail(it.why, it.fix)
    if (it.is === 'ok') return ok({ path: args.path })
    return change({ will: { file: it.will }, steps: it.steps, reason: it.reason, outputs: { path: args.path } })
  },
})
