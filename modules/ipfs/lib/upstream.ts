import { type ArchiveWanted, T } from '../../../src/module/module.ts'

/** Where a task has archives from, and what it demands of them. */
type UpstreamSources = { mirrors: string[]; pinned: Record<string, string> }

/** An upstream: where it publishes, the path of an archive there, and the ending of the digest beside it. */
type Upstream = { base: string; path(name: string): string; published: ArchiveWanted['published'] }

export const mirrorsArgument = (base: string, layout: string) =>
  T.Array(T.String({ pattern: '^https?://[^\\s?#]+$' }), {
    default: [base],
    description: `Where archives are downloaded from when neither \`--artifacts\` nor the cache has them: addresses with upstream's layout, \`${layout}\`, tried in this order. Empty: nothing is downloaded.`,
  })

export const pinsArgument = (kind: 'SHA-512' | 'SHA-256', example: string) =>
  T.Record(T.String(), T.String({ pattern: `^[0-9a-fA-F]{${kind === 'SHA-512' ? 128 : 64}}$` }), {
    default: {},
    description: `${kind} digests in hex, by file name such as \`${example}\`. A file that is named here has to be this one, whatever is published.`,
  })

const wanted = (
  { base, path, published }: Upstream,
  name: string,
  { mirrors, pinned }: UpstreamSources,
): ArchiveWanted => ({
  name,
  urls: mirrors.map(mirror => `${mirror.replace(/\/+$/, '')}/${path(name)}`),
  upstream: `${base}/${path(name)}`,
  published,
  ...(pinned[name] === undefined ? {} : { pinned: pinned[name] }),
})

/** dist.ipfs.tech has kubo and the programs of ipfs-cluster, each version in a folder of its own. */
export const ipfsOrigin = 'https://dist.ipfs.tech'
export const ipfsLayout = 'NAME/VERSION/FILE'
export const ipfsArchive = (name: string, version: string, platform: string, sources: UpstreamSources): ArchiveWanted =>
  wanted(
    { base: ipfsOrigin, path: file => `${name}/${version}/${file}`, published: '.sha512' },
    `${name}_${version}_${platform}.tar.gz`,
    sources,
  )

/** https://go.dev/dl leads to this folder. Beside each archive lies a `.sha256`, which holds the digest alone. */
export const goOrigin = 'https://dl.google.com/go'
export const goArchive = (version: string, platform: string, sources: UpstreamSources): ArchiveWanted =>
  wanted({ base: goOrigin, path: file => file, published: '.sha256' }, `go${version}.${platform}.tar.gz`, sources)

/** A release as the makers of kubo and ipfs-cluster tag it. It becomes a part of addresses and of paths. */
export const ipfsVersion = '^v\\d+\\.\\d+\\.\\d+(-[A-Za-z0-9.]+)?$'
