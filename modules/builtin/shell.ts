import { T } from '../../src/module/module.ts'
import { defineProgram, programArguments } from './lib/user-program.ts'

const args = T.Object(
  {
    cmd: T.String({
      main: true,
      minLength: 1,
      description: 'What the shell is to do: pipes, variables, `*` and redirections are its own.',
    }),
    executable: T.Optional(T.String({ pattern: '^/', description: 'The shell. Default: /bin/sh.' })),
    ...programArguments,
  },
  { additionalProperties: false },
)

export default defineProgram({
  name: 'shell',
  about:
    'Gives a line to a shell. Say what it makes (`creates`), removes or only looks at (`reads`): with none of them it runs in every apply, and what follows on the host cannot be planned.',
  args,
  cmd: T.String({ description: 'The line.' }),
  examples: [
    '- name: Note what is installed\n  shell:\n    cmd: dpkg-query -W >/srv/installed.txt\n    creates: /srv/installed.txt',
    '- name: Who listens\n  shell: ss -ltn | grep -c :80\n  changed_when: false\n  check_mode: false\n  register: listening',
  ],
  programOf: ({ executable = '/bin/sh', ...args }) => ({ ...args, argv: [executable, '-c', args.cmd] }),
})
