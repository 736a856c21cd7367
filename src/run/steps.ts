import { isUtf8 } from 'node:buffer'
import { byteText } from '../core/byte-text.ts'
import { type Failure, Refusal } from '../core/failure.ts'
import { quote } from '../core/quote.ts'
import type { Fragment, Output, Transport, Upload } from '../core/transport.ts'
import { isUnknown, strict } from '../core/unknown.ts'
import { isRecord, same, sha256, withMember } from '../core/value.ts'
import { type Guard, guardTestInCloset, movedStatus } from '../module/guard.ts'
import type { AnyQuery } from '../module/query.ts'
import { describe, type From, placesFile, type Step } from '../module/step.ts'
import { type Line, refOf } from '../plan/line.ts'
import { askedFor, otherIdentity, withoutPredictions, worldOn } from '../plan/walk-state.ts'
import { batch } from '../world/batch.ts'
import { answer } from '../world/world.ts'
import { asReader, fragmentAsTask, userOf } from './as-identity.ts'
import type { RunContext } from './context.ts'
import {
  expectFailure,
  longOutputFailure,
  noJsonFailure,
  overdueFailure,
  refusedFailure,
  stepFailure,
} from './failure-messages.ts'
import { refusedStatus } from './file-placing.ts'
import { guardedSteps } from './guarded-steps.ts'
import { pause } from './pause.ts'
import { archiveOf, archivePath, isStreamed, type Writes } from './small-files.ts'
import type { StepAnswer } from './step-answer.ts'
import { rewrite, stepBytes, stepScript } from './step-script.ts'

/** How steps ended: with what follows them in their frame, with a failure, or at a path where something else is by now. */
type StepsEnd = { said?: StepAnswer } & (
  | { failure: Failure; moved?: undefined; rest?: undefined }
  | { failure?: undefined; moved: string; rest?: undefined }
  | { failure?: undefined; moved?: undefined; rest: Output[] }
)

const member = (context: RunContext, value: unknown): unknown => {
  if (isRecord(value) && ('from' in value || 'bytes' in value))
    return stepBytes(value as From, context.memory).toString()
  return value
}

/** The name under which a step makes something known. */
const madeBy = (step: Step): string | undefined =>
  step.do === 'generate' || step.do === 'fetch' || step.do === 'exec' ? step.name : undefined

/** Takes from a step's output what others need: a secret born or held there, a command's answer. */
const learn = (context: RunContext, line: Line, step: Step, output: Output): StepAnswer | undefined => {
  const name = madeBy(step)
  if (name !== undefined) {
    const value = output.stdout.toString().trim()
    context.memory.set(name, value)
    if (step.do === 'generate' || (step.do === 'fetch' && step.secret)) context.known.secrets.add(value)
  }
  if (placesFile(step) && step.backup && output.status === 0 && output.stdout.length > 0)
    return { kept: { [step.backup]: byteText(output.stdout) } }
  if (step.do === 'exec' && step.job && step.job.name === undefined)
    return output.status === 0 ? { kept: { ansible_job_id: byteText(output.stdout) } } : undefined
  if (step.do !== 'exec' || !step.keep) return undefined
  if (line.told) {
    const { outputs, ...fault } = line.told(strict(line.inputs?.args ?? {}), output)
    return { kept: outputs, ...fault }
  }
  warnOfBytes(context, line, output)
  return { rc: output.status, stdout: output.stdout.toString(), stderr: output.stderr.toString() }
}

