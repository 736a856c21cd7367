/** The door: what it opens is a plain file whose size was looked at. */
const DOOR = 'src/core/controller-file.ts'

/**
 * What lies where nobody but runbook, root or the kernel puts anything: labs, what comes with runbook, /proc, the terminal, files
 * that were just made.
 */
const OWN =
  /^src\/(lab\/|module\/probes\/portable|host\/descriptors|cli\/app\/(targets|terminal)\.ts|connection\/(openssh|openssh-password|known-hosts-file)\.ts|run\/(journal|download)\.ts|artifact\/(download|lock)\.ts)/

const OPENING = ['readFile', 'readFileSync', 'open', 'openSync', 'createReadStream']

/** Ways of reading a file by its name, in a file of the sources that is not the door. A stream may read what the door has opened. */
export const strayReaders = (file: string, text: string): string[] => {
  if (file === DOOR || OWN.test(file)) return []
  const imported = [...text.matchAll(/import \{([^}]*)\} from 'node:fs(?:\/promises)?'/g)]
  const names = imported.flatMap(([, list]) => list!.split(',').map(name => name.replace(/\btype\b/, '').trim()))
  const calls = [...text.matchAll(/\bcreateReadStream\((..)/g)]
  return OPENING.filter(name => names.includes(name)).filter(
    name => name !== 'createReadStream' || calls.some(([, first]) => first !== "''"),
  )
}
