import { program, unitName } from '../../../src/module/module.ts'
import { type ClusterApi, listedPeers, readListed } from './cluster-api.ts'

type Listed = { state: 'listed' | 'missing' | 'error'; error?: string }

/** Asked peer by peer: another may join at any moment, and that is no broken promise. */
export const listedPeer = (args: ClusterApi, id: string, unit: string) =>
  program<Listed>({
    key: `live:${unit}#peers/${id}`,
    sh: listedPeers(args),
    looks: [`live:${unit}#peers/${id}`, `unit:${unitName(unit)}`],
    parse: ({ stdout }) => {
      const found = readListed(stdout).peers.find(peer => peer.id === id)
      if (found === undefined) return { state: 'missing' }
      return found.error === '' ? { state: 'listed' } : { state: 'error', error: found.error }
    },
    subject: `cluster peer ${id}`,
  })
