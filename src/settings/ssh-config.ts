import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism, userInfo } from 'node:os'
import { join } from 'node:path'
import { waitingFault } from '../core/controller-file.ts'
import { matchesGlob } from '../core/ending-pattern.ts'
import { type Failure, Refusal, refuse } from '../core/failure.ts'
import type { AskSshConfig } from './jump.ts'
import type { SaidBy } from './precedence.ts'
import { createSshConfigReader, type SshConfigLine, type SshConfigReader } from './ssh-config-reader.ts'
import type { SshSaid } from './ssh-hop.ts'
import { isSshKeyword, isWithoutMeaning } from './ssh-keywords.ts'

/** A `Match exec` may run anything, for as long as it likes. */
const PATIENCE_MS = 20_000
/** Keywords that may stand several times, each with one more value. */
const SEVERAL = ['identityfile', 'certificatefile']
const COMMANDS = ['proxycommand', 'knownhostscommand']
const LISTS = ['userknownhostsfile', 'globalknownhostsfile']

/** One word of a setting as ssh reads it back. */
const quotedWord = (word: string): string => (/[\s"'\\#]/.test(word) ? `"${word.replace(/["\\]/g, '\\$&')}"` : word)

const asArgument = ({ keyword, value, words }: SshSaid): string =>
  `${keyword}=${COMMANDS.includes(keyword) ? value : words.map(quotedWord).join(' ')}`

/** A list is printed without quotes: a word that begins no path belongs to the one before it. */
const wordsIn = (keyword: string, value: string): string[] => {
  if (!LISTS.includes(keyword)) return [value]
  return value.split(' ').reduce<string[]>((words, word) => {
    if (words.length > 0 && !/^[/~%$]/.test(word)) words.push(`${words.pop()} ${word}`)
    else words.push(word)
    return words
  }, [])
}

type Printed = Map<string, string[]>

const parsePrinted = (text: string): Printed => {
  const printed: Printed = new Map()
  for (const line of text.split('\n')) {
    const [, keyword, value] = /^(\S+) (.*)$/.exec(line) ?? []
    if (keyword !== undefined) printed.set(keyword, [...(printed.get(keyword) ?? []), value!])
  }
  return printed
}

/** ssh's own words, without what it says of its terminal. */
const wordsOf = (stderr: string): string =>
  stderr
    .split(/[\r\n]+/)
    .filter(line => line.trim() !== '' && !/^Pseudo-terminal|terminating, \d+ bad/.test(line))
    .join('\n')

const configFailure = (address: string, stderr: string, said: SshSaid[]): Failure => {
  const why = wordsOf(stderr)
  const [, file, line] = /^(.+?):? line (\d+):/m.exec(why) ?? []
  // A line of a file is wrong for every host alike, and is told once.
  if (file !== undefined && file !== 'command-line')
    return {
      reason: 'usage-file',
      what: `ssh cannot read ${file}`,
      why,
      fix: 'correct the line: ssh_config(5) says what may stand there; or name another file with --ssh-config',
      origin: { file, line: Number(line), column: 1 },
    }
  const origin = said[0]?.from.origin
  return {
    reason: 'usage-file',
    what: `ssh cannot say how ${address} is reached`,
    why: why || 'it ended without a word',
    fix: /jumphost loop/.test(why)
      ? `write \`Host ${address}\` with \`ProxyJump none\` above the line that sends it through itself`
      : `\`ssh -G ${address}\` has to say it: correct what it is told, or name another file with --ssh-config`,
    ...(origin && { origin }),
  }
}

/** Said in place of what ssh prints where there is none. */
const NO_PROGRAM = 'there is no ssh program on this machine'

const print = (program: string, args: string[]): Promise<Printed | string> =>
  new Promise(resolve => {
    const options = { env: { ...process.env, LC_ALL: 'C' }, timeout: PATIENCE_MS, maxBuffer: 1 << 20 }
    execFile(program, ['-G', ...args], options, (error, stdout, stderr) => {
      if (!error) resolve(parsePrinted(stdout))
      else if (error.code === 'ENOENT') resolve(NO_PROGRAM)
      else resolve(error.killed ? `it has not answered for ${PATIENCE_MS / 1000} s` : stderr)
    })
  })

/** At most so many at once; what has one key is asked once. */
const createQueue = (program: string, most: number) => {
  const known = new Map<string, Promise<Printed | string>>()
  const waiting: (() => void)[] = []
  let free = most
  const turn = async (args: string[]): Promise<Printed | string> => {
    if (free > 0) free -= 1
    else await new Promise<void>(resolve => waiting.push(resolve))
    try {
      return await print(program, args)
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free += 1
    }
  }
  return (key: string, args: string[]): Promise<Printed | string> => {
    const answer = known.get(key) ?? turn(args)
    known.set(key, answer)
    return answer
  }
}

/** Which address was asked for, and the lines that hold for it, where they are known. */
type AskedFor = { address: string; lines: SshConfigLine[] | undefined }

/** Which address a host has by its lines: what is printed may be that of another host of its kind. */
const hostnameFor = ({ address, lines }: AskedFor, printed: string): string => {
  if (lines === undefined) return printed
  const said = lines.find(({ keyword }) => keyword === 'hostname')
  return said ? said.words.join(' ') : address
}

/** What is printed and was neither said before nor is what ssh says of any host. */
const newsIn = (printed: Printed, usual: Printed, said: SshSaid[], asked: AskedFor): SshSaid[] =>
  [...printed].flatMap(([keyword, written]) => {
    const isHostname = keyword === 'hostname'
    const values = isHostname ? [hostnameFor(asked, written[0]!)] : written
    const isSaid = said.some(one => one.keyword === keyword)
    if (keyword === 'host' || isWithoutMeaning(keyword) || (isSaid && !SEVERAL.includes(keyword))) return []
    const nothing = isHostname ? [asked.address] : usual.get(keyword)
    if (!isSaid && String(values) === String(nothing)) return []
    const known = said.filter(one => one.keyword === keyword).map(one => one.words.join(' '))
    const ofIt = asked.lines?.filter(one => one.keyword === keyword) ?? []
    const fromOf = (value: string): SaidBy => {
      const line = ofIt.find(one => one.words.join(' ') === value) ?? ofIt[0]
      return { by: 'ssh_config', name: keyword, ...(line && { origin: line.origin }) }
    }
    return values
      .filter(value => !known.includes(value))
      .map(value => ({ keyword, value, words: wordsIn(keyword, value), from: fromOf(value) }))
  })

/** The same of lines that nobody but us has read. */
const newsOf = (lines: SshConfigLine[]): SshSaid[] =>
  lines.map(({ origin, ...setting }) => ({ ...setting, from: { by: 'ssh_config', name: setting.keyword, origin } }))

/** What stands in a file and is none of ssh's settings, unless the file says that it may. */
const strangeIn = (lines: SshConfigLine[]): SshConfigLine | undefined => {
  const ignored = lines.filter(({ keyword }) => keyword === 'ignoreunknown').flatMap(({ value }) => value.split(','))
  const isIgnored = (keyword: string): boolean => ignored.some(pattern => matchesGlob(pattern.toLowerCase(), keyword))
  return lines.find(({ keyword }) => !isSshKeyword(keyword) && !isIgnored(keyword))
}

/** What the files say by themselves, where there is no ssh to be asked. */
const withoutSsh = (address: string, lines: SshConfigLine[] | undefined, file?: string): SshConfigLine[] => {
  const fix = 'install it (openssh-client), or leave the files out: --ssh-config none'
  if (lines === undefined)
    return refuse(
      'usage-file',
      `what ssh_config says of ${address} can only be told by ssh, which is not on this machine`,
      {
        why: 'Match exec, Match final, CanonicalizeHostname and Include with variables are for ssh itself to follow',
        fix,
      },
    )
  if (file !== undefined && !existsSync(file))
    refuse('usage-file', `there is no file ${file}`, { fix: 'name another one with --ssh-config' })
  const strange = strangeIn(lines)
  if (strange)
    refuse('usage-file', `${strange.keyword} is no setting of ssh`, {
      fix: 'ssh_config(5) lists what there is',
      origin: strange.origin,
    })
  return lines
}

/** What lines say, but for the address: that each host has by its own lines. */
const wordsBesideAddress = (lines: SshConfigLine[]): string[][] =>
  lines.flatMap(({ keyword, words }) => (keyword === 'hostname' ? [] : [[keyword, ...words]]))

/**
 * Asks the ssh program of this machine what its files say of an address (`ssh -G`): so Include, Match and the rest mean what
 * they mean for the person's own ssh. That takes 7 to 11 ms of CPU, so addresses of which the files say the same, but for
 * HostName, are asked for once, all together: 1,000 of them take 0.4 s of CPU in place of 11.
 *
 * @throws Refusal `usage-file` with ssh's own words and the place.
 */
export const createAskSshConfig = (program = 'ssh'): AskSshConfig => {
  const ask = createQueue(program, Math.max(2, availableParallelism()))
  const readers = new Map<string, SshConfigReader | undefined>()
  const readerOf = (file: string | undefined): SshConfigReader | undefined => {
    const key = file ?? ''
    const named = file ?? join(userInfo().homedir, '.ssh/config')
    const fault = waitingFault(named)
    if (fault)
      refuse('usage-file', `${named} ${fault}`, { why: 'ssh is to read it.', fix: 'Name another with --ssh-config.' })
    if (!readers.has(key)) readers.set(key, createSshConfigReader(file))
    return readers.get(key)
  }
  return async (address, said, file) => {
    const lines = readerOf(file)?.({ address, said })
    const own = said.filter(one => !isWithoutMeaning(one.keyword)).flatMap(one => ['-o', asArgument(one)])
    const before = [...(file === undefined ? [] : ['-F', file]), ...own, '--']
    const kind = JSON.stringify([before, lines ? wordsBesideAddress(lines) : address])
    const usual = ask('usual', ['-F', '/dev/null', '--', 'host'])
    let printed = await ask(kind, [...before, address])
    // The first of its kind may be refused for its own name: each of the others is then asked for by itself.
    if (typeof printed === 'string') printed = await ask(JSON.stringify([before, address]), [...before, address])
    if (printed === NO_PROGRAM) return [...said, ...newsOf(withoutSsh(address, lines, file))]
    if (typeof printed === 'string') throw new Refusal(configFailure(address, printed, said))
    return [...said, ...newsIn(printed, (await usual) as Printed, said, { address, lines })]
  }
}