/** What is registered is text: bytes that are none are lost in it, and whoever uses it would not know. */
const warnOfBytes = ({ emit }: RunContext, { node, host, id }: Line, { stdout, stderr }: Output): void => {
  if (node.task.register === undefined || (isUtf8(stdout) && isUtf8(stderr))) return
  const text = `what it printed is not UTF-8: in ${node.task.register} U+FFFD stands for each byte that is no text. Let it print base64, or write a file.`
  emit({ type: 'warning', host, node: id, text })
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

/** Steps that are trips of their own. */
const isApart = ({ do: kind }: Step): boolean => ['upload', 'unpack', 'download', 'members', 'pause'].includes(kind)

/** Neighbours that are plain shell travel together; a step that uses what one of them makes starts a new frame. */
const chunksOf = (steps: Step[]): Chunk[] => {
  const chunks: Chunk[] = []
  let made = new Set<string>()
  for (const step of steps) {
    const last = chunks.at(-1)
    const from = borrowed(step).map(value => value.from)
    if (step.do === 'writes' && isStreamed(step)) chunks.push({ apart: step }, { frame: [step] })
    else if (isApart(step)) chunks.push({ apart: step })
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

/** Steps of a line, all or those of a phase, as they are sent: with what guards them. */
export const sentSteps = (context: RunContext, line: Line, steps = line.steps): Step[] =>
  guardedSteps(line, steps, userOf(context, line) === undefined)

/**
 * The fragment of a plain step. One that names its user is run by that user, whatever the task's identity; one that only
 * looks, by who reads.
 */
export const fragmentOf = (context: RunContext, line: Line, step: Step, login: string): Fragment => {
  const shell = otherIdentity(context.known, line)?.shell
  const sh = stepScript(step, context.memory, shell?.user ?? login)!
  const isOwn = step.do === 'expect' || step.do === 'guard' || (step.do === 'exec' && step.user !== undefined)
  const lingers = step.do === 'exec' || (placesFile(step) && step.check) ? { lingers: true as const } : {}
  return { ...(isOwn ? asReader(context, line, sh) : fragmentAsTask(context, line, sh)), step: true, ...lingers }
}

/** A step in words without secrets: of a long one only the beginning is told, and so maybe half a secret. */
const told = ({ known }: RunContext, step: Step): string => known.secrets.text(describe(step))

/** The path at which a step, or what guards it, has found something else than what was seen. */
const movedAt = (step: Step, { status, stdout }: Output): string | undefined =>
  status === movedStatus && (step.do === 'guard' || ((placesFile(step) || step.do === 'writes') && step.over))
    ? byteText(stdout)
    : undefined

const failureOf = (
  context: RunContext,
  line: Line,
  step: Step,
  output: Output,
  said: StepAnswer | undefined,
): Failure => {
  if (step.do === 'expect') return expectFailure(line, step.otherwise, said && 'rc' in said ? said : undefined)
  if (placesFile(step) && step.check && output.status === refusedStatus)
    return refusedFailure(line, step.path, step.check, output)
  const overdue =
    step.do === 'exec' && step.seconds !== undefined
      ? overdueFailure(line, told(context, step), step.seconds, output)
      : undefined
  return overdue ?? stepFailure(line, told(context, step), output)
}

/** Why a step has failed by what its module makes of its words. */
const faultOf = ({ node: { task } }: Line, said: StepAnswer | undefined): Failure | undefined => {
  if (said === undefined || 'rc' in said || said.why === undefined) return undefined
  const [what, ...why] = said.why.split('\n')
  return {
    reason: 'host-step',
    what: what!,
    ...(why.length > 0 ? { why: why.join('\n') } : {}),
    ...(said.fix === undefined ? {} : { fix: said.fix }),
    origin: task.origin,
  }
}

/** Judges what the steps of one frame said, in order: the first that did not do it, or what a step with `keep` said. */
export const judgeOutputs = (
  context: RunContext,
  line: Line,
  steps: Step[],
  outputs: Output[],
): { failure?: Failure; moved?: string; said?: StepAnswer } => {
  let said: StepAnswer | undefined
  for (const [i, step] of steps.entries()) {
    const output = outputs[i]
    if (output === undefined) return { failure: { reason: 'host-step', what: `${describe(step)} did not run.` } }
    if (output.cut) return { failure: longOutputFailure(line, told(context, step)) }
    said = learn(context, line, step, output) ?? said
    const fault = step.do === 'exec' && step.keep ? faultOf(line, said) : undefined
    if (output.status === 0 && fault === undefined) continue
    const moved = movedAt(step, output)
    if (moved !== undefined) return { moved }
    return { failure: fault ?? failureOf(context, line, step, output, said), ...(said ? { said } : {}) }
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
  let said: StepAnswer | undefined
  let rest: Output[] = []
  for (const [i, chunk] of chunks.entries()) {
    if ('apart' in chunk) {
      if (chunk.apart.do === 'pause') {
        said = await pause(context, line, chunk.apart)
        continue
      }
      const stopped = await runApart(context, transport, line, chunk.apart)
      if (stopped) return stopped
      continue
    }
    const fragments = chunk.frame.map(step => fragmentOf(context, line, step, transport.user))
    const outputs = await transport.run([...fragments, ...(i === chunks.length - 1 ? tail : [])])
    const judged = judgeOutputs(context, line, chunk.frame, outputs)
    said = judged.said ?? said
    if (judged.moved !== undefined) return { moved: judged.moved }
    if (judged.failure) return { failure: judged.failure, ...(said ? { said } : {}) }
    rest = outputs.slice(fragments.length)
  }
  return { rest, ...(said ? { said } : {}) }
}

/** The test of what is replaced, of one line. The login user, who may not be let at its content, sees that it is there. */
const overOf = (guard: Guard | undefined, login: boolean): string | undefined => {
  if (guard === undefined) return undefined
  const test = guardTestInCloset(guard)
  const isClosed = '[ -e "$at" ] && [ ! -r "$was" ]'
  const whole = login && guard.digest !== undefined ? `{ ${isClosed}; } || { ${test}; }` : test
  return whole.includes('\n') ? undefined : whole
}

/** What a step sends, as the task's identity. */
const uploadOf = (context: RunContext, line: Line, step: Sending): Upload => {
  const { file, size, digest } = step
  const user = userOf(context, line)
  const common = { source: { file }, size, digest, ...(user === undefined ? {} : { user }) }
  if (step.do === 'unpack') return { ...common, path: step.into, mode: '', unpack: step.words }
  const { path, mode, owner, group } = step
  const over = overOf(step.over, user !== undefined)
  return {
    ...common,
    path,
    mode,
    ...(owner ? { owner } : {}),
    ...(group ? { group } : {}),
    ...(over === undefined ? {} : { over }),
  }
}

/** Why a step that is a trip of its own was the last. */
type Stopped = Exclude<StepsEnd, { rest: Output[] }>
type Sending = Extract<Step, { do: 'upload' | 'unpack' }>

/** Sends a file. A file that cannot be put there (a full disk) fails the task; a lost connection loses the host. */
const send = async (
  context: RunContext,
  transport: Transport,
  line: Line,
  upload: Upload,
  what = upload.path,
): Promise<Stopped | undefined> => {
  const { size: total } = upload
  try {
    const shell = otherIdentity(context.known, line)?.shell
    const by = shell === undefined ? transport : transport.as(shell)
    await by.upload(upload, done => context.emit({ type: 'progress', ...refOf(line), done, total, what }))
    return undefined
  } catch (error) {
    const failure = error instanceof Refusal ? error.failures[0]! : undefined
    if (failure?.reason === 'plan-moved') return { moved: upload.path }
    if (failure?.reason !== 'host-upload') throw error
    return { failure: { ...failure, origin: line.node.task.origin } }
  }
}

/** Small files that are too many for a frame: one archive, which the frame behind it unpacks. */
const sendSmallFiles = async (
  context: RunContext,
  transport: Transport,
  line: Line,
  step: Writes,
): Promise<Stopped | undefined> => {
  const bytes = archiveOf(step)
  const user = userOf(context, line)
  const whole = { size: bytes.length, digest: sha256(bytes), path: archivePath(step), mode: '0600' }
  const upload: Upload = { source: { bytes }, ...whole, ...(user === undefined ? {} : { user }) }
  return send(context, transport, line, upload, step.below)
}

/** Brings a file to the controller, and forgets what was known of it there. */
const bring = async (
  context: RunContext,
  transport: Transport,
  line: Line,
  step: Extract<Step, { do: 'download' }>,
): Promise<Stopped | undefined> => {
  const { known, emit } = context
  const { path, size: total, file } = step
  const { download } = await import('./download.ts')
  const progress = (done: number): void => emit({ type: 'progress', ...refOf(line), done, total, what: path })
  const ended = await download(transport, sh => fragmentAsTask(context, line, sh), step, progress)
  for (const [name, { raw }] of known.controller.raws)
    if (name.startsWith('local-file ') && isRecord(raw) && raw.file === file) known.controller.raws.delete(name)
  if (ended.is === 'moved') return { moved: path }
  return ended.is === 'failed' ? { failure: { ...ended.failure, origin: line.node.task.origin } } : undefined
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

/** How often a file is read whose members are set, when something writes to it each time before they are. */
const mostReads = 3

/** The members of a file that a line promises, each with what was seen of it. */
const seenMembers = ({ will, before }: Line, path: string): [AnyQuery, unknown][] =>
  will.flatMap(([query], i): [AnyQuery, unknown][] =>
    query.key.startsWith(`member:${path}#`) && !isUnknown(before[i]) ? [[query, before[i]]] : [],
  )

/**
 * Sets members of a file over what it holds then: read, where each of them still is what was seen, and put in place if the
 * file still is what was read.
 */
const setMembers = async (
  context: RunContext,
  transport: Transport,
  line: Line,
  step: Extract<Step, { do: 'members' }>,
): Promise<Stopped | undefined> => {
  const seen = seenMembers(line, step.path)
  const answers = context.known.answers.get(line.machine)!
  const again = batch(
    answers,
    seen.map(([query]) => askedFor(context.known, line)(query)),
  )
  for (let reads = 1; ; reads++) {
    const cat = fragmentAsTask(context, line, `cat -- ${quote(step.path)}`)
    const [read, ...members] = await transport.run([cat, ...again.fragments])
    if (read!.status !== 0) return { failure: stepFailure(line, told(context, step), read!) }
    again.record(members)
    const world = worldOn(withoutPredictions(context.walk), line.machine)
    if (seen.some(([query, was]) => !same(answer(world, query), was))) return { moved: step.path }
    // Of bytes of another kind what no task names would be written back as something else.
    if (!isUtf8(read!.stdout)) return { failure: noJsonFailure(line, step.path) }
    const text = read!.stdout.toString()
    const found = treeOf(line, step.path, text)
    if ('reason' in found) return { failure: found }
    let { tree } = found
    for (const [path, value] of Object.entries(step.set)) tree = withMember(tree, path, member(context, value))
    const bytes = Buffer.from(JSON.stringify(tree, null, step.indent) + (text.endsWith('\n') ? '\n' : ''))
    const over: Guard = { path: step.path, kind: 'there', digest: sha256(read!.stdout) }
    const put = { ...fragmentAsTask(context, line, rewrite(step.path, bytes, over)), step: true as const }
    const [written] = await transport.run([put])
    if (written!.status === 0) return undefined
    if (written!.status !== movedStatus) return { failure: stepFailure(line, told(context, step), written!) }
    if (reads === mostReads) return { moved: step.path }
  }
}

const runApart = async (
  context: RunContext,
  transport: Transport,
  line: Line,
  step: Step,
): Promise<Stopped | undefined> => {
  if (step.do === 'upload' || step.do === 'unpack') return send(context, transport, line, uploadOf(context, line, step))
  if (step.do === 'download') return bring(context, transport, line, step)
  if (step.do === 'writes') return sendSmallFiles(context, transport, line, step)
  return step.do === 'members' ? setMembers(context, transport, line, step) : undefined
}
