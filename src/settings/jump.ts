import { refuseSetting } from './fault.ts'
import { firstOf, type HopQuestion, hopOf, type SshSaid, wayOf } from './ssh-hop.ts'
import type { Hop } from './target.ts'

/** What the user's own ssh_config says of an address, with what has been said already. */
export type AskSshConfig = (address: string, said: SshSaid[], file?: string) => Promise<SshSaid[]>

type Stop = { address: string; user?: string; port?: string }

/** `[user@]host[:port]` or `ssh://[user@]host[:port]`, where an address with colons stands in brackets. */
const stopOf = (text: string): Stop | undefined => {
  const [, user, bracketed, bare, port] =
    /^(?:ssh:\/\/)?(?:([^/]+)@)?(?:\[([^\]]+)\]|([^@:/[\]]+))(?::(\d+))?\/?$/.exec(text.trim()) ?? []
  const address = bracketed ?? bare
  return address === undefined ? undefined : { address, ...(user && { user }), ...(port && { port }) }
}

const setting = (keyword: string, value: string, from: SshSaid['from']): SshSaid => ({
  keyword,
  value,
  words: [value],
  from,
})

/**
 * The servers that a host is reached through, the first one first. Each is looked up in the ssh_config by itself, as the
 * ssh processes that ssh starts for them do: what was said of the host itself (its key, its user) says nothing of them. The
 * first one may have a way of its own.
 *
 * @throws Refusal where what is written names no server, or where the way leads through a server that it is to lead to.
 */
export const viaOf = async (
  question: HopQuestion,
  jump: SshSaid,
  ask: AskSshConfig | undefined,
  file: string | undefined,
  seen: string[] = [],
): Promise<Hop[]> => {
  const stops = jump.value
    .split(',')
    .map(
      text =>
        stopOf(text) ??
        refuseSetting(
          question.name,
          jump.from,
          `holds the jump host "${text}"`,
          'write [user@]host[:port], several with commas',
        ),
    )
  const hops = await Promise.all(
    stops.map(async ({ address, user, port }, at): Promise<Hop[]> => {
      const said = [
        ...(user ? [setting('user', user, jump.from)] : []),
        ...(port ? [setting('port', port, jump.from)] : []),
      ]
      const list = ask ? await ask(address, said, file) : said
      const own = { ...question, address }
      const hop = hopOf(own, list)
      const place = `${hop.user}@${hop.host}:${hop.port}`
      if (seen.includes(place))
        return refuseSetting(
          question.name,
          jump.from,
          `leads in a circle: ${[...seen, place].join(' -> ')}`,
          `write \`ProxyJump none\` for ${address} into the ssh_config`,
        )
      if (at > 0) return [hop]
      const way = wayOf(own, list)
      if (way.proxyCommand)
        return refuseSetting(
          question.name,
          firstOf(list, 'proxycommand')!.from,
          `has a ProxyCommand for the jump host ${address}`,
          'set ansible_connection: openssh for hosts behind it',
        )
      return way.jump ? [...(await viaOf(question, way.jump, ask, file, [...seen, place])), hop] : [hop]
    }),
  )
  return hops.flat()
}
