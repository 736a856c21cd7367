import { content, defineModule, exec, quote, T } from '../../src/module/module.ts'
import { toldState } from './lib/told-state.ts'

const args = T.Object(
  {
    name: T.String({ pattern: '^[a-z0-9][a-z0-9.+:-]+$', description: 'The package.' }),
    selection: T.Enum(['install', 'hold', 'deinstall', 'purge'], {
      description: 'What is to become of it: hold keeps its version where others get new ones.',
    }),
  },
  { additionalProperties: false },
)

export default defineModule({
  name: 'dpkg_selections',
  about: 'What dpkg has noted that is to become of a package, such as that it keeps its version (hold).',
  args,
  outputs: T.Object({ after: T.String({ description: 'What is noted.' }) }),
  examples: ['- name: No other kernel by itself\n  dpkg_selections:\n    name: linux-image-amd64\n    selection: hold'],
  reads: ({ name }) => ({
    noted: toldState(
      `live:dpkg-selection/${name}`,
      `if command -v dpkg >/dev/null; then dpkg --get-selections ${quote(name)} 2>/dev/null | awk 'NR == 1 { print $2 }'; else echo missing; fi`,
      [`package:${name.replace(/:.*$/, '')}`],
    ),
  }),
  // What apt would do depends on it.
  touches: ({ name }) => [`package:${name.replace(/:.*$/, '')}`, 'path:/var/lib/dpkg/status'],
  plan: ({ name, selection }, { noted }, { ok, change, fail }) => {
    if (noted.text === 'missing') return fail('there is no dpkg on that host', 'leave the task out there: when')
    if (noted.text === '')
      return fail(`dpkg knows of no package ${name}`, 'install it in an earlier task, or check the name')
    if (noted.text === selection) return ok({ after: selection })
    return change({
      will: { noted: { text: selection } },
      steps: [exec(['dpkg', '--set-selections'], { stdin: content(`${name} ${selection}\n`), uncut: true })],
      reason: `its selection is ${noted.text}`,
      outputs: { after: selection },
    })
  },
})
