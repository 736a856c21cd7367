import { quote } from '../../../src/module/module.ts'
import type { Existing } from './existing.ts'

/** What of the variables has to be another: names of units, the paths that somebody else has. */
type Clash = { names?: true; taken?: true }
type Chosen = { path: string; cluster_path: string; user: string; keep: string[] }

const ports: [variable: string, usual: number][] = [
  ['swarm_port', 4001],
  ['api_port', 5001],
  ['gateway_port', 8080],
  ['cluster_port', 9096],
  ['cluster_api_port', 9094],
  ['cluster_proxy_port', 9095],
  ['pinning_port', 9097],
]

/** A port that nothing listens at, ten above the usual one or further. */
const freePort = (usual: number, taken: number[]): number => {
  let port = usual + 10
  while (taken.includes(port)) port += 10
  return port
}

/** The variables under which nothing of what was found is touched. */
const apart = (chosen: Chosen, found: Existing, { names, taken }: Clash): string => {
  const { path, cluster_path, user, keep } = chosen
  const paths = found.repos.map(one => one.path)
  const kept = [...new Set([...keep, ...paths, ...(taken ? [path, cluster_path] : [])])]
  const isOthers =
    taken ||
    found.homes.some(one => one.user === user && one.home !== path) ||
    found.repos.some(one => one.owner === user)
  return [
    `-e ${quote(`{keep_apart: [${kept.join(', ')}]}`)}`,
    ...(names ? ['-e ipfs_service=ipfs-private', '-e cluster_service=ipfs-private-cluster'] : []),
    ...(isOthers ? ['-e ipfs_user=ipfs-private'] : []),
    ...(taken ? ['-e ipfs_path=/var/lib/ipfs-private', '-e ipfs_cluster_path=/var/lib/ipfs-private-cluster'] : []),
    ...(found.programs.length > 0 ? ['-e bin_dir=/opt/runbook/bin'] : []),
    ...ports.map(([variable, usual]) => `-e ${variable}=${freePort(usual, found.ports)}`),
  ].join(' ')
}

/**
 * The two ways out, as commands: what is there becomes the network's, or stays as it is, beside it. Ports are given in any
 * case: what does not run today may be started tomorrow.
 */
export const waysOut = (chosen: Chosen, found: Existing, clash: Clash): string =>
  `adopt it: \`runbook apply playbooks/adopt.yml\`; or keep it apart: \`runbook apply playbooks/private-cluster.yml ${apart(chosen, found, clash)}\``
