import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { Refusal } from '../core/failure.ts'
import { type LabStatus, status } from './lab.ts'
import { machineDisks, machinesNamed } from './machine.ts'
import { type Lab, labOfFolder } from './names.ts'
import { enteredFolders } from './register.ts'

/** A lab with the folder that it was made in, which is where commands for it are given. */
export type ListedLab = LabStatus & { base: string; damage?: string }

/** The labs that lie in one of the folders, each once, by name and then by folder. */
export const labsIn = (folders: string[]): Lab[] =>
  [...new Set(folders)]
    .flatMap(folder => labOfFolder(folder) ?? [])
    .sort((a, b) => (a.name === b.name ? (a.base < b.base ? -1 : 1) : a.name < b.name ? -1 : 1))

/** A disk is `LAB/hosts/NODE`. */
const knownFolders = (): string[] => [...enteredFolders(), ...machineDisks().map(disk => dirname(dirname(disk)))]

/** One whose record is damaged hides no other: it is listed with what is wrong with it. */
const statusOf = async (lab: Lab): Promise<LabStatus & { damage?: string }> => {
  try {
    return await status({ name: lab.name, folder: lab.base })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { name: lab.name, folder: lab.folder, hosts: [], damage: error.failures[0]!.what }
  }
}

/**
 * All labs of this machine, wherever they were made: those that were entered, and whichever has a host that runs. One
 * whose folder was removed is left out, unless a host of it still runs. Needs no root.
 */
export const allLabs = async (): Promise<ListedLab[]> => {
  const all = await Promise.all(
    labsIn(knownFolders()).map(async lab => ({
      ...(await statusOf(lab)),
      base: lab.base,
      runs: machinesNamed(lab.prefix).length > 0,
    })),
  )
  return all
    .filter(({ inventory, folder, runs }) => inventory !== undefined || runs || existsSync(`${folder}/lab.json`))
    .map(({ runs: _, ...lab }) => lab)
}
