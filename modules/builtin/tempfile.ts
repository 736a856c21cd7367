import { defineModule, exec, folderAt, T, uses } from '../../src/module/module.ts'
import { pathOutputs } from './lib/path-outputs.ts'
import { missingFolder, pathArgument, plainPath } from './lib/paths.ts'

const namePart = (fallback: string, description: string) =>
  T.String({ default: fallback, pattern: '^[^/]*$', description })

const args = T.Object(
  {
    state: T.Enum(['file', 'directory'], { default: 'file', description: 'What it is to be.' }),
    path: T.Optional(pathArgument('The folder that it is made in. Not given: TMPDIR of the task, or /tmp.')),
    prefix: namePart('ansible.', 'What its name begins with.'),
    suffix: namePart('', 'What its name ends with.'),
  },
  { additionalProperties: false },
)

/**
 * Arguments: what is made, where, the beginning of its name and the end. Names are tried until one is free: it is made or it is not,
 * in one piece, and nobody else may look into it. Not by mktemp: that of BusyBox takes no end of a name.
 */
const making = `umask 077; d=\${2:-\${TMPDIR:-/tmp}}; n=0
while [ $n -lt 100 ]; do n=$((n+1)); r=$(od -An -N5 -tx1 /dev/urandom | tr -d ' \\n'); p=$d/$3$r$4
if [ "$1" = directory ]; then mkdir -- "$p" 2>/dev/null; else ( set -C; : >"$p" ) 2>/dev/null; fi && { stat -c '%a %s %u %g %U %G' -- "$p"; printf '%s\\n' "$p"; exit 0; }
done
echo "nothing can be made in $d" >&2; exit 1`

export default defineModule({
  name: 'tempfile',
  about:
    'Makes a file or a folder under a name that nothing has, for its owner alone. It does so in every apply; its name is known when it is there. Nobody takes it away again but a task of yours.',
  args,
  outputs: T.Object({ path: T.String({ description: 'Its path.' }), ...pathOutputs }),
  examples: [
    '- name: A place to unpack it\n  tempfile:\n    state: directory\n    suffix: build\n  register: scratch\n\n- name: Use it\n  copy:\n    src: site.conf\n    dest: "{{ scratch.path }}/site.conf"',
  ],
  reads: args => ({ folder: args.path === undefined ? undefined : uses(folderAt(plainPath(args.path))) }),
  touches: ({ path }) => (path === undefined ? [] : [`children:${plainPath(path)}`]),
  told: ({ state }, { stdout }) => {
    const [attributes = '', ...path] = stdout.toString().replace(/\n$/, '').split('\n')
    const [mode = '', size, uid, gid, owner = '', group = ''] = attributes.split(' ')
    const numbers = { size: Number(size), uid: Number(uid), gid: Number(gid) }
    return { outputs: { path: path.join('\n'), state, mode: mode.padStart(4, '0'), owner, group, ...numbers } }
  },
  plan: ({ state, path, prefix, suffix }, { folder }, { change, fail }) => {
    const nowhere = path === undefined || folder === undefined ? undefined : missingFolder(plainPath(path), folder)
    if (nowhere) return fail(nowhere.why, nowhere.fix)
    const folderName = path === undefined ? '' : plainPath(path)
    return change({
      will: {},
      steps: [exec(['sh', '-c', making, 'tempfile', state, folderName, prefix, suffix], { keep: true })],
      reason: 'it is a new one every time',
      always: true,
    })
  },
})
