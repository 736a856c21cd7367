import { existsSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import type { Lab } from './names.ts'

// Labs lie wherever they were made, and their names on this machine do not tell where. So each has a link here.

/** One link a lab, named after it, to its folder. */
const REGISTER = '/var/lib/runbook/labs'

const linkOf = (lab: Lab, register: string): string => `${register}/${lab.prefix}lab`

/** Notes where a lab lies. */
export const enterLab = (lab: Lab, register = REGISTER): void => {
  mkdirSync(register, { recursive: true, mode: 0o755 })
  const fresh = `${linkOf(lab, register)}.${process.pid}`
  rmSync(fresh, { force: true })
  symlinkSync(lab.folder, fresh)
  renameSync(fresh, linkOf(lab, register))
}

/** Forgets a lab, also one that was never entered. */
export const strikeLab = (lab: Lab, register = REGISTER): void => rmSync(linkOf(lab, register), { force: true })

/** The folders of all labs that were entered, be they still there or not. */
export const enteredFolders = (register = REGISTER): string[] => {
  const names = existsSync(register) ? readdirSync(register) : []
  return names.filter(name => name.endsWith('-lab')).flatMap(name => targetOf(`${register}/${name}`) ?? [])
}

/** Where a link leads; undefined for what is none. */
const targetOf = (path: string): string | undefined => {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}
