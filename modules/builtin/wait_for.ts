import { defineModule, stat, T } from '../../src/module/module.ts'
import { pathArgument, plainPath } from './lib/paths.ts'
import { listeningPort } from './lib/sockets.ts'

const args = T.Object(
  {
    port: T.Optional(T.Integer({ minimum: 1, maximum: 65535, description: 'A TCP port of the host itself.' })),
    host: T.Optional(
      T.String({
        pattern: '^\\d{1,3}(\\.\\d{1,3}){3}$',
        description: 'The IPv4 address of the host at which the port is. Not given: any.',
      }),
    ),
    path: T.Optional(pathArgument('A file or folder, in place of `port`.')),
    state: T.Enum(['started', 'stopped', 'present', 'absent'], {
      default: 'started',
      description: 'started and present are the same, and so are stopped and absent.',
    }),
    timeout: T.Integer({ default: 300, minimum: 1, description: 'After how many seconds it has failed.' }),
  },
  { additionalProperties: false },
)

const isWanted = (state: string): boolean => state === 'started' || state === 'present'

export default defineModule({
  name: 'wait_for',
  about:
    'Waits until something listens at a TCP port of the host itself, or until a path is there, or until they are gone. Other machines are not asked.',
  args,
  examples: [
    '- name: Wait for the API\n  wait_for:\n    port: 8080\n    timeout: 60',
    '- name: Wait until the lock is gone\n  wait_for:\n    path: /var/lib/app/lock\n    state: absent',
  ],
  reads: args => ({
    port: args.port === undefined ? undefined : listeningPort(args.port, args.host),
    path: args.path === undefined ? undefined : stat(plainPath(args.path)),
  }),
  plan: (args, seen, { ok, change, fail }) => {
    if ((args.port === undefined) === (args.path === undefined))
      return fail(
        args.port === undefined ? 'neither port nor path is given' : 'both port and path are given',
        'give one',
      )
    if (args.host !== undefined && args.port === undefined) return fail('host is given without port', 'leave it out')
    const wanted = isWanted(args.state)
    if (seen.port) {
      if (seen.port.listening === wanted) return ok()
      return change({
        will: { port: { listening: wanted } },
        steps: [],
        reason: wanted ? `nothing listens at port ${args.port} yet` : `something still listens at port ${args.port}`,
      })
    }
    if (seen.path?.exists === wanted) return ok()
    return change({
      will: { path: { exists: wanted } },
      steps: [],
      reason: wanted ? `${args.path} is not there yet` : `${args.path} is still there`,
    })
  },
  touches: args => (args.path === undefined || isWanted(args.state) ? [] : [`tree:${plainPath(args.path)}`]),
  settle: args => ({ seconds: args.timeout }),
})
