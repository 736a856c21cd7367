import {
  type Content,
  content,
  defineModule,
  exec,
  type FileAnswer,
  file,
  installable,
  later,
  type Static,
  T,
  type TemplateAnswer,
  template,
  unitFile,
  unitName,
  uses,
} from '../../src/module/module.ts'
import { modeArgument, targetReads } from './lib/file-attributes.ts'
import { decideFile } from './lib/file-content.ts'
import { baseName } from './lib/paths.ts'
import { loadUnit } from './lib/systemctl.ts'
import { notWritable, writableParent } from './lib/writable-parent.ts'

const args = T.Object(
  {
    name: T.String({
      pattern: '^(/[^\\s]*/)?[A-Za-z0-9@:_.\\\\-]+$',
      description: 'The unit, or the path of its file; `.service` may be left out.',
    }),
    content: T.Optional(T.String({ description: 'The text of the unit file.' })),
    src: T.Optional(
      T.String({
        template: true,
        description: 'A template of the controller in place of `content`, as for the module template.',
      }),
    ),
    mode: modeArgument('The mode of the file in octal digits.', { default: '0644' }),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>

const reload = exec(['systemctl', 'daemon-reload'])

/**
 * What systemd will say of the unit once it has read the file. All else follows from what the file says, and a service
 * that runs goes on running.
 */
const loaded = { load: 'loaded', reload: false } as const

type Seen = { file: FileAnswer; template: TemplateAnswer | undefined }

/** What keeps the unit file from being written: the arguments, the template, or a link in its place. */
const hindranceOf = (args: Args, seen: Seen): [string, string?] | undefined => {
  const path = unitFile(args.name)
  if ((args.src === undefined) === !('content' in args))
    return [args.src === undefined ? 'neither src nor content is given' : 'both src and content are given', 'give one']
  const missing = later(() => (seen.template?.exists === false ? seen.template.missing : undefined))
  if (typeof missing === 'string') return [missing]
  if (!seen.file.exists || seen.file.kind !== 'link') return undefined
  if (seen.file.target === '/dev/null')
    return [`${unitName(args.name)} is masked`, `run systemctl unmask ${unitName(args.name)}`]
  // A link to where a unit lies gives way to the file, as with other modules; one to a unit of another name is that name.
  const [target, name] = [seen.file.target, unitName(args.name)]
  const named = baseName(target)
  const isUnit = !target.includes('/') || /\/systemd\/system\/[^/]+$/.test(target)
  if (named === name || !isUnit) return undefined
  return [
    `${name} is another name of ${named} here (${path} is a link to ${target})`,
    `write ${named}: the link stays as it is`,
  ]
}

export default defineModule({
  name: 'systemd_unit',
  about:
    'Writes a unit file, into /etc/systemd/system or to the path that is given, and lets the service manager know. Starting it is up to the module service: list the file in its `newer_than`.',
  args,
  outputs: T.Object({
    name: T.String({ description: 'The unit with its ending.' }),
    path: T.String({ description: 'The unit file.' }),
  }),
  examples: [
    '- name: The application as a service\n  systemd_unit:\n    name: app\n    content: |\n      [Service]\n      ExecStart=/usr/local/bin/app\n      User=app\n      [Install]\n      WantedBy=multi-user.target',
  ],
  reads: args => ({
    file: file(unitFile(args.name)),
    // What [Install] asks for is looked at with it, or the task that enables it would have to look again.
    unit: installable(args.name),
    template: args.src === undefined ? undefined : template(args.src),
    room: uses(writableParent(unitFile(args.name))),
    ...targetReads(unitFile(args.name), {}),
  }),
  // systemd reads all units anew, not this one alone.
  touches: () => ['units', 'daemon-reload'],
  plan: (args, seen, { ok, change, fail }) => {
    const path = unitFile(args.name)
    const done = { name: unitName(args.name), path }
    const hindrance = hindranceOf(args, seen)
    if (hindrance) return fail(...hindrance)

    const wanted = (): Content => content(seen.template?.exists ? seen.template.text : (args.content ?? ''))
    const it = decideFile(path, wanted, { mode: args.mode }, seen)
    if (it.is === 'fail') return fail(it.why, it.fix)
    const reads =
      seen.unit.manager !== 'systemd' ? [] : seen.unit.load === 'not-found' ? [loadUnit(done.name)] : [reload]
    const touches = reads.includes(reload) ? ['units', 'daemon-reload'] : []
    if (it.is === 'ok') {
      if (seen.unit.load === 'bad-setting' || seen.unit.load === 'error')
        return fail(`systemd cannot load ${done.name} (${seen.unit.load})`, `systemd-analyze verify ${path} says why`)
      if (!seen.unit.reload) return ok(done)
      return change({
        will: { unit: { reload: false } },
        steps: reads,
        touches,
        reason: 'systemd has not read it since it changed',
        outputs: done,
      })
    }
    if (seen.room.closed !== '') return fail(...notWritable(done.name, seen.room))
    return change({
      will: { file: it.will, unit: loaded },
      touches,
      steps: [...it.steps, ...reads],
      reason: it.reason,
      outputs: done,
    })
  },
})
