import { defineModule, file, pattern, type Static, T } from '../../src/module/module.ts'
import { type BlockPosition, editBlock } from './lib/block-edit.ts'
import { backupLabels, backupOutput, contentArguments } from './lib/content-arguments.ts'
import { decideEdit } from './lib/edited-file.ts'
import { attributeArguments, rareAttributeArguments, targetReads } from './lib/file-attributes.ts'
import { type Obstacle, pathArgument, plainPath } from './lib/paths.ts'

const args = T.Object(
  {
    path: pathArgument('The file, also called `dest`, `destfile` or `name`.', {
      aliases: ['dest', 'destfile', 'name'],
    }),
    block: T.String({
      default: '',
      aliases: ['content'],
      description: 'The lines between the markers. Empty: the block is taken out, markers and all.',
    }),
    state: T.Enum(['present', 'absent'], { default: 'present', description: 'Whether the block is to be there.' }),
    marker: T.String({
      default: '# {mark} ANSIBLE MANAGED BLOCK',
      pattern: '^[^\\n]*$',
      description:
        'The lines that tell where the block begins and ends; `{mark}` is `marker_begin` in one and `marker_end` in the other. Several blocks of one file need a marker each.',
    }),
    marker_begin: T.String({ default: 'BEGIN', pattern: '^[^\\n]*$', description: '`{mark}` of the first line.' }),
    marker_end: T.String({ default: 'END', pattern: '^[^\\n]*$', description: '`{mark}` of the last line.' }),
    insertafter: T.Optional(
      T.String({
        description:
          'Where a new block goes: behind the last line that matches this, or EOF (as if not given). With `(?m)` in front it is the first match in the whole text.',
      }),
    ),
    insertbefore: T.Optional(
      T.String({ description: 'Where a new block goes: before the last line that matches this, or BOF.' }),
    ),
    append_newline: T.Boolean({
      default: false,
      description: 'An empty line stands behind the block, but at the end of the file.',
    }),
    prepend_newline: T.Boolean({
      default: false,
      description: 'An empty line stands before the block, but at the beginning of the file.',
    }),
    create: T.Boolean({ default: false, description: 'Make the file if it does not exist.' }),
    ...attributeArguments,
    ...rareAttributeArguments,
    ...contentArguments,
  },
  { additionalProperties: false },
)
type Wanted = Static<typeof args>

const placeOf = ({ insertafter, insertbefore }: Wanted): BlockPosition | Obstacle => {
  if (insertafter !== undefined && insertbefore !== undefined)
    return { why: 'both insertafter and insertbefore are given', fix: 'leave one of them out' }
  if (insertbefore === 'BOF') return { at: 'beginning' }
  const text = insertafter === 'EOF' ? undefined : (insertafter ?? insertbefore)
  if (text === undefined) return { at: 'end' }
  const side = insertafter === undefined ? 'before' : 'after'
  const of = pattern(text)
  return typeof of === 'string'
    ? { why: `insert${side} is no regular expression: ${of}`, fix: `correct ${text}` }
    : { side, of, spansLines: /^\(\?[is]*m/.test(text) }
}

export default defineModule({
  name: 'blockinfile',
  about: 'A block of lines between two marker lines is in a text file, or is not.',
  args,
  outputs: T.Object({
    path: T.String({ description: 'The path of the file.' }),
    backup_file: backupOutput,
  }),
  examples: [
    '- name: Names of our machines\n  blockinfile:\n    path: /etc/hosts\n    block: |\n      192.0.2.10 node0\n      192.0.2.11 node1',
    '- name: Who may log in\n  blockinfile:\n    path: /etc/ssh/sshd_config\n    marker: "# {mark} operators"\n    insertbefore: ^Match\n    block: AllowGroups operators\n    validate: sshd -t -f %s',
  ],
  reads: args => ({ file: file(plainPath(args.path)), ...targetReads(plainPath(args.path), args) }),
  touches: args => backupLabels(args, plainPath(args.path)),
  plan: (args, seen, { ok, change, fail }) => {
    const at = plainPath(args.path)
    const place = placeOf(args)
    if ('why' in place) return fail(place.why, place.fix)
    if (!seen.file.exists && args.state === 'absent') return ok({ path: args.path })
    const isPresent = args.state === 'present'
    const marker = (word: string): string => args.marker.replaceAll('{mark}', () => word)
    const block = isPresent ? args.block : ''
    const edit = (text: string): string =>
      editBlock(text, {
        markers: [marker(args.marker_begin), marker(args.marker_end)],
        block,
        place,
        blankBefore: isPresent && args.prepend_newline,
        blankAfter: isPresent && args.append_newline,
      })
    const restless = {
      why: `it would change ${at} in every run: the block's two marker lines are not told apart, or the block holds one`,
      fix: 'put {mark} into marker, give marker_begin and marker_end different words, and take a marker that is not in the block',
    }
    const it = decideEdit(at, edit, { ...args, restless }, seen)
    if (it.is === 'fail') return fail(it.why, it.fix)
    if (it.is === 'ok') return ok({ path: args.path })
    return change({
      will: { file: it.will },
      steps: it.steps,
      reason: it.reason,
      outputs: { path: args.path },
    })
  },
})
