import type { Diagnosis } from '../../../src/module/module.ts'
import type { Saying } from '../../builtin/lib/diagnosis-rule.ts'
import { ofHost } from '../../builtin/lib/host-diagnoses.ts'
import { ofCluster } from './cluster-diagnoses.ts'
import { ofKubo } from './kubo-diagnoses.ts'

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
