import { type Failure, Refusal } from '../core/failure.ts'
import { fedTo, quote } from '../core/quote.ts'
import type { Fragment, Output, Transport, Upload } from '../core/transport.ts'
import { isRecord, withMember } from '../core/value.ts'
import { describe, type From, type Step } from '../module/step.ts'
import { type Line, refOf } from '../plan/line.ts'
import type { RunContext } from './context.ts'
import { expectFailure, longOutputFailure, noJsonFailure, stepFailure } from './failure-messages.ts'
import { rewrite, stepBytes, stepScript } from './step-script.ts'

/** What a step with `keep` said. */
export type CommandOutput = { rc: number; stdout: string; stderr: string }
type StepsEnd =
  | { failure: Failure; said?: CommandOutput; rest?: undefined }
  | { failure?: undefined; said?: CommandOutput; rest: Output[] }

const member = (context: RunContext, value: unknown): unknown => {
  if (isRecord(value) && ('from' in value || 'bytes' in value))
    return stepBytes(value as From, context.memory).toString()
  return value
}

/** The name under which a step makes something known. */
const madeBy = (step: Step): string | undefined =>
  step.do === 'generate' || step.do === 'fetch' || step.do === 'exec' ? step.name : undefined

/** Takes from a step's output what others need: a secret born or held there, a command's answer. */
const learn = (context: RunContext, step: Step, output: Output): CommandOutput | undefined => {
  const name = madeBy(step)
  if (name !== undefined) {
    const value = output.stdout.toString().trim()
    context.memory.set(name, value)
    if (step.do === 'generate' || (step.do === 'fetch' && step.secret)) context.known.keepSecret(value)
  }
  if (step.do === 'exec' && step.keep)
    return { rc: output.status, stdout: output.stdout.toString(), stderr: output.stderr.toString() }
  return undefined
}

type Chunk = { frame: Step[] } | { apart: Step }

/** The values in a step that another one makes known. */
const borrowed = (step: Step): From[] => {
  const values = step.do === 'write' ? [step.content] : step.do === 'exec' ? [step.stdin] : []
  const all = step.do === 'members' ? Object.values(step.set) : values
  return all.filter((value): value is From => isRecord(value) && 'from' in value)
}

/** The names of the values that a step cannot do without and another one makes known. */
export const valuesNeededBy = (step: Step): string[] =>
  borrowed(step).flatMap(({ from, orElse }) => (orElse === undefined ? [from] : []))

/** Neighbours that are plain shell travel together; a step that uses what one of them makes starts a new frame. */
const chunksOf = (steps: Step[]): Chunk[] => {
  const chunks: Chunk[] = []
  let made = new Set<string>()
  for (const step of steps) {
    const last = chunks.at(-1)
    const from = borrowed(step).map(value => value.from)
    if (step.do === 'upload' || step.do === 'unpack' || step.do === 'members') chunks.push({ apart: step })
    else if (last && 'frame' in last && !from.some(name => made.has(name))) last.frame.push(step)
    else {
      chunks.push({ frame: [step] })
      made = new Set()
    }
    const name = madeBy(step)
    if (name !== undefined) made.add(name)
  }
  return chunks
}

/** Whether all steps and their reads fit one frame, so that a line may travel with its neighbours. */
export const fitsFrame = (steps: Step[]): boolean => {
  const chunks = chunksOf(steps)
  return chunks.length === 0 || (chunks.length === 1 && 'frame' in chunks[0]!)
}

/** A script of a line, run as its task's identity. */
const asTask = ({ known }: RunContext, { host, machine, node }: Line, sh: string): string => {
  const user = known.identity(machine, node.become.has(host))
  return user === undefined ? sh : fedTo(user, sh)
}

/**
 * The fragment of a plain step. One that names its user is run by that user, whatever the task's identity; one that only
 * looks, by who reads.
 */
export const fragmentOf = (context: RunContext, line: Line, step: Step, login: string): Fragment => {
  const sh = stepScript(step, context.memory, login)!
  const isOwn = step.do === 'expect' || (step.do === 'exec' && step.user !== undefined)
  return { sh: isOwn ? sh : asTask(context, line, sh), step: true }
}

/** Judges what the steps of one frame said, in order: the first failure, or what a step with `keep` said. */
export const judgeOutputs = (
  context: RunContext,
  line: Line,
  steps: Step[],
  outputs: Output[],
): { failure?: Failure; said?: CommandOutput } => {
  let said: CommandOutput | undefined
  for (const [i, step] of steps.entries()) {
    const output = outputs[i]
    if (output === undefined) return { failure: { reason: 'host-step', what: `${describe(step)} did not run.` } }
    if (output.cut) return { failure: longOutputFailure(line, describe(step)) }
    said = learn(context, step, output) ?? said
    if (output.status === 0) continue
    const failure =
      step.do === 'expect' ? expectFailure(line, step.otherwise, said) : stepFailure(line, describe(step), output)
    return { failure, ...(said ? { said } : {}) }
  }
  return said ? { said } : {}
}

