import { basename, dirname } from 'node:path'
import { digestTest, isGone, isThere } from '../core/path-test.ts'
import { pinFunctions } from '../core/pinned-folder.ts'
import { asOther, quote, quoted } from '../core/quote.ts'
import type { Content } from '../core/value.ts'
import { type Guard, guardScript } from '../module/guard.ts'
import { type From, folderProgram, type Step } from '../module/step.ts'
import { place, put } from './file-placing.ts'
import { awaitedJob, startedJob } from './job-script.ts'
import { handingOver, linking, making, removal, renaming, settingFlags, settingMode } from './pinned-deeds.ts'
import { smallFilesScript } from './small-files.ts'

/** Values that steps made known during the run (secrets born on a host): by name, in the controller's memory only. */
export type StepValues = Map<string, string>

/** Bytes for a step: content as it is, or text around a value that another step has made. */
export const stepBytes = (what: Content | From, memory: StepValues): Buffer => {
  if ('bytes' in what) return what.bytes
  const value = memory.get(what.from) ?? what.orElse
  if (value === undefined) throw new Error(`nothing has made ${what.from} known`)
  return Buffer.from(`${what.before ?? ''}${value}${what.after ?? ''}`)
}

/** Prints bytes without a process where they are plain text; nothing of them is ever an argument of a program. */
const printing = (bytes: Buffer): string => {
  const text = bytes.toString()
  if (Buffer.from(text).equals(bytes) && !bytes.includes(0)) return `printf %s '${text.replaceAll("'", `'\\''`)}'`
  return `base64 -d <<'RUNBOOK_END'\n${bytes.toString('base64').replace(/.{1,76}/g, '$&\n')}RUNBOOK_END\n`
}

const written = (bytes: Buffer): string => `{ ${printing(bytes)}\n} >"$t"`

/** Its bytes are looked at where nobody else can change them: the name may lead to another file by now. */
const copied = ({ from, digest, spent }: Extract<Step, { do: 'duplicate' }>): string => {
  const gone = spent ? `; s=$?; rm -f -- "$u"/${quote(basename(from))}; [ $s -eq 0 ]` : ''
  const copy = `{ cp -- ${quote(from)} "$t"${gone}; }`
  if (digest === undefined) return copy
  return `${copy} && { ${digestTest(digest, '"$t"')} || no ${quote(`${from} is not what it was when it was planned with`)}; }`
}

const run = (step: Extract<Step, { do: 'exec' }>, memory: StepValues, login: string): string => {
  const env = Object.entries(step.env ?? {}).map(([name, value]) => `${name}=${value}`)
  const isOther = step.user !== undefined && step.user !== login
  const limit = step.seconds === undefined ? [] : ['timeout', '-k', '10', String(step.seconds)]
  const words = [...(env.length > 0 ? [...(isOther ? [] : ['env']), ...env] : []), ...limit, ...step.argv]
  const program = isOther ? `${asOther(step.user!)} ${quoted(words)}` : quoted(words)
  const deaf = step.uncut ? "trap '' HUP INT TERM; " : ''
  const cd = step.cwd === undefined ? '' : `cd ${quote(step.cwd)} || exit; `
  const command = step.stdin ? `{ ${printing(stepBytes(step.stdin, memory))}\n} | { ${program}\n}` : program
  const success = step.success?.filter(status => status !== 0) ?? []
  const judged =
    success.length === 0 ? command : `${command}; s=$?; case $s in ${success.join('|')}) exit 0;; *) exit $s;; esac`
  const whole = deaf + cd + judged
  if (step.job === undefined) return whole
  return step.job.name === undefined ? startedJob(whole) : awaitedJob(whole, step.job.name)
}

/** The secret is printed once, into the controller's memory. */
const generate = (bytes: number): string => `od -vAn -N${bytes} -tx1 /dev/urandom | tr -d ' \\n'`

/**
 * See the `file` probe: size, ctime, inode and digest, so that a big file is hashed when it is sent and never again. One
 * whose name is too long for that has none, nor one whose ctime is in whole seconds, which tells too little, nor one in a folder
 * where others may write: they could have written the receipt too, and it would count for nothing.
 */
const receipt = (path: string, digest: string): string => {
  const name = `.${basename(path)}.receipt`
  if (Buffer.byteLength(name) > 255) return ':'
  const at = quote(`./${name}`)
  const put = `rm -f -- ${at} && ( set -C; printf '%s ${digest}\\n' "$s" >${at} )`
  const look = `s=$(stat -c '%s %.9Z %i' -- ${quote(`./${basename(path)}`)})`
  return `${pinFunctions}; pin ${quote(dirname(path))} && if alone; then ${look} && case $s in *.*[1-9]*\\ *) ${put};; esac; fi`
}

/** The shell text of a step; undefined for those that are more than one frame (`upload`, `unpack`, `download`, `members`) or none (`pause`). */
export const stepScript = (step: Step, memory: StepValues, login: string): string | undefined => {
  switch (step.do) {
    case 'exec':
      return run(step, memory, login)
    case 'write':
      return put(step, written(stepBytes(step.content as Content | From, memory)))
    case 'writes':
      return smallFilesScript(step)
    case 'duplicate':
      return put(step, copied(step))
    case 'remove':
      return removal(step.path)
    case 'owner':
      return handingOver(step.owner, step.paths)
    case 'mode':
      return settingMode(step.mode, step.paths)
    case 'flags':
      return settingFlags(step.path, step.change)
    case 'folder':
      return making(step.path, folderProgram(step))
    case 'rename':
      return renaming(step.from, step.to)
    case 'link':
      return linking(step.path, step.target)
    case 'generate':
      return generate(step.bytes)
    case 'fetch':
      return quoted(step.argv)
    case 'receipt':
      return receipt(step.path, step.digest)
    case 'expect':
      return step.exists ? isThere(step.path) : isGone(step.path)
    case 'guard':
      return guardScript(step.over, step.beside)
    case 'upload':
    case 'unpack':
    case 'download':
    case 'members':
    case 'pause':
      return undefined
  }
}

/** Replaces a file's bytes, leaving all else as it is: what a `members` step does after reading `over`. */
export const rewrite = (path: string, bytes: Buffer, over: Guard): string =>
  place(
    { path, over },
    written(bytes),
    `look && { [ "$u" = . ] || [ ! -h "$was" ] || no ${quote(`${path} is a link of somebody else`)}; } && keep "$was" "$t"`,
  )
