import {
  type FileAnswer,
  file,
  isUnknown,
  later,
  type Reach,
  type ServiceAnswer,
  type StartAnswer,
  settingsIn,
  type UserAnswer,
  unitFile,
  unitName,
  user,
  uses,
} from '../../../src/module/module.ts'
import type { ServiceAction } from './service-action.ts'
import { anything, serviceReach, withoutSandbox } from './service-reach.ts'

/** What tells besides how far a start reaches: its user, or where our own manager runs it its file. */
export const reachReads = (name: string, seen: { starts?: StartAnswer | undefined }, action: () => ServiceAction) => {
  const acts = later(() => action().verbs.length > 0) === true
  const owner = acts ? later(() => seen.starts?.settings.User?.at(-1)) : undefined
  const isFile = acts && later(() => seen.starts?.isShown === false) === true
  return {
    owner: typeof owner === 'string' ? uses(user(owner)) : undefined,
    text: isFile ? uses(file(unitFile(name))) : undefined,
  }
}

type Starts = {
  unit?: ServiceAnswer | undefined
  starts?: StartAnswer | undefined
  owner?: UserAnswer | undefined
  text?: FileAnswer | undefined
}

/** How far a start or a stop reaches; where that cannot be told, it may be anything. */
export const startReach = (name: string, seen: Starts, { verbs }: ServiceAction): Reach | undefined => {
  if (verbs.length === 0) return undefined
  const found = later(() => {
    const { text } = seen
    const isText = text?.exists && text.kind === 'file'
    const settings = isText ? settingsIn(text.content.bytes.toString(), unitName(name)) : seen.starts!.settings
    const home = later(() => (seen.owner?.exists ? seen.owner.home : undefined))
    return serviceReach(
      seen.unit?.manager === 'systemd' ? settings : withoutSandbox(settings),
      verbs.map(words => words.at(-1)!),
      typeof home === 'string' ? home : undefined,
    )
  })
  return isUnknown(found) ? anything : found
}
