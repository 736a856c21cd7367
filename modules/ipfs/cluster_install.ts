import { defineModule, type Static, T } from '../../src/module/module.ts'
import { folderArgument } from '../builtin/lib/paths.ts'
import { installModule, installOutputs } from './lib/program-install.ts'
import { ipfsArchive, ipfsLayout, ipfsOrigin, ipfsVersion, mirrorsArgument, pinsArgument } from './lib/upstream.ts'

const args = T.Object(
  {
    version: T.String({
      pattern: ipfsVersion,
      description: "ipfs-cluster's version as upstream tags it, e.g. `v1.1.6`.",
    }),
    bin_dir: folderArgument('/usr/local/bin', 'Where the links to the programs go.'),
    mirrors: mirrorsArgument(ipfsOrigin, ipfsLayout),
    sha512: pinsArgument('SHA-512', 'ipfs-cluster-ctl_v1.1.6_linux-amd64.tar.gz'),
  },
  { additionalProperties: false },
)

/** Upstream packs each program by itself, in a folder of its own name. */
const names = ['ipfs-cluster-service', 'ipfs-cluster-ctl']

export default defineModule({
  name: 'cluster_install',
  about:
    'Installs ipfs-cluster, the daemon and the control program, from archives that the controller holds or downloads.',
  args,
  outputs: installOutputs,
  examples: ['- name: Install ipfs-cluster\n  cluster_install:\n    version: v1.1.6'],
  ...installModule(({ version, bin_dir, mirrors, sha512 }: Static<typeof args>) => ({
    name: 'ipfs-cluster',
    version,
    bin_dir,
    bundles: names.map(name => ({
      archive: ({ system, architecture }) =>
        ipfsArchive(name, version, `${system}-${architecture}`, { mirrors, pinned: sha512 }),
      take: `${name}/${name}`,
      programs: [{ name, member: `${name}/${name}`, at: name, says: ['--version'] }],
    })),
  })),
})
