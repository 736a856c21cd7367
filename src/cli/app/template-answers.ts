import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { FileFault, kindOfPath, MOST_OF_TEXT, readControllerFile, textIfReadable } from '../../core/controller-file.ts'
import { attempt, refuse } from '../../core/failure.ts'
import { isVault, openIfVault } from '../../core/vault-file.ts'
import type { ControllerAnswers, Question, WebRequest } from '../../jinja/controller-answers.ts'
import { type FaultPlace, ValueFault } from '../../jinja/value.ts'
import { selectHosts } from '../../load/pattern.ts'
import type { Source } from '../../load/template-faults.ts'

/** A command that a template starts ends within this time: whoever waits has asked for a plan. */
const LONGEST_COMMAND = 30_000

/** What a run has asked its controller, and was answered. */
export type RunAnswers = {
  kept: Map<string, unknown>
  /** Passwords that were made and stand in no file yet, by its path. */
  passwords: Map<string, string>
  /** Whether an apply has begun: then a password that is made stands in its file at once. */
  isApplying: boolean
}
export const noAnswers = (): RunAnswers => ({ kept: new Map(), passwords: new Map(), isApplying: false })

/** What makes an answer one of this host and item, and where things are looked for. */
export type Asking = {
  answers: RunAnswers
  /** Whose template it is: the host, and the item of a loop. */
  asker: string
  folders: string[]
  /** Whether `pipe`, `lines` and `url` may be used. */
  programs: 'allowed' | 'refused'
  /** Is told what was read or made that nobody may see. */
  keepSecret(value: string): void
}

const asFault = <T>(what: string, ask: () => T): T => {
  try {
    return ask()
  } catch (error) {
    if (error instanceof ValueFault) throw error
    if (error instanceof FileFault) throw new ValueFault(`${what} ${error.told}.`)
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new ValueFault(`${what} cannot be looked at: ${code}.`)
  }
}

const realPath = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    const parent = dirname(path)
    return parent === path ? path : join(realPath(parent), basename(path))
  }
}

const isMount = (path: string): boolean => {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found || found.isSymbolicLink()) return false
  const parent = statSync(join(path, '..'))
  return found.dev !== parent.dev || found.ino === parent.ino
}

const homeOf = (user: string): string | undefined => {
  if (user === '') return process.env.HOME ?? homedir()
  const line = textIfReadable('/etc/passwd')
    ?.split('\n')
    .find(one => one.startsWith(`${user}:`))
  return line?.split(':')[5]
}

const outputOf = (command: string, folder: string): string => {
  const { stdout, stderr, status, error, signal } = spawnSync('/bin/sh', ['-c', command], {
    cwd: folder,
    encoding: 'utf8',
    input: '',
    timeout: LONGEST_COMMAND,
    killSignal: 'SIGKILL',
    maxBuffer: MOST_OF_TEXT,
  })
  const isLate = (error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT'
  if (isLate) throw new ValueFault(`This command did not end within ${LONGEST_COMMAND / 1000} s: ${command}`)
  if (error) throw new ValueFault(`This command could not be run: ${command}: ${error.message}`)
  if (status === 0) return stdout
  const last = stderr.trim().split('\n').at(-1)
  throw new ValueFault(`This command ended with ${status ?? signal}: ${command}${last ? `: ${last}` : ''}`)
}

// A template is rendered in one go, so what it fetches is waited for: a process of its own fetches it.

/** Headers, which may be secret, come over standard input. */
const PROGRAM = `
const { url, headers, redirect, timeout } = JSON.parse((await Array.fromAsync(process.stdin)).join(''))
const told = what => { process.stdout.write(JSON.stringify(what)) }
try {
  const answer = await fetch(url, { headers, redirect, signal: AbortSignal.timeout(timeout) })
  if (answer.status < 200 || answer.status > 299) told({ refused: 'HTTP Error ' + answer.status + ': ' + answer.statusText })
  else told({ text: await answer.text() })
} catch (error) {
  told({ failed: error.cause?.message || error.cause?.code || error.message })
}
`

/** A url as it may be shown: without the password in it. */
const shown = (url: string): string => url.replace(/^(\w+:\/\/[^/:@]*):[^/@]*@/, '$1:********@')

const environmentFor = ({ checksCertificate, usesProxy, authorities }: WebRequest): NodeJS.ProcessEnv => ({
  ...process.env,
  NODE_NO_WARNINGS: '1',
  ...(usesProxy && { NODE_USE_ENV_PROXY: '1' }),
  ...(!checksCertificate && { NODE_TLS_REJECT_UNAUTHORIZED: '0' }),
  ...(authorities !== undefined && { NODE_EXTRA_CA_CERTS: authorities }),
})

const loginFrom = (url: URL): WebRequest['login'] =>
  url.username === ''
    ? undefined
    : { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }

/** What a web server answers. Throws a ValueFault that says why there is no answer. */
const fetchInProcess = (request: WebRequest): string => {
  if (!URL.canParse(request.url)) throw new ValueFault(`This is no url: ${shown(request.url)}`)
  const url = new URL(request.url)
  const login = request.login ?? loginFrom(url)
  url.username = url.password = ''
  const basic = login && Buffer.from(`${login.user}:${login.password}`).toString('base64')
  const { stdout, error } = spawnSync(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    input: JSON.stringify({
      url: url.href,
      headers: [...request.headers, ...(basic === undefined ? [] : [['Authorization', `Basic ${basic}`]])],
      redirect: request.followsRedirects ? 'follow' : 'manual',
      timeout: request.timeout * 1000,
    }),
    encoding: 'utf8',
    env: environmentFor(request),
    timeout: request.timeout * 1000 + 5000,
    killSignal: 'SIGKILL',
    maxBuffer: MOST_OF_TEXT,
  })
  if (error) throw new ValueFault(`Failed lookup url for ${shown(request.url)}: ${error.message}`)
  const answer = JSON.parse(stdout) as { text?: string; refused?: string; failed?: string }
  if (answer.text !== undefined) return answer.text
  const kind = answer.refused === undefined ? 'Failed lookup url' : 'Received HTTP error'
  throw new ValueFault(`${kind} for ${shown(request.url)}: ${answer.refused ?? answer.failed}`)
}

