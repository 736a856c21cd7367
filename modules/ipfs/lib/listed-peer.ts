import { program, unitName } from '../../../src/module/module.ts'
import { listedPeers } from './cluster.ts'

type Asking = { user: string; path: string; bin_dir: string; api: string }

type Listed = { state: 'listed' | 'missing' | 'error'; error?: string }

/** Asked peer by peer: another may join at any moment, and that is no broken promise. */
export const listedPeer = (args: Asking, id: string, unit: string) =>
  program<Listed>({
    key: `live:${unit}#peers/${id}`,
    sh: listedPeers(args),
    looks: [`live:${unit}#peers/${id}`, `unit:${unitName(unit)}`],
    parse: ({ stdout }) => {
      const line = stdout
        .toString()
        .split('\n')
        .find(l => l.split(' ')[0] === id)
      if (line === undefined) return { state: 'missing' }
      const error = line.slice(id.length + 1)
      return error === '' ? { state: 'listed' } : { state: 'error', error }
    },
    subject: `cluster peer ${id}`,
  })
