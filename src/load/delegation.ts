import type { Located } from './located.ts'
import type { Surroundings, Task } from './surroundings.ts'
import { type Problems, text } from './yaml-fields.ts'

/** What `delegate_to` says. */
const delegated = (at: Located, problems: Problems): Pick<Task, 'delegateTo'> => {
  const name = text(at, '"delegate_to"', problems)
  return name === undefined || name === '' ? {} : { delegateTo: { ...at, value: name } }
}

/** What `connection` says of a task: on this machine it is done as if it were delegated to it. */
const connected = (at: Located, problems: Problems): Pick<Task, 'delegateTo'> => {
  const name = text(at, '"connection"', problems)?.replace(/^ansible\.(builtin|netcommon)\./, '')
  if (name === 'local') return { delegateTo: { ...at, value: 'localhost' } }
  if (name !== undefined && !['ssh', 'smart', 'paramiko', 'paramiko_ssh'].includes(name))
    problems.push({
      reason: 'playbook-shape',
      what: `A task cannot have the connection "${name}".`,
      fix: 'Write local, for this machine; how a host is reached is said by its play, or by ansible_connection.',
      origin: at.origin,
    })
  return {}
}

/** Where a task is done: by its own words, or by those around it. */
export const delegation = (
  members: Map<string, Located>,
  { delegateTo }: Pick<Surroundings, 'delegateTo'>,
  problems: Problems,
): Pick<Task, 'delegateTo'> => {
  const [to, by] = [members.get('delegate_to'), members.get('connection')]
  if (to) return delegated(to, problems)
  if (by) return connected(by, problems)
  return delegateTo ? { delegateTo } : {}
}
