import { statSync } from 'node:fs'
import { basename } from 'node:path'
import { archiveMembers, fileDigests } from '../../artifact/inspect.ts'
import type { ArtifactLock } from '../../artifact/lock.ts'
import { type ArchiveStore, cacheFolder, createArchiveStore } from '../../artifact/store.ts'
import { FileFault } from '../../core/controller-file.ts'
import type { Emit } from '../../core/event.ts'
import { type Failure, Refusal } from '../../core/failure.ts'
import type { ArchiveAnswer, ArchiveWanted } from '../../module/probes/controller.ts'
import { findControllerFile } from './find-controller-file.ts'

/** A user's own archive: no one vouches for it, so no digest is asked for beside it. */
const ownArchive = async (folder: string, path: string): Promise<ArchiveAnswer> => {
  const found = findControllerFile([folder], 'files', path)
  if ('missing' in found) return { exists: false, missing: found.missing, fix: 'Put the archive there.' }
  try {
    const [members, { sha256: digest }] = [await archiveMembers(found.at), await fileDigests(found.at)]
    return {
      exists: true,
      name: basename(path),
      file: found.at,
      size: statSync(found.at).size,
      sha256: digest,
      members,
    }
  } catch (error) {
    if (error instanceof FileFault) return { exists: false, missing: error.message, fix: 'Name a .tar or .tar.gz.' }
    if (!(error instanceof Refusal)) throw error
    const [{ what, why, fix }] = error.failures as [Failure]
    // Nobody has published a digest of it: what is damaged is not to be downloaded again, but to be made again.
    const isOfUpstream = fix === undefined || fix.includes('.sha512')
    return {
      exists: false,
      missing: [found.at, what, ...(why === undefined ? [] : [why])].join(': '),
      fix: isOfUpstream ? 'Pack it again, as .tar or .tar.gz.' : fix,
    }
  }
}

const archiveAnswer = async (store: ArchiveStore, wanted: ArchiveWanted): Promise<ArchiveAnswer> => {
  const found = await store.find(wanted)
  return 'missing' in found ? { exists: false, missing: found.missing, fix: found.fix } : { exists: true, ...found }
}

/** How long a silent server is waited for, and how long it is before one that failed is asked again. */
const patience = { silence: 30_000, pause: 500 }

/** What the store of archives is made of: the playbook's lock, a folder of archives, who is told, what ends it. */
export type Supply = { lock: ArtifactLock; artifacts: string | undefined; emit: Emit; signal: AbortSignal }

export const createSupply = ({ lock, artifacts, emit, signal }: Supply): ArchiveStore =>
  createArchiveStore({
    cache: cacheFolder(),
    lock,
    network: { patience, emit, signal },
    ...(artifacts === undefined ? {} : { folder: artifacts }),
  })

/** Archives of programs, from the controller's store by upstream's names, and those that lie beside a playbook. */
export const createArchives = (folder: string, supply: Supply) => {
  const store = createSupply(supply)
  return {
    ofStore: (wanted: ArchiveWanted): Promise<ArchiveAnswer> => archiveAnswer(store, wanted),
    own: (path: string): Promise<ArchiveAnswer> => ownArchive(folder, path),
  }
}
