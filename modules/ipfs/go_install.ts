import { defineModule, later, program, type Static, T, uses } from '../../src/module/module.ts'
import { folderArgument } from '../builtin/lib/paths.ts'
import { installModule, installOutputs } from './lib/program-install.ts'
import { goArchive, goOrigin, mirrorsArgument, pinsArgument } from './lib/upstream.ts'
import { goVersionFor, isOlderVersion } from './lib/versions.ts'

const args = T.Object(
  {
    version: T.String({
      default: '',
      pattern: '^(\\d+(\\.\\d+)*((rc|beta)\\d+)?)?$',
      description: "Go's version, e.g. `1.26.8`. Empty: whatever Go there is, or none, stays as it is.",
    }),
    bin_dir: folderArgument('/usr/local/bin', 'Where the links to `go` and `gofmt` go.'),
    mirrors: mirrorsArgument(goOrigin, 'FILE'),
    sha256: pinsArgument('SHA-256', 'go1.26.8.linux-amd64.tar.gz'),
    builds: T.Object(
      {
        kubo: T.Optional(T.String({ pattern: '^v\\d', description: 'A version of kubo, e.g. `v0.42.0`.' })),
        'ipfs-cluster': T.Optional(T.String({ pattern: '^v\\d', description: 'A version of ipfs-cluster.' })),
      },
      {
        additionalProperties: false,
        default: {},
        description:
          'What is to be built with it from source. A Go that is too old for that is refused, in `plan` already.',
      },
    ),
  },
  { additionalProperties: false },
)

/** Go finds the rest of itself from where its link points to, so the links are all that is switched. */
const linked = (name: string) => ({ name, member: `go/bin/${name}`, at: `bin/${name}`, says: ['version'] })

const install = installModule(({ version, bin_dir, mirrors, sha256 }: Static<typeof args>) => ({
  name: 'go',
  version,
  bin_dir,
  bundles:
    version === ''
      ? []
      : [
          {
            archive: ({ system, architecture }) =>
              goArchive(version, `${system}-${architecture}`, { mirrors, pinned: sha256 }),
            take: 'go',
            // gofmt has no way to say its version; given nothing it formats nothing and ends well.
            programs: [linked('go'), { ...linked('gofmt'), says: [] }],
          },
        ],
}))

/** The version of the Go that a host has, from wherever it is usually put; empty: it has none. */
const present = program<{ version: string }>({
  key: 'go:version',
  sh: 'PATH=$PATH:/usr/local/bin:/usr/local/go/bin go version 2>/dev/null',
  looks: ['any'],
  parse: ({ stdout }) => ({ version: /go version go(\S+)/.exec(stdout.toString())?.[1] ?? '' }),
  subject: 'Go on the host',
})

export default defineModule({
  name: 'go_install',
  about: 'Installs Go from an archive that the controller holds or downloads, each version in a folder of its own.',
  args,
  outputs: installOutputs,
  examples: [
    '- name: Install Go\n  go_install:\n    version: 1.26.8',
    '- name: A Go that builds kubo is there\n  go_install:\n    builds: { kubo: v0.42.0 }',
  ],
  ...install,
  reads: args => ({
    ...install.reads(args),
    present: Object.keys(args.builds).length > 0 && args.version === '' ? uses(present) : undefined,
  }),
  plan: (args, seen, decide) => {
    const go = args.version || later(() => seen.present?.version)
    for (const [program, version] of Object.entries(args.builds)) {
      const needed = goVersionFor(program, version!)
      if (needed === undefined || typeof go !== 'string' || (go !== '' && !isOlderVersion(go, needed))) continue
      const built = `${program} ${version} is built with Go ${needed} or newer`
      const why = args.version ? `${built}, not with ${go}` : `${built}, and this host has ${go || 'none'}`
      return decide.fail(why, `set version to ${needed} or newer`)
    }
    return install.plan(args, seen, decide)
  },
})
