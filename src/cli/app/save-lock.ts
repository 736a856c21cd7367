import type { ArtifactLock } from '../../artifact/lock.ts'
import type { Emit } from '../../core/event.ts'

/** Writes the digests of new archives into `artifacts.lock`. If that fails there is a warning, and no more. */
export const saveLock = async (lock: ArtifactLock, emit: Emit): Promise<void> => {
  try {
    const news = await lock.save()
    if (news.length > 0) emit({ type: 'warning', text: `${lock.file} now holds ${news.join(', ')}: commit it.` })
  } catch (error) {
    emit({
      type: 'warning',
      text: `${lock.file} could not be written: ${(error as Error).message}. It keeps which archives were used: run \`runbook artifacts fetch\` where it can be written, and commit it.`,
    })
  }
}
