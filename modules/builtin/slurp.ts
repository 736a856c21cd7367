import { defineModule, type FileAnswer, file, program, quote, T, uses } from '../../src/module/module.ts'
import { pathArgument, plainPath } from './lib/paths.ts'

const args = T.Object(
  { src: pathArgument('The file of the host. A link is followed.', { aliases: ['path'] }) },
  { additionalProperties: false },
)

/** The bytes of a file in base64: of one with more than come along with what is looked at, or behind a link. */
const encoded = (path: string) =>
  uses(
    program({
      key: `base64:${path}`,
      sh: `base64 <${quote(path)}`,
      looks: [`path:${path}`],
      parse: ({ status, stdout, stderr }) => ({
        text: stdout.toString().replaceAll('\n', ''),
        ...(status === 0 ? {} : { fault: stderr.toString().trim() }),
      }),
      subject: path,
    }),
  )

/** Files that the kernel makes at each look: only reading them tells what is in them. */
const isOfKernel = (path: string): boolean => /^\/(proc|sys)\//.test(path)

/** Its bytes as far as they are at hand. */
const bytesOf = (found: FileAnswer): Buffer | undefined => {
  if (!found.exists || found.kind !== 'file') return undefined
  const { bytes, size } = found.content
  return bytes.length === size ? bytes : undefined
}

export default defineModule({
  name: 'slurp',
  about: 'Reads a file of the host, for later tasks: its bytes in base64. Changes nothing.',
  args,
  outputs: T.Object({
    content: T.String({ description: 'The bytes in base64: `{{ x.content | b64decode }}` is their text.' }),
    source: T.String({ description: 'The path.' }),
    encoding: T.String({ description: 'base64.' }),
  }),
  examples: [
    '- name: Which key it has\n  slurp:\n    src: /etc/ssh/ssh_host_ed25519_key.pub\n  register: key\n\n- debug:\n    msg: "{{ key.content | b64decode }}"',
  ],
  reads: args => ({ file: isOfKernel(args.src) ? undefined : uses(file(plainPath(args.src))) }),
  more: (args, { file: found }) => {
    const isElsewhere = found === undefined || (found.exists && found.kind === 'link')
    const isLarge = found?.exists === true && found.kind === 'file' && bytesOf(found) === undefined
    return { other: isElsewhere || isLarge ? encoded(plainPath(args.src)) : undefined }
  },
  touches: () => [],
  plan: ({ src }, { file: found, other }, { ok, fail }) => {
    const said = (content: string) => ok({ content, source: src, encoding: 'base64' })
    if (other) return other.fault === undefined ? said(other.text) : fail(other.fault)
    if (!found?.exists) return fail(`File not found: ${src}`, 'make it in an earlier task, or ask stat first')
    if (found.kind === 'directory') return fail(`Source is a directory and must be a file: ${src}`, 'name a file in it')
    const bytes = bytesOf(found)
    return bytes ? said(bytes.toString('base64')) : fail(`${src} is a special file`, 'name a plain file')
  },
})
