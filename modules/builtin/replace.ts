import { content, defineModule, file, pattern, T } from '../../src/module/module.ts'
import { backupLabels, backupOutput, contentArguments } from './lib/content-arguments.ts'
import { attributeArguments, rareAttributeArguments, targetReads } from './lib/file-attributes.ts'
import { decideFile } from './lib/file-content.ts'
import { uneditable } from './lib/line-edits.ts'
import { pathArgument, plainPath } from './lib/paths.ts'
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
    after: expression('Only behind the first match of this, which may span lines.'),
    before: expression('Only before the first match of this, which may span lines.'),
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
    "- name: A longer timeout, for one host\n  replace:\n    path: /etc/app.conf\n    after: '^\\[node0\\]$'\n    before: '^\\['\n    regexp: '^timeout=.*$'\n    replace: timeout=60",
  ],
  reads: args => ({ file: file(plainPath(args.path)), ...targetReads(plainPath(args.path), args) }),
  touches: args => backupLabels(args, plainPath(args.path)),
  plan: (args, seen, { ok, change, fail }) => {
    const at = plainPath(args.path)
    if (!seen.file.exists) return fail(`${at} does not exist`, 'make it in an earlier task, with copy or template')
    const problem = uneditable(at, seen.file)
    if (problem) return fail(problem.why, problem.fix)
    const wanted = pattern(args.regexp, 'gm')
    if (typeof wanted === 'string') return fail(`regexp is no regular expression: ${wanted}`, `correct ${args.regexp}`)
    const put = replacement(args.replace, wanted)
    if (typeof put === 'string') return fail(`replace cannot be put in: ${put}`, `correct ${args.replace}`)
    const bounds = { after: args.after, before: args.before }
    const edited = (text: string): string | { wrong: string } => {
      const found = textSection(text, bounds)
      if ('wrong' in found) return found
      const [from, to] = found.between
      return text.slice(0, from) + text.slice(from, to).replace(wanted, put) + text.slice(to)
    }
    const text = seen.file.kind === 'file' ? seen.file.content.bytes.toString() : ''
    const after = edited(text)
    if (typeof after !== 'string') return fail(after.wrong, 'correct after or before')
    if (edited(after) !== after)
      return fail(
        `it would change ${at} in every run: regexp matches what it has put there`,
        'make regexp match only what is to be replaced',
      )
    const it = decideFile(at, () => content(after), args, seen)
    if (it.is === 'fail') return fail(it.why, it.fix)
    if (it.is === 'ok') return ok({ path: args.path })
    return change({ will: { file: it.will }, steps: it.steps, reason: it.reason, outputs: { path: args.path } })
  },
})
