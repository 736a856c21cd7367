import type { ArtifactLock } from '../../artifact/lock.ts'
import type { Emit } from '../../core/event.ts'

/** What was learnt of archives is written down. Where that cannot be, the run was none the worse for it. */
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
