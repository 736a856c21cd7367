import type { Origin } from '../core/failure.ts'
import { hasBraces } from './braces.ts'
import type { Located } from './located.ts'
import { type Problems, text } from './yaml-fields.ts'

/** What a play says of how its hosts are reached, by its keywords. */
export type PlayReach = Record<string, { value: unknown; origin: Origin }>

const connections = ['ssh', 'openssh', 'local', 'smart', 'paramiko', 'paramiko_ssh']

/** Fixed before any host is contacted: an expression stands in the variable that means the same. */
const fixed = (at: Located, word: string, variable: string, problems: Problems): boolean => {
  if (typeof at.value !== 'string' || !hasBraces(at.value)) return true
  const what = `"${word}" of a play holds an expression.`
  problems.push({ reason: 'playbook-shape', what, fix: `Set ${variable} under vars.`, origin: at.origin })
  return false
}

const reachWords: Record<string, (at: Located, problems: Problems) => unknown> = {
  connection: (at, problems) => {
    const value = text(at, '"connection"', problems)
    if (value === undefined || connections.includes(value.replace(/^ansible\.(builtin|netcommon)\./, ''))) return value
    problems.push({
      reason: 'playbook-shape',
      what: `The connection "${value}" is none that there is.`,
      fix: 'Write ssh, openssh (the ssh program of this machine) or local (this machine itself).',
      origin: at.origin,
    })
    return undefined
  },
  remote_user: (at, problems) =>
    fixed(at, 'remote_user', 'ansible_user', problems) ? text(at, '"remote_user"', problems) : undefined,
  port: (at, problems) => {
    if (!fixed(at, 'port', 'ansible_port', problems)) return undefined
    const port = Number(at.value)
    if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port
    const what = `"port" must be a number from 1 to 65535, not ${JSON.stringify(at.value)}.`
    problems.push({ reason: 'playbook-shape', what, origin: at.origin })
    return undefined
  },
}

export const reachOf = (members: Map<string, Located>, problems: Problems): PlayReach =>
  Object.fromEntries(
    Object.entries(reachWords).flatMap(([word, read]) => {
      const at = members.get(word)
      const value = at && read(at, problems)
      return at === undefined || value === undefined ? [] : [[word, { value, origin: at.origin }]]
    }),
  )
