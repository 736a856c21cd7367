import type { Obstacle } from '../../builtin/lib/paths.ts'
import type { HostKey } from './shared-key.ts'

/** What all hosts are to have of a key, and who holds it already; or why nobody can tell. */
export type Agreement = { is: 'none' } | { is: 'one'; print: string; by: string } | ({ is: 'fail' } & Obstacle)

const shortest = (print: string): string => print.slice(0, 8)

/** Each fingerprint with its holders: `3f2a91bc on node0, node1; none on node2`. */
const holders = (held: Record<string, HostKey>): string => {
  const words = Object.entries(held).map(([host, { state, print, wrong }]) => ({
    host,
    word: state === 'good' ? shortest(print!) : state === 'bad' ? `a broken one (${wrong})` : 'none',
  }))
  return [...Map.groupBy(words, ({ word }) => word)]
    .map(([word, all]) => `${word} on ${all.map(({ host }) => host).join(', ')}`)
    .join('; ')
}

/**
 * A key is never made here, and of two no one is taken because it was found first: who holds another one is another
 * network, with data of its own.
 * @param chosen the host whose key is to be the one; empty: they have to agree by themselves
 * @param aside what the others keep theirs as
 */
export const agreement = (
  what: string,
  held: Record<string, HostKey>,
  { chosen, option, aside }: { chosen: string; option: string; aside: string },
): Agreement => {
  const good = Object.entries(held).filter(([, { state }]) => state === 'good')
  const prints = new Set(good.map(([, { print }]) => print))
  const [first] = good
  if (Object.keys(held).length === 0) return { is: 'none' }
  if (chosen !== '') {
    const own = good.find(([host]) => host === chosen)
    return own
      ? { is: 'one', print: own[1].print!, by: chosen }
      : {
          is: 'fail',
          why: `${option} is ${chosen}, which holds no ${what}: ${holders(held)}`,
          fix: first ? `name one that does: -e ${option}=${first[0]}` : `put the ${what} where it belongs`,
        }
  }
  if (prints.size === 1 && good.length === Object.keys(held).length)
    return { is: 'one', print: first![1].print!, by: first![0] }
  if (!first)
    return {
      is: 'fail',
      why: `no host holds a ${what}, so this is no private network: ${holders(held)}`,
      fix: `put the ${what} into the folder of one of them, and say so: -e ${option}=HOST. Or set it up anew with the main playbook, and add the files there`,
    }
  return {
    is: 'fail',
    why: `the hosts hold different ${what}s: ${holders(held)}`,
    fix: `say whose is the one to keep: -e ${option}=${first[0]}. The others keep theirs aside (${aside}), and leave the network that they are in`,
  }
}
