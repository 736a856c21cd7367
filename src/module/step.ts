import { ownerWord } from '../core/keep-attributes.ts'
import { quoted } from '../core/quote.ts'
import type { Later } from '../core/unknown.ts'
import { type Content, type Json, sha256 } from '../core/value.ts'
import type { Guard } from './guard.ts'

/**
 * A value that another step of this node makes known (a secret born on a host): carried in memory, written as content,
 * never an argv. With `orElse` a host does without the value, and not without the step, when its maker failed or was lost.
 */
export type From = { from: string; before?: string; after?: string; orElse?: string }

export type Owner = { owner?: string; group?: string }

/**
 * How a file comes to its place. One that it replaces hands on all that it has besides: its owner where none is given, its
 * access control list, its extended attributes. `keeps`: it has this mode and owner already, which saves work. `over`, set
 * by the engine: what was seen at the path, tested right before the rename.
 */
type Placing = { path: string; mode: string; keeps?: boolean; over?: Guard } & OnTheWay & Owner

/**
 * What a file meets on the way to its place. `check`: the words of a program that has to end with 0 over the new one, which
 * is `%s` in them; else what is there stays. It may look at whatever it likes, and has nothing to change. `backup`: what is
 * replaced is kept beside it (`PATH.PID.YYYY-MM-DD@HH:MM:SS~`), and the path of that is the output of this name. `inPlace`: where the
 * name cannot be given to another file, since something is mounted there, the bytes are written into the one that has it.
 */
export type OnTheWay = { check?: string[]; backup?: string; inPlace?: true }

/** One of several files that are put in place together; `path` is below their folder. `replaces`: a file is there. */
export type SmallFile = { path: string; content: Content; mode: string; replaces?: true } & Owner

/**
 * The writes a module may ask for: data that is shown, counted and replayed. Every step is safe to be cut at any
 * moment: files come into place by rename, programs that write several files run into a fresh sibling folder.
 */
