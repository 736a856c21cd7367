import { readFileSync } from 'node:fs'
import { quoted } from '../../core/quote.ts'
import { type Content, content } from '../../core/value.ts'

const text = (name: string): string => readFileSync(new URL(`portable/${name}.sh`, import.meta.url), 'utf8')
const showing = text('show')
const [first = '', ...rest] = text('service').split('\n')

/** The folder of units that belong to the machine: systemd's. */
const unitFolder = '/etc/systemd/system'

/** What a person may call a unit, by its file: `ipfs`, `ipfs.service` and `/etc/systemd/system/ipfs` are one. */
export const unitFile = (name: string): string => {
  const path = name.startsWith('/') ? name : `${unitFolder}/${name}`
  return /\.\w+$/.test(path) ? path : `${path}.service`
}

const folderOf = (name: string): string => unitFile(name).replace(/\/[^/]*$/, '')

/** Whether it is a unit of the machine, which systemd runs where there is one; all others are run by our own manager. */
export const isOfMachine = (name: string): boolean => folderOf(name) === unitFolder

/** A unit's short name: that of its file, for those of the machine; the file itself for all others. */
export const unitName = (name: string): string =>
  isOfMachine(name) ? unitFile(name).slice(unitFolder.length + 1) : unitFile(name)

/** The folder where the portable service manager lives that runs this unit. */
export const portableFolder = (name: string): string =>
  isOfMachine(name) ? '/var/lib/runbook' : `${folderOf(name)}/.runbook`

/** Its program on the host, and what is in it: a script, which starts with how it reads. */
export const portableProgram = (name: string): string => `${portableFolder(name)}/service`
export const portableScript: Content = content([first, showing, ...rest].join('\n'))

/** The log of a unit that the portable service manager runs. */
export const portableLog = (name: string): string =>
  `${unitFile(name).replace(/\.service$/, '')}.log`.replace(`${unitFolder}/`, '/var/log/runbook/')

/** Shell text that says of units what `systemctl show` would, without anything of ours being on the host. */
export const showUnits = (names: string[]): string =>
  `${showing.replace(/^\s*#.*\n/gm, '')}\nshow ${quoted(names.map(unitFile))}`
