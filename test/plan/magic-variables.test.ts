import { basename } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Options, type Ran, said, withRig } from './rig.ts'

const say = (name: string, text: string): string => `    - { name: ${name}, debug: { msg: '${text}' } }\n`
const planned = async (playbook: string, options: Options = {}): Promise<Ran> => {
  let ran: Ran | undefined
  await withRig(playbook, options, async rig => {
    ran = await rig.plan()
  })
  return ran!
}

test('tasks know their play, its hosts, its roles and how they run', async () => {
  const ran = await planned(
    '- hosts: all:!node2\n  name: my play\n  gather_facts: false\n  roles: [web]\n  tasks:\n' +
      say('hosts', '{{ ansible_play_hosts }} {{ ansible_play_hosts_all }} {{ ansible_play_batch }} {{ play_hosts }}') +
      say('play', '{{ ansible_play_name }} {{ role_names }} {{ ansible_role_names | sort }}') +
      say('run', '{{ ansible_check_mode }} {{ ansible_diff_mode }} {{ ansible_run_tags }} {{ ansible_skip_tags }}') +
      say('version', '{{ ansible_version.full is version("2.10", ">=") }} {{ ansible_limit is defined }}') +
      say(
        'names',
        '{{ inventory_hostname_short }} {{ inventory_dir == playbook_dir }} {{ inventory_file | basename }}',
      ) +
      say('first', '{{ inventory_hostname == ansible_play_hosts[0] }} {{ ansible_play_hosts | length }}'),
    {
      hosts: ['node0', 'node1', 'node2'],
      files: {
        'roles/web/tasks/main.yml': '- debug: { msg: "{{ ansible_role_name }} of {{ role_names }}" }\n',
        'roles/web/meta/main.yml': 'dependencies: [base]\n',
        'roles/base/tasks/main.yml': '- debug: { msg: x }\n',
      },
    },
  )
  assert.equal(
    ['hosts', 'play', 'run', 'version', 'names', 'first'].map(task => said(ran, task)),
    [
      "['node0', 'node1'] ['node0', 'node1'] ['node0', 'node1'] ['node0', 'node1']",
      "my play ['web'] ['base', 'web']",
      "False False ['all'] []",
      'True False',
      'node0 True inventory.yml',
      'True 2',
    ],
  )
  assert.is(said(ran, 'first', 'node1'), 'False 2')
})

test('the folder of the playbook is known before there are hosts, and is that of an imported playbook', async () => {
  const ran = await planned(
    '- hosts: all\n  gather_facts: false\n  vars_files: ["{{ playbook_dir }}/more/v.yml"]\n  tasks:\n' +
      '    - import_tasks: "{{ playbook_dir }}/more/t.yml"\n' +
      '- import_playbook: sub/p.yml\n',
    {
      files: {
        'more/v.yml': 'x: there\n',
        'more/t.yml': '- { name: it, debug: { msg: "{{ x }}" } }\n',
        'sub/p.yml': '- hosts: all\n  gather_facts: false\n  tasks:\n' + say('where', '{{ playbook_dir | basename }}'),
      },
    },
  )
  assert.is(said(ran, 'it'), 'there')
  assert.is(said(ran, 'where'), basename('sub'))
})

test('vars holds all variables of the host by their names, those that tasks make too', async () => {
  const ran = await planned(
    '- hosts: all\n  gather_facts: false\n  vars: { a: 1, which: a, through: "{{ vars.made }}" }\n  tasks:\n' +
      '    - set_fact: { made: "new" }\n' +
      say('it', '{{ vars.a }} {{ vars["made"] }} {{ vars[which] }} {{ through }} {{ vars.none is defined }}') +
      say('names', '{{ "made" in vars }} {{ "hostvars" in vars.keys() }} {{ vars | to_json | length > 20 }}'),
  )
  assert.is(said(ran, 'it'), '1 new 1 new False')
  assert.is(said(ran, 'names'), 'True False True')
})

test('a secret in vars as a whole stays one', async () => {
  const ran = await planned(
    '- hosts: all\n  gather_facts: false\n  secrets: [password]\n  vars: { password: hunter22 }\n  tasks:\n' +
      '    - { name: it, debug: { msg: "{{ vars | to_json | b64encode }}" } }\n',
  )
  assert.is(ran.lines.find(line => line.id === 'node0/it')!.hidden, 'secret')
})

test('a name that vars lacks is told before anything runs', async () => {
  try {
    await planned('- hosts: all\n  vars: { apple: 1 }\n  tasks:\n' + say('it', '{{ vars.appel }}'))
    assert.unreachable()
  } catch (error) {
    assert.match((error as Error).message, /no variable or register "appel"/)
  }
})

test.run()
