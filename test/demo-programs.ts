import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Event } from '../src/core/event.ts'

/** Which programs the demo installs: those of a folder, the real ones from the cache, or the stand-ins; and why those. */
export type Programs = { kind: 'folder'; folder: string } | { kind: 'real' } | { kind: 'standin'; why: string }

export type ProgramsAsked = {
  env: NodeJS.ProcessEnv
  /** Notes what this lab was made with. It lies in the lab's folder, and goes with it. */
  note: string
  /** `runbook artifacts fetch`, for events as JSON. */
  fetch: { argv: string[]; folder: string; env?: NodeJS.ProcessEnv }
  /** Milliseconds in which a first answer has to come. Once it has, six times as long may pass without a word. */
  patience: number
  say: (text: string) => void
}

const textOf = (event: Event): string | undefined => {
  if (event.type === 'download' && event.done === 0) return `downloading ${event.archive} from ${event.from}`
  if (event.type === 'summary' && event.exit !== 0) return event.failures[0]?.why ?? event.failures[0]?.what
  return undefined
}

/** Brings the archives into the cache. Returns why not; undefined where all of them are there. */
export const fetchPrograms = ({ fetch, patience, say }: Pick<ProgramsAsked, 'fetch' | 'patience' | 'say'>) =>
  new Promise<string | undefined>(resolve => {
    const [program = '', ...args] = fetch.argv
    const env = fetch.env ?? process.env
    const child = spawn(program, args, { cwd: fetch.folder, env, stdio: ['ignore', 'pipe', 'ignore'] })
    let [why, rest] = ['the download said nothing', '']
    const giveUpAfter = (ms: number): NodeJS.Timeout =>
      setTimeout(() => {
        why = `nothing came for ${ms / 1000} s`
        child.kill('SIGKILL')
      }, ms)
    let timer = giveUpAfter(patience)
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      clearTimeout(timer)
      timer = giveUpAfter(6 * patience)
      const lines = (rest + piece).split('\n')
      rest = lines.pop() ?? ''
      for (const event of lines.map((line): Event => JSON.parse(line))) {
        const text = textOf(event)
        if (event.type === 'summary') why = text ?? why
        else if (text !== undefined) say(text)
      }
    })
    child.on('error', error => {
      why = error.message
    })
    child.on('close', code => {
      clearTimeout(timer)
      resolve(code === 0 ? undefined : why.split('\n')[0])
    })
  })

/**
 * The programs for the demo: those that RUNBOOK_ARTIFACTS names; with CI set the stand-ins; else what this lab has
 * already, since a host does not change from one kind to the other; else the real ones where they can be had.
 */
export const choosePrograms = async (asked: ProgramsAsked): Promise<Programs> => {
  const { env, note } = asked
  if (env.RUNBOOK_ARTIFACTS) return { kind: 'folder', folder: env.RUNBOOK_ARTIFACTS }
  if (env.CI) return { kind: 'standin', why: 'CI is set' }
  const noted = existsSync(note) ? readFileSync(note, 'utf8').trim() : undefined
  if (noted === 'standin') return { kind: 'standin', why: 'this lab has them already' }
  const why = await fetchPrograms(asked)
  if (why !== undefined) return { kind: 'standin', why }
  return { kind: 'real' }
}

/** Notes the choice for the next demo on the same lab. */
export const notePrograms = (note: string, { kind }: Programs): void => {
  if (kind !== 'folder' && existsSync(dirname(note))) writeFileSync(note, `${kind}\n`)
}
