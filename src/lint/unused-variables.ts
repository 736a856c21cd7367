import type { Located } from '../load/located.ts'
import { bringsTasks } from '../load/task.ts'
import type { Rule } from './finding.ts'

/** What names of the connection and of facts mean is looked at by runbook itself. */
const isReadByItself = (name: string): boolean => name.startsWith('ansible_')

/** Variables of a playbook, its plays, blocks, tasks and roles that nothing reads. Those of an inventory may be for other playbooks. */
export const unusedVariable: Rule = ({ loaded, reads }) => {
  // What will be included may read any.
  if (loaded.playbook.plays.some(play => [...play.tasks, ...play.handlers].some(bringsTasks))) return []
  const layers = loaded.playbook.plays.flatMap(play => [
    play.defaults,
    play.vars,
    play.fileVars ?? {},
    ...[...play.tasks, ...play.handlers].flatMap(({ vars, role }) => [
      vars,
      ...[role, ...(role?.parents ?? [])].flatMap(one => (one ? Object.values(one.own) : [])),
    ]),
  ])
  const places = new Map<Located, string>(
    layers.flatMap(layer => Object.entries(layer).map(([name, at]) => [at, name])),
  )
  return [...places]
    .filter(([, name]) => !isReadByItself(name) && !reads.has(name))
    .map(([{ origin }, name]) => ({
      what: `Nothing reads the variable "${name}".`,
      fix: 'Take it away, or mend the name where it is meant to be read.',
      origin,
    }))
}
