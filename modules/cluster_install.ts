import { defineModule, T } from '../src/module/module.ts'
import { installed, installing } from './lib/installing.ts'

const args = T.Object(
  {
    version: T.String({ pattern: '^v\\d', description: "ipfs-cluster's version as upstream tags it, e.g. `v1.1.6`." }),
    bin_dir: T.String({ default: '/usr/local/bin', description: 'Where the links to the programs go.' }),
  },
  { additionalProperties: false },
)

/** Upstream packs each program by itself, in a folder of its own name. */
const names = ['ipfs-cluster-service', 'ipfs-cluster-ctl']

export default defineModule({
  name: 'cluster_install',
  about: 'Installs ipfs-cluster, the daemon and the control program, from the archives that the controller holds.',
  args,
  outputs: installed,
  examples: ['- name: Install ipfs-cluster\n  cluster_install:\n    version: v1.1.6'],
  ...installing(({ version, bin_dir }: { version: string; bin_dir: string }) => ({
    name: 'ipfs-cluster',
    version,
    bin_dir,
    bundles: names.map(name => ({
      archive: ({ system, architecture }) => `${name}_${version}_${system}-${architecture}.tar.gz`,
      take: `${name}/${name}`,
      programs: [{ name, member: `${name}/${name}`, at: name, says: ['--version'] }],
    })),
  })),
})
