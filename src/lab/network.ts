import { existsSync, readdirSync } from 'node:fs'
import { gateway, hostAddress, pickSlot, slotOf } from './addresses.ts'
import { runOrRefuse, runProgram } from './command.ts'
import { exclusively } from './lock.ts'
import { cableOf, handleOf, type Lab, macOf } from './names.ts'

type Link = { ifname: string; addr_info?: { local?: string; prefixlen?: number }[] }

const links = async (...within: string[]): Promise<Link[]> =>
  JSON.parse((await runOrRefuse(['ip', ...within, '-j', 'addr', 'show'])) || '[]')

const locals = (link: Link): string[] => (link.addr_info ?? []).flatMap(({ local }) => (local ? [local] : []))

const slotsOf = (found: Link[]): number[] => found.flatMap(locals).flatMap(local => slotOf(local) ?? [])

/** The slot of the lab's bridge; makes the bridge, on the slot held before if that is still free. */
export const ensureBridge = (lab: Lab, held: number | undefined, say: (line: string) => void): Promise<number> =>
  // One lab at a time, in whatever checkout: a slot is taken only once its address is on a bridge.
  exclusively('the lab networks of this machine', say, async () => {
    const all = await links()
    const own = all.filter(link => link.ifname === lab.bridge)
    const others = slotsOf(all.filter(link => link.ifname !== lab.bridge))
    const slot = slotsOf(own)[0] ?? pickSlot(new Set(others), held)
    if (own.length === 0) await runOrRefuse(['ip', 'link', 'add', lab.bridge, 'type', 'bridge'])
    await runOrRefuse(['ip', 'addr', 'replace', `${gateway(slot)}/24`, 'dev', lab.bridge])
    await runOrRefuse(['ip', 'link', 'set', lab.bridge, 'up'])
    return slot
  })

const wired = async (lab: Lab, node: string, ip: string): Promise<boolean> => {
  const inside = await runProgram(['ip', '-n', handleOf(lab, node), '-j', 'addr', 'show', 'dev', 'eth0'])
  if (inside.code !== 0 || !(JSON.parse(inside.out || '[]') as Link[]).flatMap(locals).includes(ip)) return false
  return (await runProgram(['ip', 'link', 'set', cableOf(lab, node), 'master', lab.bridge, 'up'])).code === 0
}

/** Removes a host's cable and namespace, whichever of them exist. */
export const unwire = async (lab: Lab, node: string): Promise<void> => {
  // The cable first: with the namespace it would go too, but some time later.
  await runProgram(['ip', 'link', 'del', cableOf(lab, node)])
  if (existsSync(`/run/netns/${handleOf(lab, node)}`)) await runOrRefuse(['ip', 'netns', 'del', handleOf(lab, node)])
}

/**
 * Gives a host its namespace, with one cable to the lab's bridge and no route beyond it.
 * Returns `kept` when all was there: a machine that runs in it need not be started anew.
 */
export const wire = async (lab: Lab, node: string, slot: number, number: number): Promise<'kept' | 'made'> => {
  const ip = hostAddress(slot, number)
  if (await wired(lab, node, ip)) return 'kept'
  await unwire(lab, node)
  const [netns, cable] = [handleOf(lab, node), cableOf(lab, node)]
  await runOrRefuse(['ip', 'netns', 'add', netns])
  const peer = ['peer', 'name', 'eth0', 'address', macOf(lab, node), 'netns', netns]
  await runOrRefuse(['ip', 'link', 'add', cable, 'type', 'veth', ...peer])
  await runOrRefuse(['ip', 'link', 'set', cable, 'master', lab.bridge, 'up'])
  await runOrRefuse(['ip', '-n', netns, 'link', 'set', 'eth0', 'up'])
  await runOrRefuse(['ip', '-n', netns, 'link', 'set', 'lo', 'up'])
  // The address comes last: a namespace that has it is complete, wherever a kill may strike.
  await runOrRefuse(['ip', '-n', netns, 'addr', 'add', `${ip}/24`, 'dev', 'eth0'])
  return 'made'
}

/** Gives a host a default route, to this machine. */
export const routeOver = async (lab: Lab, node: string, slot: number): Promise<void> => {
  await runOrRefuse(['ip', '-n', handleOf(lab, node), 'route', 'replace', 'default', 'via', gateway(slot)])
}

/** The namespaces whose names start so. */
export const netnsNamed = (prefix: string): string[] => {
  try {
    return readdirSync('/run/netns').filter(name => name.startsWith(prefix))
  } catch {
    return []
  }
}

/** Removes the lab's bridge and whatever cable of the lab is left. */
export const dropBridge = async (lab: Lab): Promise<void> => {
  const names = (await links()).map(({ ifname }) => ifname)
  const ours = names.filter(name => name === lab.bridge || name.startsWith(lab.prefix))
  for (const name of ours) await runProgram(['ip', 'link', 'del', name])
}
