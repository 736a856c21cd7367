import { defineModule, T, uses } from '../../src/module/module.ts'
import { serviceList } from './lib/service-list.ts'

export default defineModule({
  name: 'service_facts',
  about:
    'Lists the services of a host as the fact `services`, from this task on: those of systemd and those with a script in /etc/init.d. Changes nothing.',
  args: T.Object({}, { additionalProperties: false }),
  outputs: T.Object({
    ansible_facts: T.Record(T.String(), T.Unknown(), {
      description: '`services`: by name of each its `name`, `state`, `status` and `source`.',
    }),
  }),
  examples: [
    '- name: See what runs\n  service_facts:\n- name: The time server that systemd brings is off\n  service: { name: systemd-timesyncd, state: stopped, enabled: false }\n  when: "\'systemd-timesyncd.service\' in ansible_facts.services"',
  ],
  reads: () => ({ services: uses(serviceList) }),
  plan: (_, { services }, { ok }) => ok({ ansible_facts: { services } }),
})
