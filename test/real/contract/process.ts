import { spawn } from 'node:child_process'

// Programs as processes of the test: run to their end, or kept running and watched. Nothing outlives the test.

export type Ran = { code: number | null; stdout: string; stderr: string; seconds: number }

type Setting = { env?: NodeJS.ProcessEnv; input?: string; seconds?: number }

/** Only what a test sets reaches a program: a variable of the person at the keyboard would change what it does. */
const plain = { PATH: process.env.PATH, HOME: '/nonexistent', IPFS_TELEMETRY: 'off' }

const living = new Set<Running>()
process.on('exit', () => {
  for (const one of living) one.signal('SIGKILL')
})

/** A process and what it has said so far. */
export class Running {
  readonly #child
  readonly #began = performance.now()
  readonly #waiting = new Set<() => void>()
  readonly ended: Promise<Ran>
  #isOver = false
  stdout = ''
  stderr = ''

  constructor([program = '', ...args]: string[], { env = {}, input }: Setting = {}) {
    this.#child = spawn(program, args, { env: { ...plain, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
    living.add(this)
    const news = (): void => {
      for (const look of this.#waiting) look()
    }
    this.#child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      this.stdout += piece
      news()
    })
    this.#child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      this.stderr += piece
      news()
    })
    this.#child.stdin.on('error', () => undefined).end(input)
    this.ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject).on('close', code => {
        this.#isOver = true
        living.delete(this)
        news()
        resolve({ code, stdout: this.stdout, stderr: this.stderr, seconds: this.seconds })
      })
    })
  }

  get said(): string {
    return this.stdout + this.stderr
  }

  get seconds(): number {
    return (performance.now() - this.#began) / 1000
  }

  signal(name: NodeJS.Signals): void {
    if (!this.#isOver) this.#child.kill(name)
  }

  /** Waits for a text; throws with all that was said when it does not come in time, or can no longer come. */
  says(text: string, seconds = 10): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(timer)
        this.#waiting.delete(look)
        settle()
      }
      const fail = (why: string) => () => reject(new Error(`${why} without saying "${text}":\n${this.said}`))
      const look = (): void => {
        if (this.said.includes(text)) end(resolve)
        else if (this.#isOver) end(fail('it ended'))
      }
      const timer = setTimeout(() => end(fail(`it went on for ${seconds} s`)), seconds * 1000)
      this.#waiting.add(look)
      look()
    })
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ran> {
    this.signal(signal)
    return this.ended
  }
}

/** Runs a program to its end; one that does not end is killed and has no exit code. */
export const run = async (argv: string[], setting: Setting = {}): Promise<Ran> => {
  const running = new Running(argv, setting)
  const timer = setTimeout(() => running.signal('SIGKILL'), (setting.seconds ?? 20) * 1000)
  return running.ended.finally(() => clearTimeout(timer))
}

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** Asks ten times a second until the answer is good; gives the seconds that took. */
export const until = async (seconds: number, what: string, isGood: () => Promise<boolean>): Promise<number> => {
  const began = performance.now()
  const took = (): number => (performance.now() - began) / 1000
  while (!(await isGood())) {
    if (took() > seconds) throw new Error(`not within ${seconds} s: ${what}`)
    await pause(100)
  }
  return took()
}
