import { basename, dirname } from 'node:path'
import { isGone, isThere } from '../core/path-test.ts'
import { quote, quoted } from '../core/quote.ts'
import type { Content } from '../core/value.ts'
import type { From, Owner, Step } from '../module/step.ts'

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

const chown = ({ owner, group }: Owner, path: string): string[] =>
  owner === undefined && group === undefined
    ? []
    : [`chown -h -- ${quote(`${owner ?? ''}${group === undefined ? '' : `:${group}`}`)} ${path}`]

/**
 * A file put in place whole: temporary name in the target folder, dressed as `$t` by the given words, synced, renamed.
 * Nothing stays behind a failure or a cut. What a machine has left that lost its power goes with the next write. A
 * long name is cut, since the whole may have 255 bytes.
 */
const place = (path: string, bytes: Buffer, dress: string[]): string => {
  const start = quote(`${dirname(path)}/.${basename(path).slice(0, 50)}.runbook-`)
  const sweep = `set -- ${start}??????; [ ! -f "$1" ] || rm -f -- "$@"`
  const tidy = `trap 'rm -f -- "$t"' EXIT; trap 'exit 1' HUP INT TERM`
  const steps = [`{ ${printing(bytes)}\n} >"$t"`, ...dress, 'sync -- "$t"', `mv -fT -- "$t" ${quote(path)}`]
  return `umask 077; ${sweep}; t=$(mktemp ${start}XXXXXX) || exit 1; ${tidy}; ${steps.join(' && ')} && trap - EXIT`
}

/** The mode comes after the owner: chown takes setuid away. */
const write = (path: string, bytes: Buffer, mode: string, owner: Owner): string =>
  place(path, bytes, [...chown(owner, '"$t"'), `chmod ${mode} "$t"`])

const run = (step: Extract<Step, { do: 'exec' }>, memory: StepValues, login: string): string => {
  const env = Object.entries(step.env ?? {}).map(([name, value]) => `${name}=${value}`)
  const as = step.user === undefined || step.user === login ? [] : ['runuser', '-u', step.user, '--']
  const words = [...as, ...(env.length > 0 ? ['env', ...env] : []), ...step.argv]
  const deaf = step.uncut ? "trap '' HUP INT TERM; " : ''
  const cd = step.cwd === undefined ? '' : `cd ${quote(step.cwd)} || exit; `
  const command = step.stdin ? `{ ${printing(stepBytes(step.stdin, memory))}\n} | ${quoted(words)}` : quoted(words)
  const success = step.success?.filter(status => status !== 0) ?? []
  const judged =
    success.length === 0 ? command : `${command}; s=$?; case $s in ${success.join('|')}) exit 0;; *) exit $s;; esac`
  return deaf + cd + judged
}

/** The secret is printed once, into the controller's memory. */
const generate = (bytes: number): string => `od -vAn -N${bytes} -tx1 /dev/urandom | tr -d ' \\n'`

/**
 * See the `file` probe: size, ctime, inode and digest, so that a big file is hashed when it is sent and never again. One
 * whose name is too long for that has none.
 */
const receipt = (path: string, digest: string): string => {
  const name = `.${basename(path)}.receipt`
  if (Buffer.byteLength(name) > 255) return ':'
  const at = quote(`${dirname(path)}/${name}`)
  return `s=$(stat -c '%s %.9Z %i' -- ${quote(path)}) && printf '%s ${digest}\\n' "$s" >${at}`
}

/** The shell text of a step; undefined for those that are more than one frame (`upload`, `unpack`, `members`). */
export const stepScript = (step: Step, memory: StepValues, login: string): string | undefined => {
  switch (step.do) {
    case 'exec':
      return run(step, memory, login)
    case 'write':
      return write(step.path, stepBytes(step.content as Content | From, memory), step.mode, step as Owner)
    case 'remove':
      return `rm -rf -- ${quote(step.path)}`
    case 'rename':
      return `mv -T -- ${quoted([step.from, step.to])} || { s=$?; rm -rf -- ${quote(step.from)}; exit $s; }`
    case 'generate':
      return generate(step.bytes)
    case 'fetch':
      return quoted(step.argv)
    case 'receipt':
      return receipt(step.path, step.digest)
    case 'expect':
      return step.exists ? isThere(step.path) : isGone(step.path)
    case 'upload':
    case 'unpack':
    case 'members':
      return undefined
  }
}

/** Replaces a file's bytes, leaving its mode and owner: what a `members` step does after reading it. */
export const rewrite = (path: string, bytes: Buffer): string =>
  place(
    path,
    bytes,
    ['chown', 'chmod'].map(program => `${program} --reference=${quote(path)} "$t"`),
  )
