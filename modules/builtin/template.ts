import { type Content, content, defineModule, file, later, T, template } from '../../src/module/module.ts'
import { backupLabels, backupOutput, contentArguments } from './lib/content-arguments.ts'
import { attributeArguments, rareAttributeArguments, targetReads } from './lib/file-attributes.ts'
import { decideFile } from './lib/file-content.ts'
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
    force: T.Optional(T.Boolean({ description: 'false: what is there is left as it is.' })),
    ...attributeArguments,
    ...rareAttributeArguments,
    ...contentArguments,
  },
  { additionalProperties: false },
)

const target = ({ src, dest }: { src: string; dest: string }): string =>
  plainPath(dest.endsWith('/') ? `${dest}/${baseName(src).replace(/\.hbs$/, '')}` : dest)

export default defineModule({
  name: 'template',
  about: "Renders a Jinja template with the host's variables and puts the text in place on the host.",
  args,
  outputs: T.Object({ dest: T.String({ description: 'The path of the file.' }), backup_file: backupOutput }),
  examples: [
    '- name: Configure the web server\n  template:\n    src: site.conf.j2\n    dest: /etc/nginx/conf.d/site.conf\n    mode: "0644"',
  ],
  reads: args => ({
    template: template(args.src),
    file: file(target(args)),
    ...targetReads(target(args), args),
  }),
  touches: args => backupLabels(args, target(args)),
  plan: (args, seen, { ok, change, fail }) => {
    const dest = target(args)
    const rendered = (): Content => content(seen.template.exists ? seen.template.text : '')
    const missing = later(() => (seen.template.exists ? undefined : seen.template.missing))
    if (typeof missing === 'string') return fail(missing)
    if (args.force === false && seen.file.exists) return ok({ dest })
    const it = decideFile(dest, rendered, args, seen)
    if (it.is === 'fail') return fail(it.why, it.fix)
    if (it.is === 'ok') return ok({ dest })
    return change({ will: { file: it.will }, steps: it.steps, reason: it.reason, outputs: { dest } })
  },
})
