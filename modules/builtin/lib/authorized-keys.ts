// What Ansible's authorized_key makes of the text of such a file: a line is known by its key, and one that is made anew is written
// in the order options, type, key, comment.

/** Types of keys that sshd takes in such a file. Source: Ansible's list. */
const TYPES = new Set([
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp256-cert-v01@openssh.com',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp384-cert-v01@openssh.com',
  'ecdsa-sha2-nistp521',
  'ecdsa-sha2-nistp521-cert-v01@openssh.com',
  'rsa-sha2-256',
  'rsa-sha2-256-cert-v01@openssh.com',
  'rsa-sha2-512',
  'rsa-sha2-512-cert-v01@openssh.com',
  'sk-ecdsa-sha2-nistp256-cert-v01@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
  'sk-ssh-ed25519-cert-v01@openssh.com',
  'sk-ssh-ed25519@openssh.com',
  'ssh-dss',
  'ssh-dss-cert-v01@openssh.com',
  'ssh-ed25519',
  'ssh-ed25519-cert-v01@openssh.com',
  'ssh-rsa',
  'ssh-rsa-cert-v01@openssh.com',
  'ssh-xmss-cert-v01@openssh.com',
  'ssh-xmss@openssh.com',
  'webauthn-sk-ecdsa-sha2-nistp256@openssh.com',
])

/** An option, and its value where it has one. */
type Option = [name: string, value?: string]
type Key = { key: string; type: string; options: Option[]; comment: string }
/** Where a line stands: it is sorted by that. What is no key stays as it is. */
type Line = { rank: number } & (Key | { text: string })

/** Options as they stand before a key: commas part them, but within quotes. */
const optionsIn = (text: string): Option[] =>
  text
    .split(/((?:[^,"']|"[^"]*"|'[^']*')+)/)
    .slice(1, -1)
    .filter(part => part !== ',' && part !== '')
    .map(part => {
      const at = part.indexOf('=')
      return at < 0 ? [part] : [part.slice(0, at), part.slice(at + 1)]
    })

/** A line of the file, or of what is wanted; undefined: it is no key. */
const keyIn = (line: string): Key | undefined => {
  const words = line
    .replaceAll('\\#', '#')
    .split(/[ \t\r\n]+/)
    .filter(word => word !== '')
  const at = words[0] === '#' ? -1 : words.findIndex(word => TYPES.has(word))
  const [type, key, ...comment] = words.slice(at)
  if (at < 0 || key === undefined) return undefined
  return { key, type: type!, options: optionsIn(words.slice(0, at).join(' ')), comment: comment.join(' ') }
}

const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

/** Several lines of one key, or of one text, count as one. */
const linesIn = (text: string): Map<string, Line> => {
  const lines = new Map<string, Line>()
  for (const [rank, line] of linesOf(text).entries()) {
    const key = keyIn(line)
    lines.set(key?.key ?? line, key ? { ...key, rank } : { text: line.endsWith('\n') ? line : `${line}\n`, rank })
  }
  return lines
}

/** Options have no order, but several of one name have. */
const isSame = (a: Key, b: Line): boolean => {
  if ('text' in b) return false
  const sorted = (options: Option[]): string =>
    JSON.stringify(options.toSorted(([x], [y]) => (x < y ? -1 : x > y ? 1 : 0)))
  return a.type === b.type && a.comment === b.comment && sorted(a.options) === sorted(b.options)
}

const written = (line: Line): string => {
  if ('text' in line) return line.text
  const options = line.options.map(([name, value]) => (value === undefined ? name : `${name}=${value}`)).join(',')
  return `${options}${options === '' ? '' : ' '}${line.type} ${line.key} ${line.comment}\n`
}

/** What is wanted of the keys in a text: each line of `key`. */
export type KeysEdit = {
  keys: string
  state: 'present' | 'absent'
  /** In place of what stands with the keys. */
  options?: string
  comment?: string
  /** No other lines are there. */
  exclusive: boolean
}

/** The keys that are wanted; or the line that is none. */
const wantedKeys = ({ keys, options, comment }: KeysEdit): Key[] | { wrong: string } => {
  const wanted: Key[] = []
  for (const line of keys.split(/\r\n|\r|\n/)) {
    if (line === '' || line.startsWith('#')) continue
    const key = keyIn(line)
    if (!key) return { wrong: line }
    wanted.push({
      ...key,
      ...(options === undefined ? {} : { options: optionsIn(options) }),
      ...(comment === undefined ? {} : { comment }),
    })
  }
  return wanted
}

/** The text after the edit; where nothing is to be changed it is the same to the letter. Or a line of `keys` that is no key. */
export const editKeys = (text: string, edit: KeysEdit): string | { wrong: string } => {
  const wanted = wantedKeys(edit)
  if ('wrong' in wanted) return wanted
  const lines = linesIn(text)
  const count = lines.size
  let isChanged = false
  for (const [i, key] of wanted.entries()) {
    const there = lines.get(key.key)
    if (edit.state === 'absent' ? !there : there && isSame(key, there)) continue
    // One that differs goes, and comes behind all others.
    lines.delete(key.key)
    if (edit.state === 'present') lines.set(key.key, { ...key, rank: count + i })
    isChanged = true
  }
  if (edit.state === 'present' && edit.exclusive)
    for (const name of [...lines.keys()])
      if (!wanted.some(({ key }) => key === name)) isChanged = lines.delete(name) || isChanged
  if (!isChanged) return text
  return [...lines.values()]
    .sort((a, b) => a.rank - b.rank)
    .map(written)
    .join('')
}
