import {
  content,
  defineCollective,
  defineModule,
  exec,
  file,
  later,
  program,
  stat,
  T,
  uses,
} from '../../src/module/module.ts'

const at = (description: string) => T.String({ description })
const common = { about: 'For a test.', examples: [] }

/** Promises one mode and sets another. */
export const liar = defineModule({
  ...common,
  name: 'liar',
  args: T.Object({ path: at('A file.') }, { additionalProperties: false }),
  reads: args => ({ file: stat(args.path) }),
  plan: (args, { file: seen }, { ok, change }) =>
    seen.exists && seen.mode === '0700'
      ? ok()
      : change({
          will: { file: { exists: true, kind: 'file', mode: '0700' } },
          steps: [exec(['sh', '-c', 'touch "$0" && chmod 755 "$0"', args.path])],
          reason: 'so it says',
        }),
})

/** Does what it promises, and is never content. */
export const restless = defineModule({
  ...common,
  name: 'restless',
  args: T.Object({ path: at('A file.') }, { additionalProperties: false }),
  reads: args => ({ file: stat(args.path) }),
  plan: (args, _, { change }) =>
    change({ will: { file: { exists: true } }, steps: [exec(['touch', args.path])], reason: 'again' }),
})

/** Does what it promises, and has something to do each time that is no change. */
export const tidy = defineModule({
  ...common,
  name: 'tidy',
  args: T.Object({ path: at('A file.') }, { additionalProperties: false }),
  reads: args => ({ file: stat(args.path) }),
  plan: (args, { file }, { change }) =>
    file.exists
      ? change({ will: {}, steps: [exec(['true'])], reason: 'tidied every time', always: true, unchanging: true })
      : change({ will: { file: { exists: true } }, steps: [exec(['touch', args.path])], reason: 'it is not there' }),
})

/** Does what it promises, of which no test on the host can tell. */
export const dark = defineModule({
  ...common,
  name: 'dark',
  args: T.Object({ path: at('A file.') }, { additionalProperties: false }),
  reads: args => ({
    there: program({
      key: `dark:${args.path}`,
      sh: `[ -e ${args.path} ] && echo yes`,
      looks: [`path:${args.path}`],
      parse: ({ stdout }) => ({ is: stdout.toString().trim() }),
    }),
    file: stat(args.path),
  }),
  plan: (args, { there }, { ok, change }) =>
    there.is === 'yes'
      ? ok()
      : change({
          will: { there: { is: 'yes' }, file: { exists: true, kind: 'file' } },
          steps: [exec(['touch', args.path])],
          reason: 'it is not there',
        }),
})

/** Makes its file a moment after its step has ended: too late for the test, and sooner than it is read in another frame. */
export const late = defineModule({
  ...common,
  name: 'late',
  args: T.Object({ path: at('A file.') }, { additionalProperties: false }),
  reads: args => ({
    file: { ...stat(args.path), holds: () => `while [ ! -e '${args.path}' ]; do sleep 0.05; done; false` },
  }),
  plan: (args, { file: seen }, { ok, change }) =>
    seen.exists
      ? ok()
      : change({
          will: { file: { exists: true } },
          steps: [exec(['sh', '-c', '(sleep 0.1; : >"$0") >/dev/null 2>&1 &', args.path])],
          reason: 'it is not there',
        }),
})

/** Promises something about a file that it only looks at. */
export const meddler = defineModule({
  ...common,
  name: 'meddler',
  args: T.Object({ path: at('A file.') }, { additionalProperties: false }),
  reads: args => ({ file: uses(stat(args.path)) }),
  plan: (_, __, { change }) => change({ will: { file: { exists: true } } as never, steps: [], reason: 'x' }),
})

/** Starts something that makes a file a while later, and waits for it. */
export const slow = defineModule({
  ...common,
  name: 'slow',
  args: T.Object(
    {
      path: at('A file.'),
      after: T.Number({ description: 'Seconds.' }),
      seconds: T.Number({ description: 'Seconds.' }),
    },
    { additionalProperties: false },
  ),
  outputs: T.Object({ size: T.Number() }),
  reads: args => ({ file: stat(args.path) }),
  plan: (args, { file: seen }, { ok, change }) =>
    seen.exists
      ? ok({ size: seen.size })
      : change({
          will: { file: { exists: true } },
          steps: [
            exec(['sh', '-c', '(sleep "$0"; echo here > "$1") >/dev/null 2>&1 &', String(args.after), args.path]),
          ],
          reason: 'it is not there',
        }),
  settle: args => ({
    seconds: args.seconds,
    late: () => 'it is still not there',
    log: ['echo', 'the last words'],
  }),
})