export type Step =
  | {
      do: 'exec'
      argv: string[]
      env?: Record<string, string>
      stdin?: Content | From
      cwd?: string
      /** Run as this user instead of the play's identity. */
      user?: string
      /** Goes on to its end when the connection is gone: a program that leaves a half behind where it is cut. */
      uncut?: true
      /** It is ended when it has taken so many seconds, which is a failure. */
      seconds?: number
      /**
       * It goes on by itself on the host. With a name the step waits for it; a job of that name that runs, or whose result nobody has
       * collected, is taken for it. Without one the step is done when it has begun, and tells its name as `ansible_job_id`.
       */
      job?: { name?: string }
      /** Keep what it prints under a name, for steps of later phases. */
      name?: string
      /** Keep what it says as the node's outputs `rc`, `stdout`, `stderr`; exit statuses that count as success. */
      keep?: true
      success?: number[]
      /** Paths that it puts something else in place of, or removes: what was seen there is guarded right before it. */
      replaces?: string[]
      /** What steps before have put beside these, and goes where the guard fails. */
      beside?: string[]
    }
  | ({ do: 'write'; content: Content | From | Later } & Placing)
  /**
   * Several small files, put in place one by one by rename, out of one folder beside them: what programs have to be started
   * for is done for all at once. Content whose bytes are not there is read from its file of the controller.
   */
  | { do: 'writes'; below: string; files: SmallFile[]; over?: Guard[] }
  /**
   * The same with the bytes of another file of the host; with `digest` only if they are these. `spent`: it lies beside the
   * path for this alone, and goes in any case.
   */
  | ({ do: 'duplicate'; from: string; digest?: string; spent?: true } & Placing)
  /**
   * Sets members of a JSON file, leaving the rest as it is; the file's mode and owner stay. The whole of it, whatever keys
   * it holds, passes through the controller's memory and is shown nowhere.
   */
  | { do: 'members'; path: string; set: Record<string, Json | Content | From>; indent: number }
  /** A file of the controller (an archive, a file to be copied), streamed. */
  | ({ do: 'upload'; file: string; size: number; digest: string } & Placing)
  /** An archive of the controller, unpacked into a folder while it arrives; `words`: more of them for tar. */
  | { do: 'unpack'; file: string; size: number; digest: string; into: string; words: string[] }
  /**
   * Brings a file of the host to `file`, a path of the controller, whose folders are made. `loose`: it may have changed since
   * it was seen, and comes as it is then, up to `most` bytes.
   */
  | {
      do: 'download'
      path: string
      size: number
      digest: string
      file: string
      mode: string
      loose?: true
      most?: number
    }
  | { do: 'remove'; path: string }
  /** The owner of what is there, as chown takes it; of a link its own. A path with `/` behind it is what it leads to. */
  | { do: 'owner'; paths: string[]; owner: string }
  /** The mode of what is there, as chmod takes it. */
  | { do: 'mode'; paths: string[]; mode: string }
  /** Flags of the file system, as chattr takes their change: `+i`, `-a`, `=A`. */
  | { do: 'flags'; path: string; change: string }
  /** A folder, and those above it as plain ones. One that is there gets mode and owner too; without a mode it stays as it is. */
  | ({ do: 'folder'; path: string; mode?: string } & Owner)
  /** A symbolic link, in place of what is there. */
  | { do: 'link'; path: string; target: string }
  /** Puts a folder that was made beside it in place. Where that fails nothing of it stays: it may hold a key. */
  | { do: 'rename'; from: string; to: string }
  /** A secret of `bytes` random bytes, born on the host as hex, known to later phases under `name`. */
  | { do: 'generate'; name: string; bytes: number }
  /**
   * Reads a value that a host holds into the controller's memory under `name`: the trimmed output of argv. It never
   * writes.
   */
  | { do: 'fetch'; name: string; argv: string[]; secret?: true }
  /**
   * Keeps the digest of a big file beside it, so that a check need not hash it again. For a file that steps before have
   * just put there, from bytes whose digest they have checked.
   */
  | { do: 'receipt'; path: string; digest: string }
  /**
   * Writes nothing: fails where a path is not there (or still is) behind the steps before it, in the words of the user whose
   * mistake that is.
   */
  | { do: 'expect'; path: string; exists: boolean; otherwise: { what: string; why?: string; fix: string } }
  /**
   * Waits on the controller: for a time, or until somebody at its terminal has answered, who is asked once for all hosts of a task.
   * Writes nothing anywhere. `unit`: in which the time was said.
   */
  | { do: 'pause'; seconds?: number; question?: string; isShown?: boolean; unit?: 'seconds' | 'minutes' }
  /**
   * Put in by the engine: ends the line where one of these is not what was seen, and removes what steps before have put
   * beside it.
   */
  | { do: 'guard'; over: Guard[]; beside: string[] }

export const exec = (argv: string[], more: Omit<Extract<Step, { do: 'exec' }>, 'do' | 'argv'> = {}): Step => ({
  do: 'exec',
  argv,
  ...more,
})

/** A program that is not to be cut: one that writes several files, such as those of the accounts. */
export const uncut = (argv: string[]): Step => exec(argv, { uncut: true })

/** A folder with mode and owner; its parents are made too, as plain folders. Without a mode one that is there stays as it is. */
export const folder = (path: string, mode?: string, owner: Owner = {}): Step => ({
  do: 'folder',
  path,
  ...(mode === undefined ? {} : { mode }),
  ...owner,
})

/** The program that makes a folder, but for the path. */
export const folderProgram = ({ mode, owner, group }: { mode?: string } & Owner): string[] =>
  mode === undefined
    ? ['mkdir', '-p']
    : ['install', '-d', '-m', mode, ...(owner ? ['-o', owner] : []), ...(group ? ['-g', group] : [])]

/**
 * A name beside a path, for what is to take its place: with an ending, and where that is more than the 255 bytes that a
 * name may have, of a digest in place of the name.
 */
export const temporaryBeside = (path: string, ending: string, start = ''): string => {
  const at = path.lastIndexOf('/') + 1
  const whole = `${start}${path.slice(at)}${ending}`
  const name = Buffer.byteLength(whole) <= 255 ? whole : `${start}${sha256(path.slice(at)).slice(0, 32)}${ending}`
  return `${path.slice(0, at)}${name}`
}

