import { defineModule, T } from '../../src/module/module.ts'

const args = T.Object(
  {
    file: T.String({
      main: true,
      minLength: 1,
      description:
        'The file of tasks: beside the file that includes it, in tasks/ of the role, or beside the playbook. An expression may use facts and registered values.',
    }),
    apply: T.Optional(
      T.Record(T.String(), T.Unknown(), {
        description: 'Keywords that all tasks of the file are given: when, tags, become, vars, ...',
      }),
    ),
  },
  { additionalProperties: false },
)

export default defineModule({
  name: 'include_tasks',
  about:
    'Puts the tasks of a file right behind it, on each host when it is known whether, and which file. What it says itself, as in `when` and `tags`, is said of it and not of these tasks.',
  args,
  outputs: T.Object({
    include: T.String({ description: 'The file.' }),
    include_args: T.Record(T.String(), T.Unknown(), { description: 'Empty.' }),
  }),
  examples: [
    '- name: What this distribution needs\n  include_tasks: "setup-{{ ansible_facts.os_family }}.yml"',
    '- name: A site of its own for each\n  include_tasks: { file: site.yml, apply: { tags: [sites] } }\n  loop: [blog, shop]\n  loop_control: { loop_var: site }',
  ],
  reads: () => ({}),
  plan: ({ file }, _seen, { ok }) => ok({ include: file, include_args: {} }),
})
