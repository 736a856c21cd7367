import { defineModule, type Static, T } from '../../src/module/module.ts'
import { home } from '../builtin/lib/paths.ts'
import { installed, installing } from './lib/program-install.ts'
import { IPFS, ipfsArchive, ipfsLayout, ipfsVersion, mirrors, pins } from './lib/upstream.ts'

const args = T.Object(
  {
    version: T.String({ pattern: ipfsVersion, description: "kubo's version as upstream tags it, e.g. `v0.42.0`." }),
    bin_dir: home('/usr/local/bin', 'Where the link to the program goes.'),
    mirrors: mirrors(IPFS, ipfsLayout),
    sha512: pins('SHA-512', 'kubo_v0.42.0_linux-amd64.tar.gz'),
  },
  { additionalProperties: false },
)

export default defineModule({
  name: 'ipfs_install',
  about:
    'Installs kubo, the program `ipfs`, from an archive that the controller holds or downloads: hosts need no internet.',
  args,
  outputs: installed,
  examples: ['- name: Install kubo\n  ipfs_install:\n    version: v0.42.0'],
  ...installing(({ version, bin_dir, mirrors, sha512 }: Static<typeof args>) => ({
    name: 'kubo',
    version,
    bin_dir,
    bundles: [
      {
        archive: ({ system, architecture }) =>
          ipfsArchive('kubo', version, `${system}-${architecture}`, { mirrors, pinned: sha512 }),
        take: 'kubo/ipfs',
        programs: [{ name: 'ipfs', member: 'kubo/ipfs', at: 'ipfs', says: ['version'] }],
      },
    ],
  })),
})