/** A symbolic link, put in place by rename: there is no moment without one. */
export const link = (path: string, target: string): Step[] => [{ do: 'link', path, target }]

/** Mode and owner of something that is there, only what is given. */
export const attributes = (path: string, mode: string | undefined, owner: Owner): Step[] => {
  const word = ownerWord(owner)
  return [
    ...(word === undefined ? [] : [{ do: 'owner', paths: [path], owner: word } satisfies Step]),
    ...(mode === undefined ? [] : [{ do: 'mode', paths: [path], mode } satisfies Step]),
  ]
}

/** A step that puts a file in place by rename. */
export type PlacingStep = Extract<Step, { do: 'write' | 'duplicate' | 'upload' }>
export const placesFile = (step: Step): step is PlacingStep =>
  step.do === 'write' || step.do === 'duplicate' || step.do === 'upload'

/** The paths at which a step puts something else in place, or nothing. */
export const replacedBy = (step: Step): string[] => {
  if (step.do === 'exec') return step.replaces ?? []
  if (step.do === 'rename') return [step.to]
  if (step.do === 'writes') return step.files.map(({ path }) => `${step.below}/${path}`)
  return placesFile(step) || step.do === 'remove' || step.do === 'link' ? [step.path] : []
}

/** What is of no use where the paths that a step replaces are not what was seen. */
export const besideOf = (step: Step): string[] => {
  if (step.do === 'exec') return step.beside ?? []
  return step.do === 'rename' ? [step.from] : []
}

const bytesOf = (files: SmallFile[]): number => files.reduce((sum, { content }) => sum + content.size, 0)

/** What a file meets on its way, in words. */
const onTheWay = ({ check, backup, inPlace }: OnTheWay): string =>
  [
    check === undefined ? '' : `, if it passes ${quoted(check)}`,
    backup ? ', keeping what was there beside it' : '',
    inPlace ? ', over the old bytes where it cannot be replaced' : '',
  ].join('')

/** One line that a person can read, without any content. */
export const describe = (step: Step): string => {
  switch (step.do) {
    case 'exec':
      return `${step.user ? `as ${step.user}: ` : ''}${quoted(step.argv)}`
    case 'write':
      return `write ${step.path} (${step.mode})${onTheWay(step)}`
    case 'writes':
      return `write ${step.files.length} files below ${step.below} (${bytesOf(step.files)} bytes)`
    case 'duplicate':
      return `copy ${step.from} to ${step.path} (${step.mode})${onTheWay(step)}`
    case 'members':
      return `set ${Object.keys(step.set).join(', ')} in ${step.path}`
    case 'upload':
      return `upload ${step.path} (${step.size} bytes)`
    case 'unpack':
      return `unpack into ${step.into} (${step.size} bytes)`
    case 'download':
      return `bring ${step.path} to ${step.file} (${step.size} bytes)`
    case 'link':
      return quoted(['ln', '-sfn', '--', step.target, step.path])
    case 'remove':
      return `remove ${step.path}`
    case 'owner':
      return quoted(['chown', '-h', '--', step.owner, ...step.paths])
    case 'mode':
      return quoted(['chmod', step.mode, '--', ...step.paths])
    case 'flags':
      return quoted(['chattr', step.change, step.path])
    case 'folder':
      return quoted([...folderProgram(step), '--', step.path])
    case 'rename':
      return quoted(['mv', '-T', '--', step.from, step.to])
    case 'generate':
      return `generate ${step.name}`
    case 'fetch':
      return `fetch ${step.name}`
    case 'receipt':
      return `receipt for ${step.path}`
    case 'expect':
      return `see that ${step.path} is ${step.exists ? 'there' : 'gone'}`
    case 'pause':
      return step.seconds === undefined ? `ask: ${step.question ?? 'go on?'}` : `wait ${step.seconds} s`
    case 'guard':
      return `see that ${step.over.map(({ path }) => path).join(', ')} is as it was read`
  }
}
