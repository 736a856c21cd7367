import { defineModule, type Static, T } from '../../src/module/module.ts'
import { folderArgument } from '../builtin/lib/paths.ts'
import { installModule, installOutputs } from './lib/program-install.ts'
import { ipfsArchive, ipfsLayout, ipfsOrigin, ipfsVersion, mirrorsArgument, pinsArgument } from './lib/upstream.ts'

const args = T.Object(
  {
    version: T.String({ pattern: ipfsVersion, description: "kubo's version as upstream tags it, e.g. `v0.42.0`." }),
    bin_dir: folderArgument('/usr/local/bin', 'Where the link to the program goes.'),
    mirrors: mirrorsArgument(ipfsOrigin, ipfsLayout),
    sha512: pinsArgument('SHA-512', 'kubo_v0.42.0_linux-amd64.tar.gz'),
  },
  { additionalProperties: false },
)

export default defineModule({
  name: 'ipfs_install',
  about:
    'Installs kubo, the program `ipfs`, from an archive that the controller holds or downloads: hosts need no internet.',
  args,
  outputs: installOutputs,
  examples: ['- name: Install kubo\n  ipfs_install:\n    version: v0.42.0'],
  ...installModule(({ version, bin_dir, mirrors, sha512 }: Static<typeof args>) => ({
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
