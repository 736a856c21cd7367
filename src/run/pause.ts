import { setTimeout as sleep } from 'node:timers/promises'
import type { Step } from '../module/step.ts'
import { type Line, refOf } from '../plan/line.ts'
import type { RunContext } from './context.ts'
import type { StepAnswer } from './step-answer.ts'
import { clockText } from './times.ts'

/** One answer for all hosts of a task. */
const answers = new WeakMap<RunContext, Map<object, Promise<string | undefined>>>()

const answerTo = (context: RunContext, { node }: Line, question: string, isShown: boolean) => {
  const asked = answers.get(context) ?? new Map<object, Promise<string | undefined>>()
  answers.set(context, asked)
  const answer = asked.get(node.task) ?? context.ask?.(question, isShown) ?? Promise.resolve(undefined)
  asked.set(node.task, answer)
  return answer
}

/**
 * A pause of a line, on the controller: for a time, or until somebody has answered. Without a terminal nobody is waited for, as in
 * Ansible. Source of what is told: ansible lib/ansible/plugins/action/pause.py.
 */
export const pause = async (
  context: RunContext,
  line: Line,
  { seconds, question, isShown = true, unit = 'seconds' }: Extract<Step, { do: 'pause' }>,
): Promise<StepAnswer> => {
  const from = Date.now()
  let input: string | undefined = ''
  if (seconds !== undefined) {
    if (question !== undefined) context.emit({ type: 'message', ...refOf(line), text: question })
    // Ended by the signal it says so itself, with its own reason.
    await sleep(seconds * 1000, undefined, { signal: context.signal }).catch(() => {})
    context.signal.throwIfAborted()
  } else input = await answerTo(context, line, question ?? 'Press enter to continue', isShown)
  if (input === undefined) {
    const text = 'there is no terminal to ask on: it goes on without an answer'
    context.emit({ type: 'warning', host: line.host, node: line.id, text })
  }
  const to = Date.now()
  const passed = (to - from) / (unit === 'minutes' ? 60_000 : 1000)
  return {
    kept: {
      ...{ rc: 0, stderr: '', echo: isShown, user_input: input ?? '' },
      stdout: `Paused for ${Math.round(passed * 100) / 100} ${unit}`,
      ...{ start: clockText(from), stop: clockText(to), delta: Math.floor((to - from) / 1000) },
    },
  }
}
