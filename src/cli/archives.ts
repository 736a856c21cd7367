import { statSync } from 'node:fs'
import { basename } from 'node:path'
import { cacheFolder, createStore, type Store } from '../artifact/store.ts'
import { digestsOf, membersOf } from '../artifact/survey.ts'
import { Refusal } from '../core/failure.ts'
import type { ArchiveAnswer } from '../module/probes/controller.ts'
import { locate } from './place.ts'

/** A user's own archive: no one vouches for it, so no digest is asked for beside it. */
const ownArchive = async (folder: string, path: string): Promise<ArchiveAnswer> => {
  const found = locate(folder, 'files', path)
  if ('missing' in found) return { exists: false, missing: found.missing, fix: 'Put the archive there.' }
  try {
    const [{ sha256: digest }, members] = [await digestsOf(found.at), await membersOf(found.at)]
    return {
      exists: true,
      name: basename(path),
      file: found.at,
      size: statSync(found.at).size,
      sha256: digest,
      members,
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { exists: false, missing: `${found.at}: ${error.message}`, fix: 'Pack it again, as .tar or .tar.gz.' }
  }
}

const archiveAnswer = async (store: Store, name: string): Promise<ArchiveAnswer> => {
  const found = await store.find(name)
  return 'missing' in found ? { exists: false, missing: found.missing, fix: found.fix } : { exists: true, ...found }
}

/** Archives of programs, from the controller's store by upstream's names, and those that lie beside a playbook. */
export const createArchives = (folder: string, artifacts: string | undefined) => {
  const store = createStore({ cache: cacheFolder(), ...(artifacts === undefined ? {} : { folder: artifacts }) })
  return {
    ofStore: (name: string): Promise<ArchiveAnswer> => archiveAnswer(store, name),
    own: (path: string): Promise<ArchiveAnswer> => ownArchive(folder, path),
  }
}
