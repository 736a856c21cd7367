import type { Failure } from '../../src/core/failure.ts'
import type { Rig } from './rig.ts'

// What a failure or a warning tells people to do, as commands: they are pasted as they stand.

/** The commands of a text: what stands between backticks and is more than a name or a value. */
export const commandsIn = (text: string): string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, command]) => command!).filter(command => command.includes(' '))

/** The words that stand for a value to be looked up. */
const open = /\b[A-Z]{3,}\b/g

/**
 * Runs the commands of a fix one after the other as they stand: those of runbook here, on the lab's hosts, all others on the
 * host that failed. `values` are what somebody has looked up for its words in capitals; one that is not given fails.
 */
export const paste = async (
  lab: Rig,
  node: string,
  { fix = '' }: Failure,
  values: Record<string, string> = {},
): Promise<void> => {
  const commands = commandsIn(fix).map(command => command.replace(open, word => values[word] ?? word))
  if (commands.length === 0) throw new Error(`nothing to be pasted in: ${fix}`)
  for (const command of commands) {
    const [program, ...words] = command.split(' ')
    if (program !== 'runbook') {
      await lab.ssh(node, command)
      continue
    }
    const { code, stdout, stderr } = await lab.start(...words, ...lab.words('apply').slice(2)).ended
    if (code !== 0) throw new Error(`exit ${code}: ${command}\n${stdout}${stderr}`)
  }
}