/**
 * Runs the steps of one line in order, behind the last of them the `tail` (the reads that verify), in as few frames
 * as can be. Uploads and edits of JSON members are trips of their own. Stops at the first failure.
 */
export const runSteps = async (
  context: RunContext,
  transport: Transport,
  line: Line,
  steps: Step[],
  tail: Fragment[],
): Promise<StepsEnd> => {
  const chunks = chunksOf(steps)
  if (chunks.length === 0 || 'apart' in chunks.at(-1)!) chunks.push({ frame: [] })
  let said: CommandOutput | undefined
  let rest: Output[] = []
  for (const [i, chunk] of chunks.entries()) {
    if ('apart' in chunk) {
      const failure = await runApart(context, transport, line, chunk.apart)
      if (failure) return { failure }
      continue
    }
    const fragments = chunk.frame.map(step => fragmentOf(context, line, step, transport.user))
    const outputs = await transport.run([...fragments, ...(i === chunks.length - 1 ? tail : [])])
    const judged = judgeOutputs(context, line, chunk.frame, outputs)
    said = judged.said ?? said
    if (judged.failure) return { failure: judged.failure, ...(said ? { said } : {}) }
    rest = outputs.slice(fragments.length)
  }
  return { rest, ...(said ? { said } : {}) }
}

/** What a step sends, as the task's identity. */
const uploadOf = (context: RunContext, line: Line, step: Sending): Upload => {
  const { file, size, digest } = step
  const login = context.known.identity(line.machine, line.node.become.has(line.host)) !== undefined
  const common = { source: { file }, size, digest, ...(login ? { asLogin: true as const } : {}) }
  if (step.do === 'unpack') return { ...common, path: step.into, mode: '', unpack: step.words }
  const { path, mode, owner, group } = step
  return { ...common, path, mode, ...(owner ? { owner } : {}), ...(group ? { group } : {}) }
}

type Sending = Extract<Step, { do: 'upload' | 'unpack' }>

/** Sends a file. A file that cannot be put there (a full disk) fails the task; a lost connection loses the host. */
const send = async (
  context: RunContext,
  transport: Transport,
  line: Line,
  step: Sending,
): Promise<Failure | undefined> => {
  const upload = uploadOf(context, line, step)
  const { size: total, path: what } = upload
  try {
    await transport.upload(upload, done => context.emit({ type: 'progress', ...refOf(line), done, total, what }))
    return undefined
  } catch (error) {
    const failure = error instanceof Refusal ? error.failures[0]! : undefined
    if (failure?.reason !== 'host-upload') throw error
    return { ...failure, origin: line.node.task.origin }
  }
}

/** What TypeScript does not know of JSON yet: numbers as they are written. */
const exactJson = JSON as unknown as {
  parse(text: string, revive: (key: string, value: unknown, context: { source: string }) => unknown): unknown
  rawJSON(text: string): unknown
}

/** The tree in a JSON file, its numbers as they are written there: what no task names stays as it is. */
const treeOf = (line: Line, path: string, text: string): { tree: unknown } | Failure => {
  try {
    return {
      tree: exactJson.parse(text, (_, value, { source }) =>
        typeof value === 'number' ? exactJson.rawJSON(source) : value,
      ),
    }
  } catch {
    return noJsonFailure(line, path)
  }
}

const runApart = async (
  context: RunContext,
  transport: Transport,
  line: Line,
  step: Step,
): Promise<Failure | undefined> => {
  if (step.do === 'upload' || step.do === 'unpack') return send(context, transport, line, step)
  if (step.do !== 'members') return undefined
  const [read] = await transport.run([{ sh: asTask(context, line, `cat -- ${quote(step.path)}`) }])
  if (read!.status !== 0) return stepFailure(line, describe(step), read!)
  const text = read!.stdout.toString()
  const found = treeOf(line, step.path, text)
  if ('reason' in found) return found
  let { tree } = found
  for (const [path, value] of Object.entries(step.set)) tree = withMember(tree, path, member(context, value))
  const bytes = Buffer.from(JSON.stringify(tree, null, step.indent) + (text.endsWith('\n') ? '\n' : ''))
  const [written] = await transport.run([{ sh: asTask(context, line, rewrite(step.path, bytes)), step: true }])
  return written!.status === 0 ? undefined : stepFailure(line, describe(step), written!)
}
