import { isRecord, type Json } from '../../../src/module/module.ts'
import { isLoopback } from './address.ts'

/** A member of a configuration by its dotted name; undefined where it is not known. */
type Members = (name: string) => Json | undefined

/** An API: where it listens, what whoever reaches it can do, and what closes it. */
type Api = {
  is: string
  listens: string
  can: string
  /** The variable of the main playbook that says where it listens; undefined where it leaves that alone. */
  variable?: string
  /** Where passwords and a certificate of its own stand, where it can have any. */
  guard?: string
}

const kuboApis: Api[] = [
  {
    is: "kubo's API",
    listens: 'Addresses.API',
    variable: 'api_listen',
    can: 'has full control of this node: reads, adds and removes what it stores, changes its config, and stops it',
  },
  {
    is: "kubo's gateway",
    listens: 'Addresses.Gateway',
    variable: 'gateway_listen',
    can: 'reads whatever this private network holds, by its CID and without the swarm key',
  },
]

const clusterApis: Api[] = [
  {
    is: "ipfs-cluster's REST API",
    listens: 'api.restapi.http_listen_multiaddress',
    variable: 'cluster_api_listen',
    guard: 'api.restapi',
    can: 'adds pins and removes any, on all hosts of the cluster',
  },
  {
    is: "ipfs-cluster's proxy of kubo's API",
    listens: 'api.ipfsproxy.listen_multiaddress',
    can: "adds pins and removes any on all hosts, and has full control of this host's kubo; it knows no password",
  },
  {
    is: "ipfs-cluster's pinning service",
    listens: 'api.pinsvcapi.http_listen_multiaddress',
    guard: 'api.pinsvcapi',
    can: 'adds pins and removes any, on all hosts of the cluster',
  },
]

const guards = ['basic_auth_credentials', 'ssl_cert_file']

/** Every member that is looked at here, of kubo's config and of service.json. */
export const kuboApiMembers = [...kuboApis.map(one => one.listens), 'Gateway.Writable']
export const clusterApiMembers = clusterApis.flatMap(({ listens, guard }) => [
  listens,
  ...(guard === undefined ? [] : guards.map(name => `${guard}.${name}`)),
])

const listeners = (value: Json | undefined): string[] =>
  (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string' && one !== '')

const isSet = (value: Json | undefined): boolean =>
  typeof value === 'string' ? value !== '' : isRecord(value) && Object.keys(value).length > 0

/** What still is open of an API that has a password or a certificate; undefined where it has both. */
const whatIsLeft = ({ can, guard }: Api, members: Members): string | undefined => {
  const [hasPassword, hasCertificate] = guards.map(name => guard !== undefined && isSet(members(`${guard}.${name}`)))
  if (!hasPassword) return `Whoever reaches it ${can}.`
  return hasCertificate ? undefined : 'It asks for a password, which travels there for everyone on the way to read.'
}

const closing = ({ listens, variable, guard }: Api, file: string): string => {
  const guarded =
    guard === 'api.restapi'
      ? ', or let it ask for a password over TLS (cluster_api_credentials, cluster_api_certificate)'
      : ''
  return variable === undefined
    ? `To close it give ${listens} in ${file} an address of 127.0.0.1 and restart the service`
    : `To close it give ${variable} an address of 127.0.0.1 (by hand it is ${listens} in ${file})${guarded}`
}

const opened = (apis: Api[], members: Members, file: string): string[] =>
  apis.flatMap(api => {
    const open = listeners(members(api.listens)).filter(at => !isLoopback(at))
    const left = open.length > 0 ? whatIsLeft(api, members) : undefined
    return left === undefined
      ? []
      : [
          `${api.is} is open to a network: it listens at ${open.join(', ')}. ${left} ${closing(api, file)}, and use it by \`ssh -L\`.`,
        ]
  })

/** A sentence for each API of kubo that is open to a network. A gateway that could be written to ended with kubo 0.20. */
export const openKuboApis = (members: Members, file: string): string[] => {
  const isWritable = members('Gateway.Writable') === true
  const apis = kuboApis.map(api =>
    isWritable && api.variable === 'gateway_listen'
      ? { ...api, can: `${api.can}, and writes (Gateway.Writable is true)` }
      : api,
  )
  return opened(apis, members, file)
}

/** A sentence for each API of ipfs-cluster that is open to a network without a password and a certificate. */
export const openClusterApis = (members: Members, file: string): string[] => opened(clusterApis, members, file)
