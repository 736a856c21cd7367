import { mkdir } from 'node:fs/promises'
import type { Emit } from '../core/event.ts'
import { Refusal, refuse } from '../core/failure.ts'
import { withoutCredentials } from './address.ts'
import type { WantedArchive } from './archive.ts'
import { findByDigest, rememberAddress } from './cache-lookup.ts'
import { type Download, downloadFile, downloadShortText, type KnownSize, type Patience, WrongSize } from './download.ts'
import { type CacheEntry, fileStateOf } from './entry.ts'
import { type ExpectedDigest, publishedDigest } from './expected-digest.ts'
import { createHttpClient, DownloadError } from './http.ts'
import { importArchive } from './import.ts'
import { openPartialDownload } from './partial-download.ts'

/** What a download needs to know besides what is wanted. */
export type Network = { patience: Patience; signal: AbortSignal; emit: Emit }

/** One archive on its way into the cache. */
type ArchiveDownload = { cache: string; wanted: WantedArchive; download: Download }

/** The digest that is published beside the archive. */
const askDigest = async ({ wanted, download }: ArchiveDownload, url: string): Promise<ExpectedDigest> => {
  const address = `${url}${wanted.published}`
  const text = await downloadShortText(download, address).catch(error => {
    throw error instanceof DownloadError ? new DownloadError(`${error.message} (its ${wanted.published})`) : error
  })
  const expected = publishedDigest(text, wanted.name, withoutCredentials(address))
  if (!expected) throw new DownloadError(`its ${wanted.published} says no digest of it`)
  return expected
}

/** What the lock says of its size. */
const sizeIn = (expected: ExpectedDigest[]): KnownSize | undefined =>
  expected.flatMap(({ size, by }) => (size === undefined ? [] : [{ size, by }]))[0]

/**
 * Downloads an archive and imports it. When what another run or another address had begun turns out to be wrong, it is
 * removed and downloaded once more from the start.
 */
const downloadAndImport = async (
  { cache, wanted, download }: ArchiveDownload,
  url: string,
  expected: ExpectedDigest[],
): Promise<CacheEntry> => {
  const part = await openPartialDownload(cache, expected[0]!.hex)
  const once = async (): Promise<CacheEntry> => {
    const begun = (await fileStateOf(part.file))?.size ?? 0
    try {
      await downloadFile(download, url, wanted.name, part.file, sizeIn(expected))
    } catch (error) {
      // What is too big is nothing to go on with.
      if (error instanceof WrongSize) await part.remove()
      throw error
    }
    try {
      return await importArchive(cache, { path: part.file, name: wanted.name, expected, from: withoutCredentials(url) })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      await part.remove()
      if (begun === 0) throw error
      return once()
    }
  }
  try {
    const entry = await once()
    await part.remove()
    return entry
  } finally {
    await part.leave()
  }
}

const fromUrl = async (request: ArchiveDownload, url: string, knownBefore: ExpectedDigest[]): Promise<CacheEntry> => {
  const { cache, wanted, download } = request
  const expected = knownBefore.length > 0 ? knownBefore : [await askDigest(request, url)]
  const entry = (await findByDigest(cache, expected)) ?? (await downloadAndImport(request, url, expected))
  if (knownBefore.length > 0) return entry
  if (url !== wanted.upstream)
    download.emit({
      type: 'warning',
      text: `nobody but ${withoutCredentials(url)}${wanted.published} says that this is ${wanted.name}: compare ${expected[0]!.hex} once with ${wanted.upstream}${wanted.published}, or pin it in the playbook.`,
    })
  return rememberAddress(entry, withoutCredentials(url))
}

/** What to look at where the network itself may be at fault. */
const networkFix = (): string => {
  const proxies = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'].filter(name => process.env[name])
  return proxies.length === 0
    ? 'check the network; behind a proxy set HTTPS_PROXY'
    : `check the network and the proxy in ${proxies.join(', ')}`
}

const reasonOf = (error: unknown): string => {
  if (error instanceof DownloadError) return error.message
  if (!(error instanceof Refusal)) throw error
  const { what, why } = error.failures[0]!
  return why === undefined ? what : `${what}: ${why}`
}

/**
 * Downloads an archive into the cache, from the first of its addresses that has it with the expected digest. Refuses
 * (`usage-file`) when none does, with what each said.
 */
export const fetchArchive = async (
  cache: string,
  wanted: WantedArchive,
  knownBefore: ExpectedDigest[],
  { patience, signal, emit }: Network,
  hints: string[],
): Promise<CacheEntry> => {
  await mkdir(cache, { recursive: true })
  const http = createHttpClient(patience.silence, signal)
  const request = { cache, wanted, download: { http, patience, signal, emit } }
  const said: string[] = []
  try {
    for (const url of wanted.urls) {
      try {
        return await fromUrl(request, url, knownBefore)
      } catch (error) {
        said.push(`${withoutCredentials(url)}: ${reasonOf(error)}`)
      }
    }
  } finally {
    await http.close()
  }
  const unknown = said.every(line => / 404\b/.test(line))
  return refuse('usage-file', `${wanted.name} could not be downloaded`, {
    why: said.join('\n'),
    fix: [
      unknown ? 'check the version' : networkFix(),
      'name another mirror, or give --artifacts DIR with the archive in it',
      ...hints,
    ].join('; '),
  })
}
