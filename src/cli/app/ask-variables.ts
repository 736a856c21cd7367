import { type Failure, Refusal } from '../../core/failure.ts'
import type { Loaded } from '../../load/load.ts'
import { locatedAt } from '../../load/located.ts'
import type { Play, Playbook } from '../../load/playbook.ts'
import type { Prompt } from '../../load/surroundings.ts'
import type { Listener } from './ask-passwords.ts'
import { openTerminal, type Terminal } from './terminal.ts'

const noTerminal = ({ name, origin }: Prompt): Failure => ({
  reason: 'usage-option',
  what: `There is no terminal to ask for the variable "${name}" on.`,
  why: '/dev/tty cannot be opened, as in a job of cron or CI, and vars_prompt gives it no default.',
  fix: `Give it with -e ${name}=VALUE, or from a file with -e @FILE.`,
  origin,
})

const asked = async (terminal: Terminal, prompt: Prompt): Promise<string> => {
  const { question, fallback, isPrivate, confirm } = prompt
  const hint = fallback === undefined || isPrivate ? '' : ` [${fallback}]`
  const ask = (text: string): Promise<string> => (isPrivate ? terminal.ask(text) : terminal.askShown(text))
  for (;;) {
    const answer = (await ask(`${question}${hint}: `)) || (fallback ?? '')
    if (!confirm || (await ask(`confirm ${question}: `)) === answer) return answer
    terminal.tell('The two are not the same: once more.')
  }
}

type Answers = Map<string, string>

const onTerminal = async (prompts: Prompt[], signal: AbortSignal): Promise<Answers> => {
  const terminal = openTerminal(signal)
  const silent = prompts.filter(({ fallback }) => fallback === undefined)
  if (!terminal && silent.length > 0) throw new Refusal(...silent.map(noTerminal))
  const answers: Answers = new Map()
  try {
    for (const prompt of prompts) answers.set(prompt.name, terminal ? await asked(terminal, prompt) : prompt.fallback!)
  } finally {
    terminal?.close()
  }
  return answers
}

const promptsIn = ({ plays }: Playbook, extra: Loaded['extra']): Prompt[] => {
  const all = plays.flatMap(({ prompts = [] }) => prompts).filter(({ name }) => !Object.hasOwn(extra, name))
  return [...new Map(all.map(prompt => [prompt.name, prompt])).values()]
}

/**
 * Asks what `vars_prompt` of the plays wants to know, each variable once, before anything connects. What is not shown as it
 * is typed is a secret from then on. A variable that the command line gives is not asked for.
 *
 * @throws Refusal `usage-option` without a terminal where there is no default, `run-interrupted`.
 */
export const askVariables = async <L extends Pick<Loaded, 'playbook' | 'extra'>>(
  loaded: L,
  { secrets, signal }: Listener,
): Promise<L> => {
  const prompts = promptsIn(loaded.playbook, loaded.extra)
  const answers = prompts.length > 0 ? await onTerminal(prompts, signal) : new Map<string, string>()
  for (const { name, isPrivate } of prompts) if (isPrivate && answers.get(name)) secrets.add(answers.get(name)!)
  const answered = (play: Play): Play => {
    const own = (play.prompts ?? []).flatMap(({ name, origin }) =>
      answers.has(name) ? [[name, locatedAt(answers.get(name), origin)] as const] : [],
    )
    return own.length > 0 ? { ...play, prompted: Object.fromEntries(own) } : play
  }
  return { ...loaded, playbook: { ...loaded.playbook, plays: loaded.playbook.plays.map(answered) } }
}
