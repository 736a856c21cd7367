import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { type Failure, Refusal } from '../core/failure.ts'
import type { AskSshConfig } from './jump.ts'
import type { SaidBy } from './precedence.ts'
import type { SshSaid } from './ssh-hop.ts'
import { isWithoutMeaning } from './ssh-keywords.ts'

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
    .split('\n')
    .filter(line => line.trim() !== '' && !/^Pseudo-terminal|terminating, \d+ bad/.test(line))
    .join('\n')

const configFailure = (address: string, stderr: string, said: SshSaid[]): Failure => {
  const why = wordsOf(stderr)
  const [, file, line] = /^(.+?):? line (\d+):/m.exec(why) ?? []
  const isOurs = file === undefined || file === 'command-line'
  const from = isOurs ? said[0]?.from : undefined
  const origin = isOurs ? from?.origin : { file: file!, line: Number(line), column: 1 }
  return {
    reason: 'usage-file',
    what: `ssh cannot read what its configuration says of ${address}`,
    why: why || 'it ended without a word',
    fix: /jumphost loop/.test(why)
      ? `write \`Host ${address}\` with \`ProxyJump none\` above the line that sends it through itself`
      : `\`ssh -G ${address}\` has to say how it is reached: correct the line, or name another file with --ssh-config`,
    ...(origin && { origin }),
  }
}

const print = (args: string[]): Promise<Printed | string> =>
  new Promise(resolve => {
    const options = { env: { ...process.env, LC_ALL: 'C' }, timeout: PATIENCE_MS, maxBuffer: 1 << 20 }
    execFile('ssh', ['-G', ...args], options, (error, stdout, stderr) => {
      if (!error) resolve(parsePrinted(stdout))
      else if (error.code === 'ENOENT') resolve('there is no ssh program on this machine')
      else resolve(error.killed ? `it has not answered for ${PATIENCE_MS / 1000} s` : stderr)
    })
  })

/** At most so many at once; what is asked for twice is asked once. */
const createQueue = (most: number) => {
  const known = new Map<string, Promise<Printed | string>>()
  const waiting: (() => void)[] = []
  let free = most
  const turn = async (args: string[]): Promise<Printed | string> => {
    if (free > 0) free -= 1
    else await new Promise<void>(resolve => waiting.push(resolve))
    try {
      return await print(args)
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free += 1
    }
  }
  return (args: string[]): Promise<Printed | string> => {
    const key = JSON.stringify(args)
    const answer = known.get(key) ?? turn(args)
    known.set(key, answer)
    return answer
  }
}

const SAID_BY: SaidBy['by'] = 'ssh_config'

/** What is printed and was neither said before nor is what ssh says of any host. */
const newsIn = (address: string, printed: Printed, usual: Printed, said: SshSaid[]): SshSaid[] =>
  [...printed].flatMap(([keyword, values]) => {
    const isSaid = said.some(one => one.keyword === keyword)
    if (keyword === 'host' || isWithoutMeaning(keyword) || (isSaid && !SEVERAL.includes(keyword))) return []
    const nothing = keyword === 'hostname' ? [address] : usual.get(keyword)
    if (!isSaid && String(values) === String(nothing)) return []
    const known = said.filter(one => one.keyword === keyword).map(one => one.words.join(' '))
    return values
      .filter(value => !known.includes(value))
      .map(value => ({ keyword, value, words: wordsIn(keyword, value), from: { by: SAID_BY, name: keyword } }))
  })

/**
 * Asks the ssh program of this machine what its files say of an address (`ssh -G`, 7 ms each): so Include, Match and the
 * rest mean what they mean for the person's own ssh.
 *
 * @throws Refusal `usage-file` with ssh's own words and the place.
 */
export const createAskSshConfig = (): AskSshConfig => {
  const ask = createQueue(Math.max(2, availableParallelism()))
  const askOrRefuse = async (args: string[], address: string, said: SshSaid[]): Promise<Printed> => {
    const answer = await ask(args)
    if (typeof answer === 'string') throw new Refusal(configFailure(address, answer, said))
    return answer
  }
  return async (address, said, file) => {
    const own = said.filter(one => !isWithoutMeaning(one.keyword)).flatMap(one => ['-o', asArgument(one)])
    const args = [...(file === undefined ? [] : ['-F', file]), ...own, '--', address]
    const [printed, usual] = await Promise.all([
      askOrRefuse(args, address, said),
      askOrRefuse(['-F', '/dev/null', '--', 'host'], address, []),
    ])
    return [...said, ...newsIn(address, printed, usual, said)]
  }
}
