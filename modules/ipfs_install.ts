import { defineModule, T } from '../src/module/module.ts'
import { installed, installing } from './lib/installing.ts'

const args = T.Object(
  {
    version: T.String({ pattern: '^v\\d', description: "kubo's version as upstream tags it, e.g. `v0.42.0`." }),
    bin_dir: T.String({ default: '/usr/local/bin', description: 'Where the link to the program goes.' }),
  },
  { additionalProperties: false },
)

export default defineModule({
  name: 'ipfs_install',
  about: 'Installs kubo, the program `ipfs`, from the archive that the controller holds: hosts need no internet.',
  args,
  outputs: installed,
  examples: ['- name: Install kubo\n  ipfs_install:\n    version: v0.42.0'],
  ...installing(({ version, bin_dir }: { version: string; bin_dir: string }) => ({
    name: 'kubo',
    version,
    bin_dir,
    bundles: [
      {
        archive: ({ system, architecture }) => `kubo_${version}_${system}-${architecture}.tar.gz`,
        take: 'kubo/ipfs',
        programs: [{ name: 'ipfs', member: 'kubo/ipfs', at: 'ipfs', says: ['version'] }],
      },
    ],
  })),
})
