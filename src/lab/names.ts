import { createHash } from 'node:crypto'
import { basename, dirname, join, resolve } from 'node:path'
import { refuse } from '../core/failure.ts'
import { workFolder } from '../core/work-folder.ts'

/** Where a lab is and what its things are called on this machine. */
export type Lab = {
  name: string
  /** The folder that runbook was called in, absolute. */
  base: string
  /** `.runbook/lab/NAME`, absolute. */
  folder: string
  /** Starts the name of every interface, namespace, cgroup and machine of this lab, and of no other. */
  prefix: string
  bridge: string
}

/** A short stable name for a text: two checkouts may both have a lab called `lab`. */
export const shortDigest = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length)

const LABEL = /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/

/** Whether a text can be the name of a host, and of its folder. */
export const isHostLabel = (text: string): boolean => LABEL.test(text)

const label = (kind: string, text: string): string =>
  LABEL.test(text)
    ? text
    : refuse('usage-option', `${kind} '${text}' cannot be used`, {
        why: 'it becomes a host name and a folder: lower-case letters, digits and inner dashes, at most 32',
        fix: `choose a plain word as the ${kind}`,
      })

/** The lab `name` of the working folder `base`. Network interfaces' names may have 15 characters, hence the digests. */
export const labAt = (base: string, name: string): Lab => {
  const folder = resolve(workFolder(base), 'lab', label('lab name', name))
  const id = shortDigest(folder, 6)
  return { name, base: resolve(base), folder, prefix: `rb${id}-`, bridge: `rb-${name.slice(0, 5)}-${id}` }
}

/** The lab of a folder `BASE/.runbook/lab/NAME`; undefined for one that is none. */
export const labOfFolder = (folder: string): Lab | undefined => {
  const [name, base] = [basename(folder), dirname(dirname(dirname(folder)))]
  return LABEL.test(name) && folder === join(workFolder(base), 'lab', name) ? labAt(base, name) : undefined
}

/** One name for a host's machine, network namespace and cgroup. */
export const handleOf = (lab: Lab, node: string): string => lab.prefix + label('host name', node)

/** The bridge's end of a host's cable. */
export const cableOf = (lab: Lab, node: string): string => lab.prefix + shortDigest(node, 6)

/**
 * The hardware address of a host, the same each time it is wired: else its neighbours, this machine among them, would
 * go on for half a minute to send to the one they remember.
 */
export const macOf = (lab: Lab, node: string): string =>
  ['02', ...(shortDigest(handleOf(lab, node), 10).match(/../g) ?? [])].join(':')

/** The names `node0`, `node1`, … of a new lab. */
export const nodeNames = (count: number): string[] =>
  Number.isInteger(count) && count >= 1 && count <= 200
    ? Array.from({ length: count }, (_, i) => `node${i}`)
    : refuse('usage-option', `a lab cannot have ${count} hosts`, { fix: 'ask for 1 to 200' })
