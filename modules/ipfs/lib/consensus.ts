import { isRecord } from '../../../src/module/module.ts'
import type { Obstacle } from '../../builtin/lib/paths.ts'

/** A peer keeps its list of pins as it was made to: with the other consensus the list would be an empty one. */
export const consensusObstacle = (folder: string, wanted: string, found: unknown): Obstacle | undefined => {
  const [has] = isRecord(found) ? Object.keys(found) : []
  return has === undefined || has === wanted
    ? undefined
    : {
        why: `${folder} is a peer with ${has}, and the playbook says ${wanted}: its list of pins would not be read`,
        fix: `adopt it as it is: -e consensus=${has}, here and with the main playbook (best in group_vars/ipfs.yml)`,
      }
}
