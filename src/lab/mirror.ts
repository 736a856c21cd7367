import { readdirSync, readFileSync } from 'node:fs'

/** A file of apt's sources. */
type AptSource = { path: string; text: string }

// A Debian mirror carries all suites; what is told apart here is Debian from its derivatives and from third parties.
const SUITES = new Set('bullseye bookworm trixie forky duke sid oldstable stable testing unstable'.split(' '))

const usable = (uri: string | undefined, suites: string[]): uri is string =>
  /^(https?|file):/.test(uri ?? '') && suites.some(suite => SUITES.has(suite))

const fromLine = (line: string): string | undefined => {
  const [, uri, suite] = /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)/.exec(line.trim()) ?? []
  return suite && usable(uri, [suite]) ? uri : undefined
}

const fromStanza = (stanza: string): string | undefined => {
  const text = stanza.replace(/^#.*\n?/gm, '').replace(/\n[ \t]+/g, ' ')
  const words = (key: string) =>
    (new RegExp(`^${key}:(.*)$`, 'im').exec(text)?.[1] ?? '')
      .trim()
      .split(/\s+/)
      .filter(word => word !== '')
  if (words('Enabled')[0] === 'no' || !words('Types').includes('deb')) return undefined
  return words('URIs').find(uri => usable(uri, words('Suites')))
}

/** The Debian mirror that apt's sources name first, if any: .list files line by line, .sources files by stanza. */
export const mirrorIn = (sources: AptSource[]): string | undefined => {
  const found = sources.flatMap(({ path, text }) =>
    path.endsWith('.sources') ? text.split(/\n\s*\n/).map(fromStanza) : text.split('\n').map(fromLine),
  )
  return found.find(uri => uri !== undefined)
}

const read = (path: string): AptSource[] => {
  try {
    return [{ path, text: readFileSync(path, 'utf8') }]
  } catch {
    return []
  }
}

/** All of this machine's apt sources; none where there is no apt. */
export const aptSources = (etc = '/etc/apt'): AptSource[] => {
  const folder = `${etc}/sources.list.d`
  let names: string[] = []
  try {
    names = readdirSync(folder)
      .filter(name => /\.(list|sources)$/.test(name))
      .sort()
  } catch {}
  return [`${etc}/sources.list`, ...names.map(name => `${folder}/${name}`)].flatMap(read)
}
