import {
  defineModule,
  type FileAnswer,
  pattern,
  program,
  type Query,
  quote,
  type Static,
  type Step,
  stat,
  T,
} from '../../src/module/module.ts'
import { type Obstacle, pathArgument, plainPath } from './lib/paths.ts'
import { type Connection, connectionsOf, openPort, portWords, tcpStates } from './lib/sockets.ts'

const args = T.Object(
  {
    port: T.Optional(T.Integer({ minimum: 1, maximum: 65535, description: 'A TCP port.' })),
    host: T.Optional(
      T.String({
        pattern: '^[A-Za-z0-9._-]+$',
        description:
          'Whose port it is, by IPv4 address or by name. One of the host itself is looked up by its kernel, any other is connected to from there. Not given: the host itself, at any address.',
      }),
    ),
    path: T.Optional(pathArgument('A file or folder, in place of `port`.')),
    search_regex: T.Optional(
      T.String({
        description:
          'A regular expression of Python, `^` and `$` at each line, that the file, or what the server at the port says by itself, has to have somewhere.',
      }),
    ),
    state: T.Enum(['started', 'stopped', 'present', 'absent', 'drained'], {
      default: 'started',
      description:
        'started and present are the same, and so are stopped and absent, but that a path is never stopped. drained: the port has no connections.',
    }),
    timeout: T.Integer({
      default: 300,
      minimum: 1,
      description: 'After how many seconds it has failed. With neither port nor path: how long it waits.',
    }),
    delay: T.Integer({
      default: 0,
      minimum: 0,
      description: 'How many seconds pass before the next look, where what is waited for is not so yet.',
    }),
    sleep: T.Optional(T.Integer({ minimum: 1, description: 'Seconds between two looks. As it stands 0.1.' })),
    connect_timeout: T.Integer({
      default: 5,
      minimum: 1,
      description: 'How many seconds another machine may take to accept a connection.',
    }),
    active_connection_states: T.Optional(
      T.Array(T.Enum(Object.keys(tcpStates)), {
        description: 'Which connections count for drained. As it stands all but those that only listen.',
      }),
    ),
    exclude_hosts: T.Optional(
      T.Array(T.String({ pattern: '^\\d{1,3}(\\.\\d{1,3}){3}$' }), {
        description: 'IPv4 addresses whose connections do not count for drained.',
      }),
    ),
    msg: T.Optional(T.String({ description: 'What is told where it has waited in vain.' })),
  },
  { additionalProperties: false },
)
type Wanted = Static<typeof args>

const isWanted = (state: string): boolean => state === 'started' || state === 'present'

/** Words that do not go together, as Ansible has it. */
const misfit = (args: Wanted): Obstacle | undefined => {
  const { port, path, state, host } = args
  if (port !== undefined && path !== undefined) return { why: 'both port and path are given', fix: 'give one' }
  if (host !== undefined && port === undefined) return { why: 'host is given without port', fix: 'leave it out' }
  if (path !== undefined && (state === 'stopped' || state === 'drained'))
    return { why: `state: ${state} is for a port`, fix: 'of a path: absent' }
  if (state === 'drained' && port === undefined) return { why: 'drained is for a port', fix: 'say which port' }
  if (args.exclude_hosts !== undefined && state !== 'drained')
    return { why: 'exclude_hosts is for drained', fix: 'leave it out' }
  if (args.search_regex !== undefined && (!isWanted(state) || (port ?? path) === undefined))
    return { why: 'search_regex is for what is to be there', fix: 'say in which path, or at which port' }
  const made = args.search_regex === undefined ? undefined : pattern(args.search_regex, 'm')
  return typeof made === 'string'
    ? { why: `search_regex is none: ${made}`, fix: 'write it as Python has it' }
    : undefined
}

/** What is found of search_regex, with its groups. */
type Search = { found: boolean; groups: (string | null)[]; named: Record<string, string>; fault?: string }

/** Looks into a file, up to the last 8 MiB of it, or into what a server says by itself. */
const search = ({ path, port, host, search_regex }: Wanted): Query<Search> | undefined => {
  const made = search_regex === undefined ? undefined : pattern(search_regex, 'm')
  if (!(made instanceof RegExp) || (path ?? port) === undefined) return undefined
  const where = path === undefined ? `port/${host ?? ''}:${port}` : plainPath(path)
  return program({
    key: `search:${where}#${search_regex}`,
    sh: path === undefined ? portWords(port!, host) : `tail -c 8388608 -- ${quote(plainPath(path))} 2>/dev/null`,
    looks: path === undefined ? ['any'] : [`path:${plainPath(path)}`],
    touches: [],
    parse: ({ stdout, stderr }): Search => {
      const found = made.exec(stdout.toString('latin1'))
      const groups = found?.slice(1).map(one => one ?? null) ?? []
      const isMute = stderr.toString() === 'none\n'
      return {
        ...{ found: found !== null, groups, named: { ...found?.groups } },
        ...(isMute ? { fault: 'there is no bash on the host to ask the port with' } : {}),
      }
    },
    subject: `${search_regex} in ${where}`,
  })
}

