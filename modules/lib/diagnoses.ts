import type { Diagnosis } from '../../src/module/module.ts'
import { ofCluster } from './diagnoses-cluster.ts'
import { ofHost } from './diagnoses-host.ts'
import { ofKubo } from './diagnoses-kubo.ts'
import type { Saying } from './saying.ts'

/** The more telling first: one cause often makes several lines. */
const sayings: Saying[] = [...ofKubo, ...ofCluster, ...ofHost]

/** What the output of a program, or the log of a daemon, means; undefined where nothing in it is known. */
export const diagnose = (text: string): Diagnosis | undefined => {
  const lines = text.split('\n')
  for (const { says, means } of sayings)
    for (const line of lines) {
      const found = says.exec(line)
      if (found) return { ...means(...found.slice(1).map(part => part ?? '')), said: line.trim() }
    }
  return undefined
}
