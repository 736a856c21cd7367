import { createHash } from 'node:crypto'
import { homedir, hostname, userInfo } from 'node:os'

/** What the tokens of ssh_config(5) stand for on the way to one host. */
export type SshTokens = {
  /** The host as it was asked for, and its address (`HostName`). */
  asked: string
  host: string
  port: number
  user: string
  keyAlias?: string
  jump?: string
}

const tokenValue = (token: string, tokens: SshTokens): string | undefined => {
  const { asked, host, port, user, keyAlias, jump = '' } = tokens
  const { username, uid } = userInfo()
  const values: Record<string, string> = {
    '%': '%',
    d: homedir(),
    h: host,
    i: String(uid),
    j: jump,
    k: keyAlias ?? asked,
    L: hostname().split('.')[0]!,
    l: hostname(),
    n: asked,
    p: String(port),
    r: user,
    u: username,
  }
  if (token === 'C') return createHash('sha1').update(`${hostname()}${host}${port}${user}${jump}`).digest('hex')
  return values[token]
}

/** A path as ssh takes it: `~/` is the home. */
export const expandHome = (path: string): string => path.replace(/^~(?=\/|$)/, homedir())

/** A text with its tokens (`%h`) in it; undefined where one stands for nothing, which ssh refuses as well. */
export const expandTokens = (text: string, tokens: SshTokens): string | undefined => {
  let isKnown = true
  const expanded = text.replace(/%(.?)/gs, (_, token: string) => {
    const value = tokenValue(token, tokens)
    isKnown &&= value !== undefined
    return value ?? ''
  })
  return isKnown ? expanded : undefined
}

/** The same of a path, in which variables of the environment (`${HOME}`) stand as well, and the home. */
export const expandPath = (
  path: string,
  tokens: SshTokens,
  environment: Record<string, string | undefined> = process.env,
): string | undefined => {
  const named = expandTokens(path, tokens)
  const names = [...(named ?? '').matchAll(/\$\{(\w*)\}/g)].map(([, name]) => name!)
  if (named === undefined || names.some(name => environment[name] === undefined)) return undefined
  return expandHome(named.replace(/\$\{(\w*)\}/g, (_, name: string) => environment[name]!))
}
