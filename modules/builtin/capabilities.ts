import { defineModule, exec, program, type Query, quote, T, uses } from '../../src/module/module.ts'
import { pathArgument, plainPath } from './lib/paths.ts'
import { toldState } from './lib/told-state.ts'

const args = T.Object(
  {
    path: pathArgument('The program, also called `key`.', { aliases: ['key'] }),
    capability: T.String({
      aliases: ['cap'],
      pattern: '^\\s*[A-Za-z_]+([-+=][eipEIP]*)?\\s*$',
      description:
        'The capability with its flags, e.g. cap_net_bind_service+ep; with state absent its name will do. Other capabilities stay.',
    }),
    state: T.Enum(['present', 'absent'], { default: 'present', description: 'Whether the program has it.' }),
  },
  { additionalProperties: false },
)

type Capability = { name: string; flags: string }

/** Flags in the order in which getcap prints them. */
const ordered = (flags: string): string => ['e', 'i', 'p'].filter(flag => flags.includes(flag)).join('')
const capabilityIn = (text: string): Capability & { operator: string } => {
  const [, name = '', operator = '', flags = ''] = /^\s*(\w+?)([-+=]?)([eip]*)\s*$/.exec(text.toLowerCase()) ?? []
  return operator === '' ? { name: `${name}${flags}`, operator, flags: '' } : { name, operator, flags: ordered(flags) }
}

/**
 * What getcap says of a program, each capability on a line, as `NAME FLAGS`. Older ones say `PATH = a,b+ep`, newer ones `PATH a,b=ep`; the operator
 * means the same in both.
 */
const each = (path: string): string =>
  `getcap -- ${quote(path)} 2>/dev/null | awk -v at=${quote(path)} '{ rest = substr($0, length(at) + 1); sub(/^ *=/, "", rest); n = split(rest, words, " "); for (i = 1; i <= n; i++) { split(words[i], part, /[-+=]/); m = split(part[1], names, ","); for (j = 1; j <= m; j++) print names[j], part[2] } }'`

const all = (path: string): Query<{ all: Capability[] }, false> =>
  uses(
    program({
      key: `capabilities:${path}`,
      sh: each(path),
      looks: [`live:capabilities/${path}`, `path:${path}`, `attributes:${path}`],
      parse: ({ stdout }) => ({
        all: stdout
          .toString()
          .split('\n')
          .filter(line => line !== '')
          .map(line => {
            const [name = '', flags = ''] = line.split(' ')
            return { name, flags }
          }),
      }),
      subject: `capabilities of ${path}`,
    }),
  )

export default defineModule({
  name: 'capabilities',
  about: 'A program may do something that only root may (a capability of Linux), whoever runs it, or may not.',
  args,
  examples: [
    '- name: It listens below port 1024\n  capabilities:\n    path: /usr/local/bin/web\n    capability: cap_net_bind_service+ep',
  ],
  reads: args => {
    const path = plainPath(args.path)
    const { name, flags } = capabilityIn(args.capability)
    const here = `$(${each(path)} | sed -n 's/^${name} //p')`
    return {
      now: all(path),
      told: toldState(
        `live:capabilities/${path}/${name}`,
        `if ! command -v getcap >/dev/null || ! command -v setcap >/dev/null; then echo missing; elif [ ! -f ${quote(path)} ]; then echo nowhere; else case ${here} in '') echo absent;; ${quote(flags)}) echo there;; *) echo other;; esac; fi`,
        [`path:${path}`, `attributes:${path}`],
      ),
    }
  },
  plan: (args, { now, told }, { ok, change, fail }) => {
    const path = plainPath(args.path)
    const { name, operator, flags } = capabilityIn(args.capability)
    const isPresent = args.state === 'present'
    if (isPresent && (operator === '' || flags === ''))
      return fail(`${args.capability} says no flags`, `write ${name}+ep, or which of e, i and p it has`)
    if (told.text === 'missing')
      return fail(
        'there is no getcap and setcap on that host',
        'install libcap2-bin in an earlier task (libcap on Alpine)',
      )
    if (told.text === 'nowhere') return fail(`${path} is no file`, 'put it there in an earlier task')
    if (isPresent ? told.text === 'there' : told.text === 'absent') return ok()
    const others = now.all.filter(one => one.name !== name)
    const wanted = isPresent ? [...others, { name, flags }] : others
    return change({
      will: { told: { text: isPresent ? 'there' : 'absent' } },
      steps: [exec(['setcap', wanted.map(one => `${one.name}=${one.flags}`).join(' '), path])],
      reason: isPresent ? (told.text === 'other' ? 'it has other flags' : 'it has it not') : 'it has it',
    })
  },
})
