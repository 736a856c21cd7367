import type { FaultPlace } from './value.ts'

/** What makes a question to the controller the same one: where it stands, what it is, and how often it came there before. */
export type Question = { place: FaultPlace | undefined; words: string; before: number }

/** A request to a web server. */
export type WebRequest = {
  url: string
  headers: [name: string, value: string][]
  login: { user: string; password: string } | undefined
  /** Seconds. */
  timeout: number
  checksCertificate: boolean
  followsRedirects: boolean
  usesProxy: boolean
  /** A file of certificates to trust besides. */
  authorities: string | undefined
}

/**
 * What templates may ask of the machine that runs them. All of it throws a ValueFault for what goes wrong.
 *
 * A plan is made many times and has to come out the same each time, so `once` keeps an answer for the run: the second time the
 * same question comes from the same place, for the same host and item, `ask` is not called.
 */
export type ControllerAnswers = {
  once<T>(question: Question, ask: () => T): T
  /** Where names are looked for that are no whole paths, the first folder first; the last is that of the playbook. */
  folders(): string[]
  /** What a path is, behind links. */
  kindOf(path: string): 'file' | 'folder' | 'nothing'
  isLink(path: string): boolean
  /** Whether another file system begins at a path. */
  isMount(path: string): boolean
  /** The same path without links on the way, as far as it is there. */
  realPath(path: string): string
  /** A text file, as UTF-8; of a vault what it holds. */
  read(path: string): string
  isVault(path: string): boolean
  /** What lies in a folder, sorted; nothing where it is none. */
  namesIn(folder: string): string[]
  environment(name: string): string | undefined
  /** Where a user is at home, or with '' whoever runs this. */
  home(user: string): string | undefined
  /** What a command of the shell prints, in the folder of the playbook. */
  output(command: string): string
  fetch(request: WebRequest): string
  /** A number of 128 bits that nobody could have known. */
  chance(): bigint
  /** Milliseconds since 1970. */
  now(): number
  /**
   * What stands in a file of a password, or `make` makes. What was made stands in the file when an apply begins, not before:
   * a plan writes nothing.
   */
  password(path: string, make: () => string): string
  /** The hosts of groups that patterns mean. */
  hosts(patterns: string[], groups: Record<string, string[]>): string[]
}
