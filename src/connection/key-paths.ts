import { homedir } from 'node:os'
import { join } from 'node:path'
import { readControllerFile } from '../core/controller-file.ts'
import { LONGEST_KEY } from '../settings/ssh-hop.ts'
import type { Hop, Target } from '../settings/target.ts'

/** ssh's own names, in its order; DSA is gone, and keys on tokens need an agent. */
const USUAL_FILES = ['id_ed25519', 'id_ecdsa', 'id_rsa']

/** The files that a hop's keys are looked for in: its own, else the usual ones. */
export const keyPathsOf = ({ keyFiles }: Hop): string[] =>
  keyFiles ?? USUAL_FILES.map(file => join(homedir(), '.ssh', file))

/** How OpenSSH's own format begins where the key is not encrypted: its name, and the cipher `none`. */
const OPEN = 'b3BlbnNzaC1rZXktdjEAAAAABG5vbmU'

/** Whether a key file may be encrypted: a look at its text, which loads nothing. */
const looksLocked = (path: string): boolean => {
  try {
    const text = readControllerFile(path, LONGEST_KEY).toString('latin1')
    return /ENCRYPTED|^Encryption: (?!none)/m.test(text) || (/BEGIN OPENSSH PRIVATE/.test(text) && !text.includes(OPEN))
  } catch {
    return false
  }
}

/** Whether any key file on the way to these may be encrypted. Most have none that is: then nothing more is loaded for it. */
export const anyLooksLocked = (targets: Target[]): boolean => {
  const hops = targets.flatMap(target => [target, ...(target.via ?? [])])
  return [...new Set(hops.flatMap(keyPathsOf))].some(looksLocked)
}
