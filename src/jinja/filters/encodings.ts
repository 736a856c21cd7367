import { type Callable, callable } from '../callable.ts'
import { Iterable, iterate } from '../iterate.ts'
import { str } from '../repr.ts'
import { truth } from '../truth.ts'
import { Dict, usable, type Value, ValueFault } from '../value.ts'
import { textOnly } from './argument.ts'

/** Encodings as Python names them, by those of Node. */
const ENCODINGS: Record<string, BufferEncoding> = {
  'utf-8': 'utf8',
  utf8: 'utf8',
  'utf-16-le': 'utf16le',
  'utf-16le': 'utf16le',
  ascii: 'ascii',
  'us-ascii': 'ascii',
  latin1: 'latin1',
  'latin-1': 'latin1',
  'iso-8859-1': 'latin1',
}
const encodingOf = (name: Value): BufferEncoding => {
  const found = ENCODINGS[textOnly(name).toLowerCase().replaceAll('_', '-')]
  if (!found)
    throw new ValueFault(`unknown encoding: ${textOnly(name)}. Known are ${Object.keys(ENCODINGS).join(', ')}.`)
  return found
}

const b64encode = (value: Value, encoding: Value = 'utf-8', urlsafe: Value = false): Value => {
  const coded = Buffer.from(str(value), encodingOf(encoding)).toString('base64')
  return truth(urlsafe) ? coded.replaceAll('+', '-').replaceAll('/', '_') : coded
}

const b64decode = (value: Value, encoding: Value = 'utf-8', urlsafe: Value = false): Value => {
  const given = str(value)
  const coded = truth(urlsafe) ? given.replaceAll('-', '+').replaceAll('_', '/') : given
  const kept = coded.replace(/[^A-Za-z\d+/=]/g, '')
  const [digits = ''] = /^[^=]*/.exec(kept)!
  const padding = kept.length - digits.length
  if (digits.length % 4 === 1) throw new ValueFault('Invalid base64-encoded string')
  if (digits.length % 4 !== 0 && padding < 4 - (digits.length % 4)) throw new ValueFault('Incorrect padding')
  const bytes = Buffer.from(digits, 'base64')
  const found = bytes.toString(encodingOf(encoding))
  if (encodingOf(encoding) === 'utf8' && !Buffer.from(found).equals(bytes))
    throw new ValueFault("'utf-8' codec can't decode the bytes: they are no text")
  return found
}

/** What is not left as it is in a URL, of its bytes. */
const percent = (found: string, safe: RegExp): string =>
  [...Buffer.from(found)]
    .map(byte => {
      const char = String.fromCharCode(byte)
      return safe.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')
const inPath = (found: string): string => percent(found, /[\w.~/-]/)
const inQuery = (found: string): string => percent(found, /[\w.~ -]/).replaceAll(' ', '+')

const urlencode = (value: Value): Value => {
  const there = usable(value)
  if (!(there instanceof Dict || Array.isArray(there) || there instanceof Iterable)) return inPath(str(there))
  const pairs = there instanceof Dict ? there.entries() : iterate(there).map(iterate)
  return pairs
    .map(pair => {
      if (pair.length !== 2) throw new ValueFault(`not a pair of a name and a value, but ${pair.length}`)
      return `${inQuery(str(pair[0]!))}=${inQuery(str(pair[1]!))}`
    })
    .join('&')
}

const urldecode = (value: Value): Value =>
  textOnly(value)
    .replaceAll('+', ' ')
    .replace(/(?:%[\da-fA-F]{2})+/g, found => Buffer.from(found.replaceAll('%', ''), 'hex').toString())

/** A URL in its parts, as Python's `urlsplit` cuts them. */
const partsOf = (written: string) => {
  const url = written.replace(/^[\0- ]+/, '').replace(/[\t\r\n]/g, '')
  const [, scheme = '', rest = url] = /^([a-zA-Z][a-zA-Z\d+.-]*):([\s\S]*)$/.exec(url) ?? []
  const [, netloc = '', below = rest] = /^\/\/([^/?#]*)([\s\S]*)$/.exec(rest) ?? []
  const [, path = '', , query = '', , fragment = ''] = /^([^?#]*)(\?([^#]*))?(#([\s\S]*))?$/.exec(below)!
  return { scheme: scheme.toLowerCase(), netloc, path, query, fragment }
}

const at = (found: string, char: string): number => found.lastIndexOf(char)

const hostOf = (netloc: string) => {
  const login = netloc.slice(0, Math.max(at(netloc, '@'), 0))
  const place = netloc.slice(at(netloc, '@') + 1)
  const [, host = '', port = ''] = /^\[?((?:[^\]]*(?=\]))|[^:]*)\]?(?::(.*))?$/.exec(place) ?? []
  const [username, password] =
    login === '' && !netloc.includes('@')
      ? []
      : [login.split(':')[0]!, login.includes(':') ? login.slice(login.indexOf(':') + 1) : undefined]
  if (port !== '' && !/^\d+$/.test(port)) throw new ValueFault(`Port could not be cast to integer value as '${port}'`)
  if (Number(port) > 65535) throw new ValueFault('Port out of range 0-65535')
  return {
    hostname: host === '' ? null : host.toLowerCase(),
    password: password ?? null,
    port: port === '' ? null : BigInt(port),
    username: username ?? null,
  }
}

const urlsplit = (value: Value, query: Value = ''): Value => {
  const parts = partsOf(textOnly(value))
  const { hostname, password, port, username } = hostOf(parts.netloc)
  const all: Record<string, Value> = {
    fragment: parts.fragment,
    hostname,
    netloc: parts.netloc,
    password,
    path: parts.path,
    port,
    query: parts.query,
    scheme: parts.scheme,
    username,
  }
  if (!truth(query)) return new Dict(Object.entries(all))
  const found = all[str(query)]
  if (found === undefined) throw new ValueFault(`urlsplit: unknown URL component: ${str(query)}`)
  return found
}

/** Whether a text has the parts of a URL: anything at all is a URI, a URL has a host or is a file. */
export const looksLike =
  (kind: 'uri' | 'url' | 'urn') =>
  (value: Value, schemes: Value = null): Value => {
    const there = usable(value)
    if (typeof there !== 'string') return false
    const { scheme, netloc } = partsOf(there)
    const wanted = kind === 'urn' ? ['urn'] : truth(schemes) ? iterate(schemes) : undefined
    const isOne = wanted === undefined || wanted.includes(scheme)
    return isOne && (kind !== 'url' || netloc !== '' || scheme === 'file')
  }

/** Filters that write texts in other letters, and read them again. */
export const encodingFilters: Record<string, Callable> = {
  b64encode: callable(['string', 'encoding?', 'urlsafe?'], b64encode),
  b64decode: callable(['string', 'encoding?', 'urlsafe?'], b64decode),
  urlencode: callable(['value'], urlencode),
  urldecode: callable(['string'], urldecode),
  urlsplit: callable(['value', 'query?'], urlsplit),
}
