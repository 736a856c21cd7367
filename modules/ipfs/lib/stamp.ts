import { content, type Step } from '../../../src/module/module.ts'

/**
 * Gives a stamp the time of now: an empty file takes its place, since it lies in a folder of the daemon's user, who could
 * have root touch something else.
 */
export const stampSteps = (stamp: string | undefined): Step[] =>
  stamp === undefined ? [] : [{ do: 'write', path: stamp, content: content(''), mode: '0644' }]
