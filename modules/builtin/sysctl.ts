import { content, defineModule, exec, type FileAnswer, file, type Static, T } from '../../src/module/module.ts'
import { targetReads } from './lib/file-attributes.ts'
import { decideFile } from './lib/file-content.ts'
import { type KernelParameter, kernelParameter, parameterValue } from './lib/kernel-parameter.ts'
import { uneditable } from './lib/line-edits.ts'
import { type Obstacle, pathArgument, plainPath } from './lib/paths.ts'
import { missingProgram, programThere } from './lib/program-there.ts'
import { sysctlsIn, withSysctl } from './lib/sysctl-file.ts'

const args = T.Object(
  {
    name: T.String({
      minLength: 1,
      aliases: ['key'],
      description: 'The parameter: net.ipv4.ip_forward. A dot within a part of it is written `/`.',
    }),
    value: T.Optional(
      T.Unsafe<string | number | boolean>({
        type: ['string', 'number', 'boolean'],
        aliases: ['val'],
        description: 'What it is to be. What says yes or no is 1 or 0.',
      }),
    ),
    state: T.Enum(['present', 'absent'], {
      default: 'present',
      description: 'Whether the file sets it. Taken out of the file it stays in the kernel as it is.',
    }),
    reload: T.Boolean({
      default: true,
      description:
        'Have the kernel take all that the file sets where that has changed, or the kernel has another value.',
    }),
    sysctl_set: T.Boolean({ default: false, description: 'Set it in the kernel too, apart from the file.' }),
    ignoreerrors: T.Boolean({ default: false, description: 'Pass over parameters that the kernel does not have.' }),
    sysctl_file: pathArgument('The file.', { default: '/etc/sysctl.conf' }),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>

const yes = /^(y|yes|on|1|true|t)$/i
const no = /^(n|no|off|0|false|f)$/i
/** A value as it is written. */
const wantedValue = ({ value = '' }: Args): string => {
  const text = String(value)
  return yes.test(text) ? '1' : no.test(text) ? '0' : text.trim()
}

const textIn = (found: FileAnswer): string =>
  found.exists && found.kind === 'file' ? found.content.bytes.toString() : ''

/** What the file is to be. */
const textAfter = (args: Args, before: string): string => {
  const name = args.name.trim()
  const is = sysctlsIn(before).get(name)
  const wanted = args.state === 'absent' ? undefined : wantedValue(args)
  return is === wanted ? before : withSysctl(before, name, wanted)
}

/** The other parameters that the file sets. One with a `-` in front may be missing; a pattern stands for several. */
const othersIn = (args: Args, text: string): [name: string, value: string][] =>
  [...sysctlsIn(textAfter(args, text))].filter(([name]) => name !== args.name.trim())
const nameOf = (written: string): string => written.replace(/^-/, '')
const isPattern = (name: string): boolean => /[*?[]/.test(name)

type Seen = {
  file: FileAnswer
  own: KernelParameter | undefined
  others: KernelParameter[]
  tool: { isThere: boolean } | undefined
}

const isWrong = (own: KernelParameter, args: Args): boolean =>
  own.exists && own.value !== parameterValue(wantedValue(args))

/** Why the kernel cannot take what it is to be given. */
const kernelObstacle = (args: Args, seen: Seen, due: { sets: boolean; reloads: boolean }): Obstacle | undefined => {
  if (!due.sets && !due.reloads) return undefined
  if (seen.tool?.isThere === false) return missingProgram('sysctl', 'procps')
  const others = due.reloads ? othersIn(args, textIn(seen.file)) : []
  const all: [string, KernelParameter | undefined, string][] = [
    [args.name.trim(), args.state === 'present' ? seen.own : undefined, wantedValue(args)],
    ...others.map(([name, value], i): [string, KernelParameter | undefined, string] => [name, seen.others[i], value]),
  ]
  const lacking = all.find(([name, one]) => one?.exists === false && !name.startsWith('-') && !isPattern(name))
  if (lacking && !args.ignoreerrors)
    return {
      why: `the kernel of this host has no parameter ${lacking[0]}`,
      fix: 'load the module that brings it in an earlier task, or set ignoreerrors: true',
    }
  const fixed = all.find(([, one, value]) => one?.exists && !one.writable && one.value !== parameterValue(value))
  return fixed && !fixed[0].startsWith('-')
    ? {
        why: `${fixed[0]} cannot be set on this host: it is ${fixed[1]!.value || 'not to be read'}, and /proc/sys does not let it be written`,
        fix: 'set it where the kernel is that of the host itself; or set reload: false',
      }
    : undefined
}

/** What the kernel will have of the others that the file sets. */
const promisedOthers = (args: Args, seen: Seen) =>
  othersIn(args, textIn(seen.file)).map(([, value], i) => {
    const one = seen.others[i]!
    return one.exists && one.writable && one.value !== parameterValue(value)
      ? { value: parameterValue(value) }
      : undefined
  })

export default defineModule({
  name: 'sysctl',
  about:
    'A parameter of the kernel has a value, and a file says so for the next boot. Other lines of the file are kept.',
  args,
  examples: [
    '- name: Packets are passed on\n  sysctl:\n    name: net.ipv4.ip_forward\n    value: "1"\n    sysctl_set: true\n    sysctl_file: /etc/sysctl.d/90-router.conf',
  ],
  reads: args => ({
    file: file(plainPath(args.sysctl_file)),
    own: args.reload || args.sysctl_set ? kernelParameter(args.name.trim()) : undefined,
    tool: args.reload || args.sysctl_set ? programThere('sysctl', ['procps']) : undefined,
    ...targetReads(plainPath(args.sysctl_file), {}),
  }),
  more: (args, seen) => ({
    others: args.reload ? othersIn(args, textIn(seen.file)).map(([name]) => kernelParameter(nameOf(name))) : [],
  }),
  touches: ({ reload, sysctl_set }) => (reload || sysctl_set ? ['tree:/proc/sys'] : []),
  plan: (args, seen, { ok, change, fail }) => {
    const path = plainPath(args.sysctl_file)
    if (args.state === 'present' && (args.value === undefined || wantedValue(args) === ''))
      return fail(`no value is given for ${args.name}`, 'say which')
    const problem = uneditable(path, seen.file)
    if (problem) return fail(problem.why, problem.fix)
    const before = textIn(seen.file)
    const text = textAfter(args, before)
    const written = text === before ? undefined : decideFile(path, () => content(text), {}, seen)
    if (written?.is === 'fail') return fail(written.why, written.fix)
    const wrong = args.state === 'present' && seen.own !== undefined && isWrong(seen.own, args)
    const sets = args.sysctl_set && wrong
    const reloads = args.reload && (written !== undefined || wrong)
    const missing = args.state === 'present' && seen.own?.exists === false && !args.ignoreerrors
    const obstacle = kernelObstacle(args, seen, { sets: sets || missing, reloads })
    if (obstacle) return fail(obstacle.why, obstacle.fix)
    if (written === undefined && !sets && !reloads) return ok()
    const ignoring = args.ignoreerrors ? ['-e'] : []
    const value = parameterValue(wantedValue(args))
    return change({
      will: {
        ...(written?.is === 'change' ? { file: written.will } : {}),
        ...(wrong ? { own: { value } } : {}),
        ...(reloads ? { others: promisedOthers(args, seen) } : {}),
      },
      steps: [
        ...(sets ? [exec(['sysctl', ...ignoring, '-w', `${args.name.trim()}=${wantedValue(args)}`])] : []),
        ...(written?.is === 'change' ? written.steps : []),
        ...(reloads ? [exec(['sysctl', ...ignoring, '-p', path])] : []),
      ],
      reason: [
        ...(written?.is === 'change' ? [`${path}: ${written.reason}`] : []),
        ...(wrong ? [`the kernel has ${seen.own!.value}`] : []),
      ].join(', '),
      touches: reloads && othersIn(args, before).some(([name]) => isPattern(name)) ? ['tree:/proc/sys'] : [],
    })
  },
})
