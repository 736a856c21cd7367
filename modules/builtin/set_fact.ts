import { defineModule, T } from '../../src/module/module.ts'

const args = T.Object(
  {
    cacheable: T.Optional(
      T.Boolean({ description: 'Accepted: facts are gathered anew in each run, and none are kept for the next.' }),
    ),
  },
  { additionalProperties: true, gives: true },
)

export default defineModule({
  name: 'set_fact',
  about:
    'Makes variables of its host, each argument one, from this task on. They win over all others but parameters of a role and those of the command line. Changes nothing.',
  args,
  examples: [
    '- name: Say where the data lies\n  set_fact:\n    data_folder: "/srv/{{ inventory_hostname }}"',
    '- name: Collect names\n  set_fact:\n    names: "{{ names | default([]) + [item] }}"\n  loop: [web, mail]',
  ],
  reads: () => ({}),
  plan: (args, _seen, { ok, fail }) =>
    Reflect.ownKeys(args).some(name => name !== 'cacheable')
      ? ok()
      : fail('it names no variable', 'name at least one, as in "set_fact: {folder: /srv}"'),
})