/** Where a question stands: all that is read, is read with a source that knows the places in it. */
const placeOf = ({ source, at, length }: FaultPlace): string => {
  const { file, line, column } = (source as Source).place(at, length)
  return `${file}:${line}:${column}`
}

const keyOf = ({ place, words, before }: Question, asker: string): string =>
  JSON.stringify([place && placeOf(place), words, before, asker])

const madePassword = (path: string, { passwords, isApplying }: RunAnswers, make: () => string): string => {
  const content = passwords.get(path) ?? make()
  if (isApplying) writePassword(path, content)
  else passwords.set(path, content)
  return content
}

const passwordIn = (path: string, { answers, keepSecret }: Asking, make: () => string): string => {
  const isThere = kindOfPath(path) !== 'nothing'
  const content = isThere ? readControllerFile(path).toString() : madePassword(path, answers, make)
  keepSecret(content.trimEnd().replace(/ salt=.*$/, ''))
  return content
}

/** The hosts that patterns mean, none where one of them is no name. */
const hosts = (patterns: string[], groups: Record<string, string[]>): string[] => {
  const known = { hosts: [...new Set(Object.values(groups).flat())], groups, implicit: undefined }
  return attempt(() => selectHosts(known, patterns.join(','))).value ?? []
}

/** The controller as templates of one host and item ask it. */
export const templateAnswers = (asking: Asking): ControllerAnswers => {
  const { answers, asker, folders, programs } = asking
  const folder = folders.at(-1) ?? process.cwd()
  const allowed = (what: string): void => {
    if (programs === 'refused')
      throw new ValueFault(`${what}: --no-lookups was given, so nothing is run or fetched here.`)
  }
  return {
    once: <T>(question: Question, ask: () => T): T => {
      const key = keyOf(question, asker)
      if (answers.kept.has(key)) return answers.kept.get(key) as T
      const answer = ask()
      // What is not there is looked for again.
      if (answer !== undefined) answers.kept.set(key, answer)
      return answer
    },
    folders: () => folders,
    kindOf: kindOfPath,
    isLink: path => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false,
    isMount: path => asFault(path, () => isMount(path)),
    realPath: path => realPath(absolute(folder, path)),
    read: path => asFault(path, () => openIfVault(readControllerFile(path), path, 'content').toString()),
    isVault: path => asFault(path, () => isVault(readControllerFile(path))),
    namesIn: path => (kindOfPath(path) === 'folder' ? asFault(path, () => readdirSync(path).sort()) : []),
    environment: name => process.env[name],
    home: homeOf,
    output: command => {
      allowed(command)
      return outputOf(command, folder)
    },
    fetch: (request: WebRequest) => {
      allowed(request.url)
      return fetchInProcess(request)
    },
    chance: () => BigInt(`0x${randomBytes(16).toString('hex')}`),
    now: () => Date.now(),
    password: (path, make) => asFault(path, () => passwordIn(path, asking, make)),
    hosts,
  }
}

const absolute = (folder: string, path: string): string => (path.startsWith('/') ? path : join(folder, path))

/** Makes the file of a password, which only its owner may read; one that is there by now is somebody else's. */
const writePassword = (path: string, content: string): void => {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(path, `${content}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const what = code === 'EEXIST' ? 'is there by now: plan again' : `cannot be made: ${code}`
    throw new ValueFault(`The file of a password, ${path}, ${what}.`)
  }
}

/**
 * Puts the passwords that were made into their files: an apply does so before it begins, and makes further ones at once.
 *
 * Throws a Refusal `playbook-value` where a file is there by now, or cannot be made.
 */
export const writePasswords = (answers: RunAnswers): void => {
  for (const [path, content] of answers.passwords) {
    try {
      writePassword(path, content)
    } catch (error) {
      if (error instanceof ValueFault) refuse('playbook-value', error.message)
      throw error
    }
    answers.passwords.delete(path)
  }
  answers.isApplying = true
}