/** Knows what some words mean: those of a step that fails, or of the log when its file does not come. */
export const knowing = defineModule({
  ...common,
  name: 'knowing',
  args: T.Object(
    { path: at('A file.'), says: at('What its step says.'), logs: at('What its log says.') },
    { additionalProperties: false },
  ),
  reads: args => ({ file: stat(args.path) }),
  plan: (args, { file: seen }, { ok, change }) =>
    seen.exists
      ? ok()
      : change({
          will: { file: { exists: true } },
          steps: [exec(['sh', '-c', 'case $0 in "") ;; *) echo "$0" >&2; exit 1 ;; esac', args.says])],
          reason: 'it is not there',
        }),
  settle: args => ({ seconds: 0.1, late: () => 'it did not come', log: ['printf', '%s\\n', 'one', args.logs, 'two'] }),
  diagnose: text => (text.includes('E42') ? { cause: 'it is cold', fix: 'heat it', said: 'E42' } : undefined),
})

/** Waits for a file where its step makes a folder: it will never come. */
export const stubborn = defineModule({
  ...common,
  name: 'stubborn',
  args: T.Object({ path: at('A file.') }, { additionalProperties: false }),
  reads: args => ({ file: stat(args.path) }),
  plan: (args, { file: seen }, { ok, change }) =>
    seen.exists && seen.kind === 'file'
      ? ok()
      : change({ will: { file: { exists: true, kind: 'file' } }, steps: [exec(['mkdir', args.path])], reason: 'none' }),
  settle: () => ({
    seconds: 60,
    hopeless: ({ file: seen }) => (seen.exists && seen.kind === 'directory' ? 'a folder is in its place' : undefined),
  }),
})

/** The first host's file, or one newly made there, on every host: two phases, the second uses what the first made. */
export const shared = defineCollective({
  ...common,
  name: 'shared',
  args: T.Object({ path: at('A file.') }, { additionalProperties: false }),
  outputs: T.Object({ made: T.Boolean() }),
  reads: args => ({ file: file(args.path) }),
  plan: (args, seen, { up, missing, ok, change, fail, each, from }) => {
    const holder = up.find(host => seen[host]?.file.exists)
    const held = holder === undefined ? undefined : seen[holder]!.file
    if (held === undefined && missing.length > 0) return each(() => fail(`${missing.join()} may hold it`))
    const source = holder ?? up[0]!
    const text =
      held?.exists && held.kind === 'file'
        ? later(() => (held as { content: ReturnType<typeof content> }).content)
        : from(source)
    return each((host, { file: own }) =>
      own.exists
        ? ok({ made: false })
        : change({
            will: { file: { exists: true, kind: 'file', content: text as never } },
            phases: [
              host === source && held === undefined ? [{ do: 'generate', name: 'value', bytes: 4 }] : [],
              [
                {
                  do: 'write',
                  path: args[host]!.path,
                  content: held === undefined ? { from: 'value' } : (text as ReturnType<typeof content>),
                  mode: '0600',
                },
              ],
            ],
            reason: 'it is not there',
          }),
    )
  },
})

/** A file that runs, as a daemon would: another version of it stops the old one, and it is not ready at once. */
export const daemon = defineModule({
  ...common,
  name: 'daemon',
  args: T.Object({ path: at('A file.'), version: at('Its content.') }, { additionalProperties: false }),
  reads: args => ({ file: file(args.path), ready: stat(`${args.path}.ready`) }),
  plan: (args, { file: seen }, { ok, change }) =>
    seen.exists && seen.kind === 'file' && seen.content.bytes.toString() === args.version
      ? ok()
      : change({
          will: {
            file: { exists: true, kind: 'file', content: content(args.version) },
            ready: { exists: false },
          },
          steps: [
            exec([
              'sh',
              '-c',
              '[ ! -d "$1.broken" ] && printf %s "$0" >"$1" && rm -f "$1.ready"',
              args.version,
              args.path,
            ]),
          ],
          reason: 'another version',
          ...(seen.exists ? { interrupts: true } : {}),
        }),
})

/** Starts a program, unless its mark is there, which writes a file out of sight; `shut` is what it cannot write. */
export const starter = defineModule({
  ...common,
  name: 'starter',
  args: T.Object(
    { mark: at('A file.'), writes: at('A file.'), shut: T.Array(T.String(), { description: 'Folders.', default: [] }) },
    { additionalProperties: false },
  ),
  reads: args => ({ mark: stat(args.mark) }),
  reach: args => ({ over: ['any'], except: args.shut.map(path => `tree:${path}`) }),
  plan: (args, { mark }, { ok, change }) =>
    mark.exists
      ? ok()
      : change({
          will: { mark: { exists: true, kind: 'file' } },
          steps: [exec(['sh', '-c', 'echo started >"$0"; : >"$1"', args.writes, args.mark])],
          reason: 'it has not been started',
          reach: { over: ['any'], except: args.shut.map(path => `tree:${path}`) },
        }),
})
