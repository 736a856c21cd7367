import { defineModule, T } from '../src/module/module.ts'
import { installed, installing } from './lib/installing.ts'

const args = T.Object(
  {
    version: T.String({
      default: '',
      pattern: '^(\\d[\\w.]*)?$',
      description: "Go's version, e.g. `1.26.8`. Empty: whatever Go there is, or none, stays as it is.",
    }),
    bin_dir: T.String({ default: '/usr/local/bin', description: 'Where the links to `go` and `gofmt` go.' }),
  },
  { additionalProperties: false },
)

/** Go finds the rest of itself from where its link points to, so the links are all that is switched. */
const program = (name: string) => ({ name, member: `go/bin/${name}`, at: `bin/${name}`, says: ['version'] })

export default defineModule({
  name: 'go_install',
  about: 'Installs Go from the archive that the controller holds, each version in a folder of its own.',
  args,
  outputs: installed,
  examples: ['- name: Install Go\n  go_install:\n    version: 1.26.8'],
  ...installing(({ version, bin_dir }: { version: string; bin_dir: string }) => ({
    name: 'go',
    version,
    bin_dir,
    bundles:
      version === ''
        ? []
        : [
            {
              archive: ({ system, architecture }) => `go${version}.${system}-${architecture}.tar.gz`,
              take: 'go',
              // gofmt has no way to say its version; given nothing it formats nothing and ends well.
              programs: [program('go'), { ...program('gofmt'), says: [] }],
            },
          ],
  })),
})
