import { defineModule, file, pattern, T } from '../../src/module/module.ts'
import { backupLabels, backupOutput, contentArguments } from './lib/content-arguments.ts'
import { decideEdit } from './lib/edited-file.ts'
import { attributeArguments, rareAttributeArguments, targetReads } from './lib/file-attributes.ts'
import { type Obstacle, pathArgument, plainPath } from './lib/paths.ts'
import { replacement } from './lib/replacement.ts'
import { textSection } from './lib/text-section.ts'

const expression = (description: string) => T.Optional(T.String({ description }))

const args = T.Object(
  {
    path: pathArgument('The file, also called `dest`, `destfile` or `name`.', {
      aliases: ['dest', 'destfile', 'name'],
    }),
    regexp: T.String({ description: 'What is replaced, wherever it matches. `^` and `$` are those of every line.' }),
    replace: T.String({
      default: '',
      description:
        'What takes its place. `\\1` is the first group of the match, `\\g<name>` a named one, `\\n` a new line.',
    }),
    after: expression(
      'Only behind the first match of this, which may span lines. `^` is the beginning of the text, unless `(?m)` stands before it.',
    ),
    before: expression(
      'Only before a match of this, which may span lines: the next one behind `after`; without `after` the last one.',
    ),
    encoding: T.Enum(['utf-8', 'utf8', 'ascii', 'latin-1', 'latin1', 'iso-8859-1'], {
      default: 'utf-8',
      description: 'What the bytes of the file stand for.',
    }),
    ...attributeArguments,
    ...rareAttributeArguments,
    ...contentArguments,
  },
  { additionalProperties: false },
)

export default defineModule({
  name: 'replace',
  about: 'Replaces all that matches a regular expression in a text file. For one line, lineinfile says it better.',
  args,
  outputs: T.Object({ path: T.String({ description: 'The path of the file.' }), backup_file: backupOutput }),
  examples: [
    "- name: The new server everywhere\n  replace:\n    path: /etc/app.conf\n    regexp: '\\bold-server\\b'\n    replace: new-server",
    "- name: A longer timeout, for one host\n  replace:\n    path: /etc/app.conf\n    after: '\\[node0\\]'\n    before: '(?=\\n\\[|$)'\n    regexp: '^timeout=.*$'\n    replace: timeout=60",
  ],
  reads: args => ({ file: file(plainPath(args.path)), ...targetReads(plainPath(args.path), args) }),
  touches: args => backupLabels(args, plainPath(args.path)),
  plan: (args, seen, { ok, change, fail }) => {
    const at = plainPath(args.path)
    const wanted = pattern(args.regexp, 'gm')
    if (typeof wanted === 'string') return fail(`regexp is no regular expression: ${wanted}`, `correct ${args.regexp}`)
    const put = replacement(args.replace, wanted)
    if (typeof put === 'string') return fail(`replace cannot be put in: ${put}`, `correct ${args.replace}`)
    const bounds = { after: args.after, before: args.before }
    const edit = (text: string): string | Obstacle => {
      const found = textSection(text, bounds)
      if ('wrong' in found) return { why: found.wrong, fix: 'correct after or before' }
      const [from, to] = found.between
      return text.slice(0, from) + text.slice(from, to).replace(wanted, put) + text.slice(to)
    }
    const restless = {
      why: `it would change ${at} in every run: regexp matches what it has put there`,
      fix: 'make regexp match only what is to be replaced',
    }
    const encoding = /^(latin|iso)/.test(args.encoding) ? ('latin1' as const) : ('utf8' as const)
    const it = decideEdit(at, edit, { ...args, encoding, restless }, seen)
    if (it.is === 'fail') return fail(it.why, it.fix)
    if (it.is === 'ok') return ok({ path: args.path })
    return change({ will: { file: it.will }, steps: it.steps, reason: it.reason, outputs: { path: args.path } })
  },
})
