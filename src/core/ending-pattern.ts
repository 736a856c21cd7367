import { Script } from 'node:vm'

/**
 * How long one task may take for its regular expressions, in milliseconds: signals are heard after it, and they are to be heard
 * within a second. A file of 10 MB takes a tenth of it.
 */
const PATTERN_MS = 700
/**
 * About so many steps are taken without a clock: some 20 ms. To set the clock is 0.1 ms, which a plan over many hosts
 * would pay for each line, and nearly every pattern that people write stays far below.
 */
const STEPS = 10_000_000
/** A pattern that is longer is not looked at: it is taken for a slow one. */
const LONG = 2_000

/** A regular expression that did not come to an end, and on what. It is refused: waiting longer would not help. */
export class OutOfTime extends RangeError {
  constructor(pattern: string, text: string) {
    super(
      `The regular expression ${shortened(pattern)} takes too long: ${PATTERN_MS / 1000} s were not enough for ${text.length} characters.`,
    )
  }
}

export const PATTERN_FIX =
  'Write it so that no part that repeats holds one that repeats, such as (a+)+, and so that neighbours cannot match the same.'

const shortened = (text: string): string => (text.length > 100 ? `${text.slice(0, 100)}…` : text)

/** What is thrown where work without a clock comes to more steps than that: the work is begun again, with one. */
const NEEDS_CLOCK = Symbol('needs a clock')

/** How the patterns that are tried at this moment are watched. */
const watch: { by: 'nothing' | 'count' | 'clock'; steps: number; now?: { pattern: string; text: string } } = {
  by: 'nothing',
  steps: 0,
}

let work: () => unknown
const script = new Script('globalThis[Symbol.for("runbook.work")]()')
Object.defineProperty(globalThis, Symbol.for('runbook.work'), { value: () => work() })

/** Only this thread's, where Node has it (since 23.9). */
const processorMs = (): number => {
  const { user, system } = (process.threadCpuUsage ?? process.cpuUsage).call(process)
  return (user + system) / 1000
}

/**
 * Where the machine has so much else to do that hardly anything was done in that time, it is tried once more with three times
 * as much. Ctrl-C is heard at once.
 */
const byClock = <T>(inside: () => T, ms = PATTERN_MS): T => {
  const began = processorMs()
  const outer = watch.by
  watch.by = 'clock'
  work = inside
  try {
    return script.runInThisContext({ timeout: ms, breakOnSigint: true, displayErrors: false }) as T
  } catch (error) {
    const code = (error as NodeJS.ErrnoException)?.code
    if (code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED') process.kill(process.pid, 'SIGINT')
    else if (code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    else if (ms === PATTERN_MS && processorMs() - began < PATTERN_MS / 3) return byClock(inside, 3 * PATTERN_MS)
    const { pattern, text } = watch.now ?? { pattern: '', text: '' }
    remember(pattern, text)
    throw new OutOfTime(pattern, text)
  } finally {
    watch.by = outer
  }
}

/** What did not end once is not tried again: each pass of a plan would. */
const endless = new Map<string, Set<string>>()
const remember = (pattern: string, text: string): void => {
  endless.set(pattern, (endless.get(pattern) ?? new Set()).add(text))
}

/**
 * Does something pure with regular expressions; it ends, if need be by force, and then throws OutOfTime. One clock is set for
 * all of it, and none where the patterns and texts are such that they end soon: then it may be begun twice.
 */
export const inTime = <T>(inside: () => T): T => {
  if (watch.by !== 'nothing') return inside()
  watch.by = 'count'
  watch.steps = 0
  try {
    return inside()
  } catch (error) {
    if (error !== NEEDS_CLOCK) throw error
  } finally {
    watch.by = 'nothing'
  }
  return byClock(inside)
}

/** A bound of the steps that a pattern can take: `2 ** either * length ** (many + 1)`; endless where groups repeat. */
type Shape = { many: number; either: number }

const shapeOf = (source: string): Shape => {
  if (source.length > LONG) return { many: Number.POSITIVE_INFINITY, either: 0 }
  let flat = source.replace(/\\(?:[uUpP]\{[^}]*\}|[\s\S])/g, 'x')
  for (let last = ''; last !== flat; ) {
    last = flat
    flat = flat.replace(/\[[^[\]]*\]/g, 'x')
  }
  const bare = flat.replace(/\(\?(?:<?[=!]|-?i?:|<\w+>)/g, '(')
  if (/\)[*+{]/.test(bare)) return { many: Number.POSITIVE_INFINITY, either: 0 }
  return { many: bare.match(/[*+{]/g)?.length ?? 0, either: bare.match(/[?|]/g)?.length ?? 0 }
}

/**
 * A regular expression of an author's, which ends whatever it is tried on: `exec`, and with it `test`, `replace`, `match`
 * and all others, throw OutOfTime instead of going on. The engine of expressions asks the system whether it is to end each
 * time it steps back, so a clock ends it where nothing else would: a signal is heard only between two pieces of work.
 */
export class EndingPattern extends RegExp {
  /** As its author wrote it. */
  readonly #written: string
  #shape: Shape | undefined

  constructor(source: string | RegExp, flags?: string, written?: string) {
    super(source, flags)
    this.#written = written ?? (source instanceof EndingPattern ? source.#written : this.source)
  }

  override exec(text: string): RegExpExecArray | null {
    if (endless.get(this.#written)?.has(text)) throw new OutOfTime(this.#written, text)
    if (watch.by === 'clock') return this.#tried(text)
    this.#shape ??= shapeOf(this.source)
    const { many, either } = this.#shape
    const steps = 2 ** either * (text.length + 1) ** (many + 1)
    if (watch.by === 'count') watch.steps += steps
    if ((watch.by === 'count' ? watch.steps : steps) <= STEPS) return this.#tried(text)
    if (watch.by === 'count') throw NEEDS_CLOCK
    return byClock(() => this.#tried(text))
  }

  #tried(text: string): RegExpExecArray | null {
    watch.now = { pattern: this.#written, text }
    try {
      return super.exec(text)
    } catch (error) {
      // What is too large is told only when it is tried.
      if (error instanceof SyntaxError) throw new OutOfTime(this.#written, text)
      // The engine has run out of the memory in which it remembers where to step back to.
      if (!(error instanceof RangeError)) throw error
      remember(this.#written, text)
      throw new OutOfTime(this.#written, text)
    }
  }
}

/**
 * Whether a glob matches a whole name: `*` any text, `?` any one character, a RegExp what it says of one character, all else
 * itself. In one go, since only the last `*` ever has to stand for more: a pattern such as `*a*a*a*b` costs an expression
 * with all its ways back minutes.
 */
export const matchesGlob = (glob: ArrayLike<string | RegExp>, name: string): boolean => {
  let at = 0
  let of = 0
  let star: { at: number; of: number } | undefined
  while (of < name.length) {
    if (glob[at] === '*') star = { at: at++, of }
    else if (at < glob.length && isOne(glob[at]!, name[of]!)) {
      at += 1
      of += 1
    } else if (star) {
      star.of += 1
      at = star.at + 1
      of = star.of
    } else return false
  }
  while (glob[at] === '*') at++
  return at === glob.length
}

const isOne = (part: string | RegExp, char: string): boolean =>
  typeof part === 'string' ? part === '?' || part === char : part.test(char)