const connections = (args: Wanted) => {
  const { host, port, active_connection_states, exclude_hosts = [] } = args
  const states = active_connection_states?.map(name => tcpStates[name]) ?? Object.values(tcpStates)
  const isCounted = ({ local, remote, state }: Connection): boolean =>
    states.includes(state) &&
    (host === undefined || host === '0.0.0.0' || local === host) &&
    !exclude_hosts.includes(remote)
  const key = JSON.stringify([host, states, exclude_hosts])
  return port !== undefined && args.state === 'drained' ? connectionsOf(port, key, isCounted) : undefined
}

type Seen = {
  port?: { listening: boolean; fault?: string } | undefined
  search?: Search | undefined
  connections?: { active: number } | undefined
  path?: FileAnswer | undefined
}

/** What is not so yet, in words; undefined: nothing. */
const missing = ({ port, path, search_regex, state }: Wanted, seen: Seen): string | undefined => {
  const isThere = isWanted(state)
  if (seen.connections && seen.connections.active > 0)
    return `port ${port} has connections: ${seen.connections.active} of them`
  if (seen.search && !seen.search.found)
    return `${search_regex} is not found ${path === undefined ? `in what port ${port} says` : `in ${path}`} yet`
  if (seen.port && seen.port.listening !== isThere)
    return isThere ? `nothing listens at port ${port} yet` : `something still listens at port ${port}`
  if (seen.path && seen.path.exists !== isThere) return isThere ? `${path} is not there yet` : `${path} is still there`
  return undefined
}

const outputsOf = ({ state, port, path, search_regex }: Wanted, found: Search | undefined) => ({
  state,
  port: port ?? null,
  path: path ?? null,
  search_regex: search_regex ?? null,
  match_groups: found?.groups ?? [],
  match_groupdict: found?.named ?? {},
  elapsed: 0,
})

const orNone = (description: string) => T.Union([T.String(), T.Null()], { description })

export default defineModule({
  name: 'wait_for',
  about:
    'Waits until something listens at a TCP port, a path is there, or either says something; until they are gone, or a port has no connections; or for a time alone.',
  args,
  outputs: T.Object({
    state: T.String({ description: 'As it was given.' }),
    port: T.Union([T.Integer(), T.Null()], { description: 'As it was given.' }),
    path: orNone('As it was given.'),
    search_regex: orNone('As it was given.'),
    match_groups: T.Array(T.Unknown(), { description: 'What the groups of search_regex have found.' }),
    match_groupdict: T.Unknown({ description: 'The same of groups that have names.' }),
    elapsed: T.Integer({ description: '0: the time it took is in the result of the task.' }),
  }),
  examples: [
    '- name: Wait for the API\n  wait_for:\n    port: 8080\n    timeout: 60',
    '- name: Wait for the database, which is another machine\n  wait_for:\n    host: db.example.org\n    port: 5432',
    '- name: Wait until it says that it is ready\n  wait_for:\n    path: /var/log/app.log\n    search_regex: "^ready"',
    '- name: Wait until the lock is gone\n  wait_for:\n    path: /var/lib/app/lock\n    state: absent',
  ],
  reads: args => {
    const { port, host, path } = args
    const found = search(args)
    const isOpen = port !== undefined && found === undefined && args.state !== 'drained'
    return {
      port: isOpen ? openPort(port, host, args.connect_timeout) : undefined,
      search: found,
      connections: connections(args),
      path: path === undefined ? undefined : stat(plainPath(path)),
    }
  },
  plan: (args, seen, { ok, change, fail }) => {
    const wrong = misfit(args)
    if (wrong) return fail(wrong.why, wrong.fix)
    const fault = seen.port?.fault ?? seen.search?.fault
    if (fault !== undefined) return fail(fault, 'install netcat-openbsd there in an earlier task')
    const outputs = outputsOf(args, seen.search)
    if (args.port === undefined && args.path === undefined) {
      const steps: Step[] = [{ do: 'pause', seconds: args.timeout }]
      return change({ will: {}, steps, reason: 'it waits every time', outputs, always: true, unchanging: true })
    }
    const reason = missing(args, seen)
    if (reason === undefined) return ok(outputs)
    const isThere = isWanted(args.state)
    return change({
      will: {
        ...(seen.port ? { port: { listening: isThere } } : {}),
        ...(seen.search ? { search: { found: true } } : {}),
        ...(seen.connections ? { connections: { active: 0 } } : {}),
        ...(seen.path && seen.path.exists !== isThere ? { path: { exists: isThere } } : {}),
      },
      steps: args.delay > 0 ? [{ do: 'pause', seconds: args.delay }] : [],
      reason,
      byItself: true,
    })
  },
  touches: args => (args.path === undefined || isWanted(args.state) ? [] : [`tree:${plainPath(args.path)}`]),
  settle: args => ({
    seconds: args.timeout,
    ...(args.sleep === undefined ? {} : { every: args.sleep }),
    ...(args.msg === undefined ? {} : { late: () => args.msg! }),
  }),
})
