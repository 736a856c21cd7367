import { defineModule, T } from '../../src/module/module.ts'

const args = T.Object(
  {
    file: T.Optional(
      T.String({
        main: true,
        minLength: 1,
        description:
          'The file of variables: in vars/ of the role, of the folder of the file that includes it or of the playbook, or right there. An expression may use facts and registered values.',
      }),
    ),
    dir: T.Optional(T.String({ minLength: 1, description: 'A folder, looked for as `file` is: all its files.' })),
    name: T.Optional(T.String({ minLength: 1, description: 'One variable that holds all of them.' })),
    depth: T.Optional(T.Integer({ minimum: 0, description: 'So many levels of `dir`; 0: all.' })),
    files_matching: T.Optional(T.String({ description: 'A pattern for the names of files in `dir`.' })),
    ignore_files: T.Optional(T.Array(T.String(), { description: 'Patterns for the ends of names that are left out.' })),
    extensions: T.Optional(
      T.Array(T.String(), { description: 'Endings of the files in `dir`. Default: json, yaml, yml.' }),
    ),
    ignore_unknown_extensions: T.Optional(
      T.Boolean({ description: 'Accepted: files with other endings are always left out.' }),
    ),
    hash_behaviour: T.Optional(
      T.Enum(['replace'], { description: 'A variable replaces another as a whole; merging is not there.' }),
    ),
  },
  { additionalProperties: false },
)

export default defineModule({
  name: 'include_vars',
  about:
    'Gives its host the variables of a file, or of a folder with files, from this task on. They win over those of play, role and task, and not over what is registered or set by set_fact. Changes nothing.',
  args,
  outputs: T.Object({
    ansible_included_var_files: T.Array(T.String(), { description: 'What was named: the file or the folder.' }),
  }),
  examples: [
    '- name: Names of packages\n  include_vars: "{{ ansible_facts.os_family }}.yml"',
    '- name: All settings under one name\n  include_vars: { dir: settings, name: settings }',
  ],
  reads: () => ({}),
  plan: ({ file, dir }, _seen, { ok, fail }) => {
    const named = file ?? dir
    if (named === undefined) return fail('it names neither a file nor a folder', 'give it a file')
    return file !== undefined && dir !== undefined
      ? fail('it names a file and a folder', 'keep one of the two')
      : ok({ ansible_included_var_files: [named] })
  },
})
