import {
  type Content,
  content,
  defineModule,
  file,
  later,
  T,
  type TemplateAnswer,
  template,
} from '../../src/module/module.ts'
import { backupLabels, backupOutput, contentArguments } from './lib/content-arguments.ts'
import { attributeArguments, rareAttributeArguments, targetReads } from './lib/file-attributes.ts'
import { decideFile } from './lib/file-content.ts'
import { landingOf, landingReads } from './lib/landing.ts'
import { checksumOf, checksumOutput, outputsOf, pathOutputs } from './lib/path-outputs.ts'
import { baseName, pathArgument, plainPath } from './lib/paths.ts'

const args = T.Object(
  {
    src: T.String({
      template: true,
      description:
        'A template of the controller, looked for in `templates/` beside the playbook, then beside it. It is Jinja, as Ansible renders it; one whose name ends in .hbs is Handlebars.',
    }),
    dest: pathArgument(
      'Where the file goes. With `/` at its end: the folder it goes into, under the name of `src` without .hbs.',
      { whole: true },
    ),
    follow: T.Optional(
      T.Boolean({ description: 'A link at `dest` stays, and what it leads to is written. Else it is replaced.' }),
    ),
    newline_sequence: T.Optional(
      T.Enum(['\n', '\r', '\r\n', '\\n', '\\r', '\\r\\n'], { description: 'What ends the lines. Default: \\n.' }),
    ),
    output_encoding: T.Optional(
      T.Enum(['utf-8', 'utf8', 'UTF-8', 'latin-1', 'iso-8859-1', 'ascii'], {
        description: 'How the text is written as bytes. Default: utf-8.',
      }),
    ),
    force: T.Optional(T.Boolean({ description: 'false: what is there is left as it is.' })),
    ...attributeArguments,
    ...rareAttributeArguments,
    ...contentArguments,
  },
  { additionalProperties: false },
)

const target = ({ src, dest }: { src: string; dest: string }): string =>
  plainPath(dest.endsWith('/') ? `${dest}/${baseName(src).replace(/\.hbs$/, '')}` : dest)

type Written = { newline_sequence?: string; output_encoding?: string }
const textIn = (found: TemplateAnswer): string => (found.exists ? found.text : '')
const isNarrow = ({ output_encoding: encoding = 'utf-8' }: Written): boolean => !/^utf-?8$/i.test(encoding)

/** The first letter that the encoding has not. */
const unwritable = (args: Written, text: string): string | undefined => {
  if (!isNarrow(args)) return undefined
  const last = args.output_encoding === 'ascii' ? 0x7f : 0xff
  return [...text].find(letter => letter.codePointAt(0)! > last)
}

/** The text as it is written. A template that says itself how its lines end is not the one that this speaks of. */
const encoded = (args: Written, text: string): string | Buffer => {
  const { newline_sequence: end = '\n' } = args
  const ended = text.replaceAll('\n', end.replace('\\r', '\r').replace('\\n', '\n'))
  return isNarrow(args) ? Buffer.from(ended, 'latin1') : ended
}

const landing = (args: { src: string; dest: string; follow?: boolean }) => ({
  dest: target(args),
  name: baseName(args.src).replace(/\.hbs$/, ''),
  follow: args.follow,
})

export default defineModule({
  name: 'template',
  about: "Renders a Jinja template with the host's variables and puts the text in place on the host.",
  args,
  outputs: T.Object({
    dest: T.String({ description: 'The path of the file.' }),
    backup_file: backupOutput,
    ...pathOutputs,
    ...checksumOutput,
  }),
  examples: [
    '- name: Configure the web server\n  template:\n    src: site.conf.j2\n    dest: /etc/nginx/conf.d/site.conf\n    mode: "0644"',
  ],
  reads: args => ({
    template: template(args.src),
    file: file(target(args)),
    ...targetReads(target(args), args),
  }),
  more: (args, { file }) => landingReads(landing(args), file),
  touches: args => (args.follow ? ['tree:/'] : [`tree:${target(args)}`, ...backupLabels(args, target(args))]),
  plan: (args, seen, { ok, change, fail }) => {
    const at = landingOf(landing(args), seen)
    const dest = at.path
    const missing = later(() => (seen.template.exists ? undefined : seen.template.missing))
    if (typeof missing === 'string') return fail(missing)
    if (args.force === false && at.file.exists) return ok({ dest, ...outputsOf(at.file) })
    const beyond = later(() => unwritable(args, textIn(seen.template)))
    if (typeof beyond === 'string')
      return fail(
        `${JSON.stringify(beyond)} is no letter of ${args.output_encoding}`,
        'choose utf-8 for output_encoding',
      )
    const rendered = (): Content => content(encoded(args, textIn(seen.template)))
    const { ownerIs, groupIs, labels } = seen
    const seenThere = { ownerIs, groupIs, labels, file: at.file, parent: at.parent }
    const it = decideFile(dest, rendered, args, seenThere)
    if (it.is === 'fail') return fail(it.why, it.fix)
    if (it.is === 'ok') return ok({ dest, ...outputsOf(at.file), ...checksumOf(rendered) })
    const { steps, reason } = it
    return change({ will: { [at.as]: it.will }, steps, reason, touches: backupLabels(args, dest), outputs: { dest } })
  },
})
