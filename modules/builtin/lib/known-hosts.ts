import { createHmac } from 'node:crypto'

// Lines of a known_hosts file: `[@MARKER] HOSTS TYPE KEY [COMMENT]`, as ssh-keygen -F and -R look at them and Ansible's known_hosts
// changes them.

/** A host's name as ssh hides it in such a file (HashKnownHosts): with a salt, so that it can be tried and not read. */
export const hashedHost = (host: string, salt: Buffer): string =>
  `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(host).digest('base64')}`

type Entry = { marker?: string; hosts: string; type: string; key: string }

const entryIn = (line: string): Entry | undefined => {
  const words = line.trim().split(/\s+/)
  const [hosts, type, key] = words[0]?.startsWith('@') ? words.slice(1) : words
  if (hosts === undefined || type === undefined || key === undefined) return undefined
  return { hosts, type, key, ...(words[0]!.startsWith('@') ? { marker: words[0]! } : {}) }
}

const signs: Record<string, string> = { '*': '.*', '?': '.' }
const isLike = (pattern: string, host: string): boolean =>
  new RegExp(`^${pattern.toLowerCase().replace(/[^a-z0-9]/g, sign => signs[sign] ?? `\\${sign}`)}$`, 's').test(host)

/** Whether a list of names, with `*` and `?` and what is excepted by `!`, or one that is hidden, is of a host. */
const isOf = (hosts: string, host: string): boolean => {
  const [, salt] = /^\|1\|([^|]*)\|/.exec(hosts) ?? []
  if (salt !== undefined) return hosts === hashedHost(host, Buffer.from(salt, 'base64'))
  const patterns = hosts.split(',')
  if (patterns.some(one => one.startsWith('!') && isLike(one.slice(1), host))) return false
  return patterns.some(one => !one.startsWith('!') && isLike(one, host))
}

const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? []
const isComment = (line: string): boolean => /^\s*(#|$)/.test(line)

/** The lines that are of a host, by their index. */
const linesOfHost = (lines: string[], host: string): { at: number; entry: Entry }[] =>
  lines.flatMap((line, at) => {
    const entry = isComment(line) ? undefined : entryIn(line)
    return entry && isOf(entry.hosts, host) ? [{ at, entry }] : []
  })

/** Whether any line of a text is of a host. */
export const isKeyOf = (text: string, host: string): boolean => linesOfHost(linesOf(text), host).length > 0

/** The key that is wanted, its host hidden where that is. Undefined: it is no line of such a file. */
export const keyLine = (key: string, hashed?: string): string | undefined => {
  const entry = entryIn(key)
  if (!entry) return undefined
  if (hashed === undefined) return key.endsWith('\n') ? key : `${key}\n`
  const words = key.trim().split(/\s+/)
  return `${words.with(entry.marker === undefined ? 0 : 1, hashed).join(' ')}\n`
}

const isSame = (wanted: Entry, there: Entry): boolean => {
  const bothHidden = wanted.hosts.startsWith('|1|') && there.hosts.startsWith('|1|')
  return (
    wanted.marker === there.marker &&
    wanted.type === there.type &&
    wanted.key === there.key &&
    (bothHidden || wanted.hosts === there.hosts)
  )
}

/** Of the lines of a host the one that is, or is in the place of, a key: with that type, whatever the key. */
const placeOf = (lines: string[], host: string, wanted: Entry): { at: number; isSame: boolean } | undefined => {
  for (const { at, entry } of linesOfHost(lines, host)) {
    const same = isSame(wanted, entry)
    const isMarked = /^@(cert-authority|revoke)/.test(entry.marker ?? '')
    if (same || (!isMarked && wanted.type === entry.type)) return { at, isSame: same }
  }
  return undefined
}

const ended = (line: string): string => (line.endsWith('\n') ? line : `${line}\n`)

/** The text with a key of a host, which comes last where it is not there; another one of its type goes. */
export const withKey = (text: string, host: string, key: string): string => {
  const lines = linesOf(text)
  const place = placeOf(lines, host, entryIn(key)!)
  if (place?.isSame) return text
  const rest = place ? lines.toSpliced(place.at, 1) : lines
  return [...rest.map(ended), key].join('')
}

/** The text without a key of a host. */
export const withoutKey = (text: string, host: string, key: string): string => {
  const lines = linesOf(text)
  const place = placeOf(lines, host, entryIn(key)!)
  return place ? lines.toSpliced(place.at, 1).join('') : text
}

/** The text without any key of a host; what has a marker stays. */
export const withoutHost = (text: string, host: string): string => {
  const lines = linesOf(text)
  const gone = linesOfHost(lines, host).filter(({ entry }) => !entry.marker)
  return lines.filter((_, at) => !gone.some(one => one.at === at)).join('')
}
