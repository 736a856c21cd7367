import { defineModule, file, type Static, T } from '../../src/module/module.ts'
import { backupLabels, backupOutput, contentArguments } from './lib/content-arguments.ts'
import { decideEdit } from './lib/edited-file.ts'
import { attributeArguments, rareAttributeArguments, targetReads } from './lib/file-attributes.ts'
import { editIni, type IniEdit } from './lib/ini-edit.ts'
import { type Obstacle, pathArgument, plainPath } from './lib/paths.ts'
import { type ScalarValue, scalarArgument, scalarText } from './lib/scalar-argument.ts'

const oneLine = { pattern: '^[^\\n]*$' }
const values = (description: string) => T.Optional(T.Array(scalarArgument(description), { description }))

const args = T.Object(
  {
    path: pathArgument('The file, also called `dest`.', { aliases: ['dest'] }),
    section: T.Optional(
      T.String({
        ...oneLine,
        description: 'The section, without brackets. Not given: what stands before the first one.',
      }),
    ),
    section_has_values: T.Optional(
      T.Array(
        T.Object(
          {
            option: T.String({ description: 'An option that the section has.' }),
            value: T.Optional(scalarArgument('Its value. Not given: any.')),
            values: values('In place of `value`: one of these.'),
          },
          { additionalProperties: false },
        ),
        { description: 'Of several sections with that name, the first one that has these options is meant.' },
      ),
    ),
    option: T.Optional(
      T.String({
        ...oneLine,
        description: 'The option. Not given: the section alone is there, or goes with all in it.',
      }),
    ),
    value: T.Optional(scalarArgument('Its value.')),
    values: values('In place of `value`: a line for each.'),
    state: T.Enum(['present', 'absent'], { default: 'present', description: 'Whether it is to be there.' }),
    exclusive: T.Boolean({
      default: true,
      description: 'Other lines of the option go. false: only those with a value that is given are added, or go.',
    }),
    allow_no_value: T.Boolean({ default: false, description: 'The option may stand alone, without `=`.' }),
    no_extra_spaces: T.Boolean({ default: false, description: 'No spaces around the `=` of a line that is written.' }),
    ignore_spaces: T.Boolean({ default: false, description: 'A line that differs in spaces around `=` alone stays.' }),
    modify_inactive_option: T.Boolean({
      default: true,
      description: 'A line of the option that stands in a comment (`#` or `;`) becomes the one that is wanted.',
    }),
    create: T.Boolean({ default: true, description: 'Make the file if it does not exist.' }),
    follow: T.Boolean({
      default: false,
      description: 'Without a meaning: a link is refused either way, and its fix names the file behind it.',
    }),
    ...attributeArguments,
    ...rareAttributeArguments,
    ...contentArguments,
  },
  { additionalProperties: false },
)
type Wanted = Static<typeof args>
type Said = { value?: ScalarValue; values?: ScalarValue[] }

const distinct = ({ value, values = [] }: Said): string[] => [
  ...new Set((value === undefined ? values : [value]).map(scalarText)),
]

/** What is missing or contradicts something else. */
const contradiction = (args: Wanted): Obstacle | undefined => {
  const { section, option, state, section_has_values: having = [], allow_no_value } = args
  if ([args, ...having].some((one: Said) => one.value !== undefined && one.values !== undefined))
    return { why: 'both value and values are given', fix: 'leave one of them out' }
  const hasValues = distinct(args).length > 0
  if (state === 'present' && !hasValues && !allow_no_value)
    return {
      why: 'neither value nor values is given',
      fix: 'give one, or set allow_no_value: true for an option without one, or a section alone',
    }
  if (state === 'present' && hasValues && option === undefined)
    return { why: 'a value is given, and no option', fix: 'say which option has it' }
  if (!section && option === undefined)
    return { why: 'neither section nor option is given', fix: 'say which section, or which option of none' }
  if (!section && having.length > 0)
    return { why: 'section_has_values is given, and no section', fix: 'say the name of the section' }
  return undefined
}

const editOf = (args: Wanted): IniEdit => ({
  state: args.state,
  ...(args.section ? { section: args.section } : {}),
  having: (args.section_has_values ?? []).map(one => ({ option: one.option, values: distinct(one) })),
  ...(args.option === undefined ? {} : { option: args.option }),
  values: distinct(args),
  exclusive: args.exclusive,
  isSpaced: !args.no_extra_spaces,
  ignoresSpaces: args.ignore_spaces,
  allowsNoValue: args.allow_no_value,
  modifiesInactive: args.modify_inactive_option,
})

/** What keeps the edit from coming to rest. */
const restless = (path: string, { state, option, section }: Wanted): Obstacle =>
  state === 'absent' && option === undefined
    ? {
        why: `${path} has several sections ${section}, of which one goes in every run`,
        fix: 'say with section_has_values which one is meant, in a task for each',
      }
    : {
        why: `it would change ${path} in every run: what is written is not read as what is wanted`,
        fix: 'check that section_has_values names no option that this task changes, and section, option and values for signs of a comment and for spaces at their ends',
      }

export default defineModule({
  name: 'ini_file',
  about: 'An option of a section of a file of settings (INI) has a value, or is not there; all other lines stay.',
  args,
  outputs: T.Object({ path: T.String({ description: 'The path of the file.' }), backup_file: backupOutput }),
  examples: [
    '- name: How long somebody is shut out\n  ini_file:\n    path: /etc/fail2ban/jail.local\n    section: DEFAULT\n    option: bantime\n    value: 1h\n    mode: "0644"',
    '- name: No proxy any more\n  ini_file:\n    path: /etc/app.ini\n    section: network\n    option: proxy\n    state: absent',
  ],
  reads: args => ({ file: file(plainPath(args.path)), ...targetReads(plainPath(args.path), args) }),
  touches: args => backupLabels(args, plainPath(args.path)),
  plan: (args, seen, { ok, change, fail }) => {
    const at = plainPath(args.path)
    const problem = contradiction(args)
    if (problem) return fail(problem.why, problem.fix)
    const edit = editOf(args)
    if (!seen.file.exists && args.create && editIni('', edit) === '') return ok({ path: args.path })
    const more = { ...args, restless: restless(at, args) }
    const it = decideEdit(at, text => editIni(text, edit), more, seen)
    if (it.is === 'fail') return fail(it.why, it.fix)
    if (it.is === 'ok') return ok({ path: args.path })
    return change({ will: { file: it.will }, steps: it.steps, reason: it.reason, outputs: { path: args.path } })
  },
})
