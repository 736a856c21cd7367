import { defineModule, file, type Static, T } from '../../src/module/module.ts'
import { backupLabels, contentArguments } from './lib/content-arguments.ts'
import { decideEdit, editableText } from './lib/edited-file.ts'
import { targetReads } from './lib/file-attributes.ts'
import { editPam, type PamEdit, pamArguments, pamTypes } from './lib/pam-edit.ts'
import { type Obstacle, pathArgument, plainPath } from './lib/paths.ts'

const text = (description: string) => T.String({ pattern: '^[^\\n]*$', description })

const args = T.Object(
  {
    name: T.String({ pattern: '^[^/]+$', description: 'The service, by the name of its file, e.g. sshd.' }),
    type: T.Enum(pamTypes, { description: 'With control and module_path: what tells which rules are meant.' }),
    control: text('What they say of success and failure, e.g. required, or "[success=1 default=ignore]".'),
    module_path: text('Their module, e.g. pam_unix.so.'),
    state: T.Enum(['updated', 'before', 'after', 'args_present', 'args_absent', 'absent'], {
      default: 'updated',
      description:
        'updated: the rules get what is new. before, after: another rule stands there. args_present, args_absent: they have these arguments, or have not. absent: they go. Where no rule is meant nothing is done.',
    }),
    new_type: T.Optional(T.Enum(pamTypes, { description: 'The type of the rule that is new, or changed.' })),
    new_control: T.Optional(text('Its control.')),
    new_module_path: T.Optional(text('Its module.')),
    module_arguments: T.Optional(
      T.Unsafe<string | string[]>({
        type: ['string', 'array'],
        items: { type: 'string' },
        description: 'Arguments of its module, in one text or as a list; a text is parted at commas and spaces.',
      }),
    ),
    path: pathArgument('The folder with the files.', { default: '/etc/pam.d' }),
    backup: contentArguments.backup,
  },
  { additionalProperties: false },
)
type Wanted = Static<typeof args>

const argumentsOf = ({ module_arguments: said }: Wanted): string[] | undefined =>
  said === undefined ? undefined : (typeof said === 'string' ? said.split(',') : said).flatMap(pamArguments)

/** What is to be done, or what is missing for it. */
const editOf = (wanted: Wanted): PamEdit | Obstacle => {
  const { state, type, control, module_path: module, new_type, new_control, new_module_path } = wanted
  const known = { type, control, module }
  const args = argumentsOf(wanted)
  switch (state) {
    case 'absent':
      return { known, state }
    case 'before':
    case 'after':
      if (new_type === undefined || new_control === undefined || new_module_path === undefined)
        return {
          why: `${state} needs new_type, new_control and new_module_path`,
          fix: 'say what the rule is that is to stand there',
        }
      return {
        known,
        state,
        rule: { type: new_type, control: new_control, module: new_module_path, args: args ?? [] },
      }
    case 'args_present':
    case 'args_absent':
      if (args === undefined) return { why: `${state} needs module_arguments`, fix: 'say which' }
      if (state === 'args_present' && args.some(arg => arg.startsWith('[')))
        return { why: 'an argument in brackets cannot be put among others', fix: 'set all of them: state: updated' }
      return { known, state, args }
    default:
      return {
        known,
        state: 'updated',
        ...(new_type ? { type: new_type } : {}),
        ...(new_control ? { control: new_control } : {}),
        ...(new_module_path ? { module: new_module_path } : {}),
        ...(args === undefined ? {} : { args }),
      }
  }
}

export default defineModule({
  name: 'pamd',
  about: 'Rules of a service in the files of PAM: who may log in, and how that is found out. All other lines stay.',
  args,
  outputs: T.Object({
    path: T.String({ description: 'The path of the file.' }),
    backupdest: T.Optional(T.String({ description: 'With backup: where what was there is kept.' })),
  }),
  examples: [
    '- name: No message of the day\n  pamd:\n    name: sshd\n    type: session\n    control: optional\n    module_path: pam_motd.so\n    state: absent',
    '- name: Only those in wheel become another user\n  pamd:\n    name: su\n    type: auth\n    control: sufficient\n    module_path: pam_rootok.so\n    new_type: auth\n    new_control: required\n    new_module_path: pam_wheel.so\n    module_arguments: use_uid\n    state: after',
  ],
  reads: args => {
    const path = plainPath(`${args.path}/${args.name}`)
    return { file: file(path), ...targetReads(path, {}) }
  },
  touches: args => backupLabels(args, plainPath(`${args.path}/${args.name}`)),
  plan: (args, seen, { ok, change, fail }) => {
    const path = plainPath(`${args.path}/${args.name}`)
    const edit = editOf(args)
    if ('why' in edit) return fail(edit.why, edit.fix)
    const made = (text: string): string | Obstacle => {
      const after = editPam(text, edit)
      return typeof after === 'string'
        ? after
        : { why: `a line of ${path} would be no rule: ${after.wrong.trim()}`, fix: 'correct it, or what is to be new' }
    }
    // A text whose last line has no end counts as it is.
    const stays = (text: string): boolean => made(text) === `${text}\n` || made(text) === text
    if (seen.file.exists && stays(editableText(seen.file))) return ok({ path })
    const restless = {
      why: `it would change ${path} in every run`,
      fix: 'make the new rule another one than what is meant',
    }
    const { backup } = args
    const put = { restless, backupAs: 'backupdest', ...(backup === undefined ? {} : { backup }) }
    const it = decideEdit(path, made, put, seen)
    if (it.is === 'fail') return fail(it.why, it.fix)
    if (it.is === 'ok') return ok({ path })
    return change({ will: { file: it.will }, steps: it.steps, reason: it.reason, outputs: { path } })
  },
})
