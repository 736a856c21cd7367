import { Rig } from '../../cluster/rig.ts'
import { scenes } from './scenes.ts'
import type { Scene } from './state.ts'
import { type Ending, line, totals } from './table.ts'

/** Plays one scene; what goes wrong is an ending too. */
const end = async (lab: Rig, scene: Scene, round: number): Promise<Ending> => {
  const began = Date.now()
  const ending = (ok: boolean, said: string): Ending => ({
    scene: scene.name,
    ok,
    seconds: (Date.now() - began) / 1000,
    said,
  })
  try {
    return ending(true, await scene.play(lab, round))
  } catch (error) {
    return ending(false, (error as Error).message)
  }
}

/**
 * The whole playbook on hosts of its own, so many times from the beginning: everything that the network has to outlive.
 * Says each ending as it comes, the table at the end. A round whose first scene fails has nothing to go on with.
 */
export const sweep = async (
  artifacts: string,
  rounds: number,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<{ passed: number; failed: number }> => {
  const lab = new Rig('sweep', artifacts)
  const endings: Ending[] = []
  try {
    for (let round = 0; round < rounds && !signal.aborted; round++) {
      say(`round ${round + 1} of ${rounds}`)
      await lab.raise()
      for (const scene of scenes) {
        if (signal.aborted) break
        const ending = await end(lab, scene, round)
        endings.push(ending)
        say(line(ending))
        if (!ending.ok && scene === scenes[0]) break
      }
      await lab.lab('down')
    }
  } finally {
    await lab.takeDown()
  }
  for (const text of totals(endings)) say(text)
  const failed = endings.filter(({ ok }) => !ok).length
  return { passed: endings.length - failed, failed }
}
