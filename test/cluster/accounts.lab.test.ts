import { writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { onLab, tell } from './rig.ts'

// Accounts on a real host, judged by what a plain connection prints: the plan's verdicts, what is there after the apply,
// and a second apply that finds nothing to do.

const { lab, check } = onLab('accounts')

type Scene = {
  about: string
  /** Run before, as root, on a host where the accounts of the scenes before are gone. */
  there: string
  tasks: string[]
  /** The verdicts of the plan, in the order of the tasks. */
  plan: string[]
  /** What is run after the apply, and what it prints. */
  look: string
  prints: string
}

const gm = 'groupadd -g 4200 gm; touch /srv/t/x; chgrp gm /srv/t/x'
const ada = 'useradd -u 4200 -m ada'
const owner = (path: string): string => `stat -c '%U %u %G %g' ${path}`

const scenes: Scene[] = [
  {
    about: 'another primary group: what is in the home is handed over, and known to be',
    there: `${ada}; groupadd -g 4500 extra`,
    tasks: [
      'user: { name: ada, group: extra }',
      'file: { path: /home/ada, state: directory, group: extra }',
      'copy: { dest: /home/ada/.profile, content: x, group: extra }',
    ],
    plan: ['change', 'ok', 'change'],
    look: owner('/home/ada /home/ada/.profile'),
    prints: 'ada 4200 extra 4500\nada 4200 extra 4500',
  },
  {
    about: 'who goes and who comes: the numbers are free for others',
    there: `${ada}; useradd -M -g ada bob`,
    tasks: [
      'user: { name: bob, state: absent }',
      'user: { name: ada, state: absent }',
      'group: { name: ada, state: absent }',
      'group: { name: gm, gid: 4200 }',
      'user: { name: u, uid: 4200, group: gm, create_home: false }',
    ],
    plan: ['change', 'change', 'ok', 'change', 'change'],
    look: 'id u',
    prints: 'uid=4200(u) gid=4200(gm) groups=4200(gm)',
  },
  {
    about: "a group may be removed once it is nobody's primary one",
    there: 'groupadd -g 4200 gm; useradd -M -g gm u',
    tasks: ['user: { name: u, group: games, create_home: false }', 'group: { name: gm, state: absent }'],
    plan: ['change', 'change'],
    look: 'id -gn u; getent group gm || echo none',
    prints: 'games\nnone',
  },
  {
    about: 'a group gets another number: its files are to be handed over',
    there: gm,
    tasks: ['group: { name: gm, gid: 4201 }', 'file: { path: /srv/t/x, group: gm }'],
    plan: ['change', 'change'],
    look: owner('/srv/t/x'),
    prints: 'root 0 gm 4201',
  },
  {
    about: 'a group is removed and made again with another number',
    there: gm,
    tasks: [
      'group: { name: gm, state: absent }',
      'stat: { path: /srv/t/x }\n      register: r',
      'copy: { dest: /srv/t/y, content: "{{ r.stat.gr_name }}" }',
    ],
    plan: ['change', 'ok', 'change'],
    look: 'cat /srv/t/y',
    prints: '4200',
  },
  {
    about: 'a user gets another number: files outside of its home are to be handed over, those inside are',
    there: `${ada}; touch /srv/t/x /home/ada/f; chown ada: /srv/t/x /home/ada/f`,
    tasks: [
      'user: { name: ada, uid: 4300 }',
      'copy: { dest: /srv/t/x, content: x, owner: ada }',
      'copy: { dest: /home/ada/f, content: "", owner: ada }',
      'file: { path: /home/ada/n, state: touch, owner: ada }',
      'stat: { path: /home/ada/f }\n      register: r',
      'copy: { dest: /srv/t/y, content: "{{ r.stat.uid }} {{ r.stat.pw_name }}" }',
    ],
    plan: ['change', 'change', 'ok', 'change', 'ok', 'change'],
    look: `${owner('/srv/t/x /home/ada/f')}; cat /srv/t/y`,
    prints: 'ada 4300 ada 4200\nada 4300 ada 4200\n4300 ada',
  },
  {
    about: 'a home that belongs to somebody else is not handed over',
    there: 'mkdir /srv/t/h; useradd -u 4200 -d /srv/t/h -M ada; touch /srv/t/h/f; chown ada /srv/t/h/f',
    tasks: ['user: { name: ada, uid: 4300, create_home: false }', 'file: { path: /srv/t/h/f, owner: ada }'],
    plan: ['change', 'change'],
    look: owner('/srv/t/h/f'),
    prints: 'ada 4300 root 0',
  },
  {
    about: 'a user is removed: its files have a number for the name of their owner, and its own group is gone',
    there: `${ada}; touch /srv/t/x; chown ada: /srv/t/x`,
    tasks: [
      'user: { name: ada, state: absent }',
      'stat: { path: /srv/t/x }\n      register: r',
      'copy: { dest: /srv/t/y, content: was }\n      when: r.stat.pw_name == "ada"',
      'copy: { dest: /srv/t/z, content: is }\n      when: r.stat.pw_name == "4200" and r.stat.gr_name == "4200"',
      'group: { name: ada, state: absent }',
    ],
    plan: ['change', 'ok', 'skipped', 'change', 'ok'],
    look: 'ls /srv/t; getent group ada || echo none',
    prints: 'x\nz\nnone',
  },
  {
    about: 'a group is removed: who was in it is in the others',
    there: 'groupadd gx; useradd -M u; usermod -G gx,adm u',
    tasks: ['group: { name: gx, state: absent }', 'user: { name: u, groups: [adm], create_home: false }'],
    plan: ['change', 'ok'],
    look: 'id -Gn u',
    prints: 'u adm',
  },
  {
    about: 'files of a number get the name of the user that comes to have it',
    there: 'touch /srv/t/x; chown 4321:4321 /srv/t/x',
    tasks: ['user: { name: ada, uid: 4321, create_home: false }', 'file: { path: /srv/t/x, owner: ada, group: ada }'],
    plan: ['change', 'ok'],
    look: owner('/srv/t/x'),
    prints: 'ada 4321 ada 4321',
  },
  {
    about: 'two services get two numbers, and what is theirs is known before',
    there: 'true',
    tasks: [
      'user: { name: s1, system: true, create_home: false }',
      'user: { name: s2, system: true, create_home: false }',
      'file: { path: /srv/t/d, state: directory, owner: s2, group: s1 }',
      'group: { name: g1, gid: 4400 }',
      'group: { name: g2 }',
    ],
    plan: ['change', 'change', 'change', 'change', 'change'],
    look: `stat -c '%U %G' /srv/t/d; id -u s1 s2 | sort -u | wc -l`,
    prints: 's2 s1\n2',
  },
  {
    about: 'useradd writes ranges of numbers of its own into /etc/subuid: a line of ours comes beside it',
    there: 'true',
    tasks: [
      'user: { name: podder }',
      'lineinfile: { path: /etc/subuid, line: "podder:800000:65536" }',
      'lineinfile: { path: /etc/subgid, line: "podder:800000:65536" }',
    ],
    plan: ['change', 'undecided', 'undecided'],
    look: 'grep -c podder /etc/subuid /etc/subgid',
    prints: '/etc/subuid:2\n/etc/subgid:2',
  },
  {
    about: 'a service has no such ranges',
    there: 'true',
    tasks: [
      'user: { name: podder, system: true, create_home: false }',
      'lineinfile: { path: /etc/subuid, line: "podder:800000:65536" }',
    ],
    plan: ['change', 'change'],
    look: 'grep podder /etc/subuid',
    prints: 'podder:800000:65536',
  },
  {
    about: 'the files of the accounts are files: a line of ours beside that of useradd',
    there: 'true',
    tasks: [
      'user: { name: ada, create_home: false, uid: 4200 }',
      'lineinfile: { path: /etc/group, line: "extra:x:4500:ada" }',
      'user: { name: ada, create_home: false, groups: [extra] }',
      'file: { path: /etc/passwd, mode: "0644" }',
    ],
    plan: ['change', 'undecided', 'undecided', 'ok'],
    look: 'id ada',
    prints: 'uid=4200(ada) gid=4200(ada) groups=4200(ada),4500(extra)',
  },
]

/** What is told by the plan of each of these tasks alone, in words or in a verdict. */
const refused: { about: string; there: string; tasks: [string, string][] }[] = [
  {
    about: 'what the tools refuse fails in the plan',
    there: `${ada}; groupadd -g 4300 gm; setpriv --reuid=ada sleep 600 >/dev/null 2>&1 & until ps -u ada >/dev/null; do :; done`,
    tasks: [
      ['group: { name: ada, state: absent }', 'group ada is the primary group of user ada'],
      ['user: { name: bob, uid: 4200 }', 'uid 4200 is that of ada'],
      ['user: { name: bob, uid: 4300, create_home: false }', 'change'],
      ['group: { name: g1, gid: 4300 }', 'gid 4300 is that of gm'],
      ['group: { name: gm, gid: 4200 }', 'gid 4200 is that of ada'],
      ['user: { name: ada, uid: 4300 }', 'user ada is used by process'],
      ['user: { name: ada, home: /srv/t/h, create_home: false }', 'user ada is used by process'],
      ['user: { name: ada, shell: /bin/bash }', 'change'],
      ['user: { name: ada, state: absent }', 'user ada is used by process'],
      ['user: { name: "a:b" }', 'useradd refuses it'],
      ['user: { name: "4711" }', 'a user needs a name'],
      ['group: { name: -a }', 'groupadd refuses it'],
      ['group: { name: a234567890123456789012345678901234 }', 'may have 32'],
      ['file: { path: /srv/t/x, state: touch, owner: 4294967295 }', 'is no number of an account'],
    ],
  },
]

const cleared = `for u in ada bob u s1 s2 podder; do ! id $u >/dev/null 2>&1 || userdel -f $u; done 2>/dev/null
for g in gm gx g1 g2 extra ada bob u c1; do ! getent group $g >/dev/null || groupdel $g; done
sed -i '/^podder:/d' /etc/subuid /etc/subgid; rm -rf /srv/t /home/ada /home/podder /home/u /home/bob; mkdir -p /srv/t`

const playbook = (tasks: string[]): string =>
  `- hosts: all\n  tasks:\n${tasks.map((task, i) => `    - name: t${i}\n      ${task}\n`).join('')}`

/** What the plan says of tasks. */
const plannedAs = async (tasks: string[]): Promise<{ verdicts: string[]; words: string[] }> => {
  writeFileSync(`${lab.folder}/playbook.yml`, playbook(tasks))
  const { events } = tell(await lab.start('plan', 'playbook.yml', '-i', lab.inventory, '--format', 'json').ended)
  const planned = events.filter(event => event.type === 'planned')
  return {
    verdicts: planned.map(({ verdict }) => verdict),
    words: planned.map(({ verdict, why = '' }) => `${verdict} ${why}`),
  }
}

check('a host', () => lab.raise(1))

for (const { about, there, tasks, plan, look, prints } of scenes)
  check(about, async () => {
    await lab.ssh('node0', `${cleared}\n${there}`)
    const { verdicts, words } = await plannedAs(tasks)
    assert.equal(verdicts, plan, words.join('\n'))
    const first = await lab.applyOf('playbook.yml')
    assert.is(first.code, 0, first.stdout)
    assert.is(await lab.ssh('node0', look), prints)
    const second = await lab.applyOf('playbook.yml')
    assert.is(second.code, 0, second.stdout)
    assert.equal(second.summary.hosts.node0?.changed, 0, second.stdout)
  })

for (const { about, there, tasks } of refused)
  check(about, async () => {
    await lab.ssh('node0', `${cleared}\n${there}`)
    for (const [task, says] of tasks) {
      const { words } = await plannedAs([task])
      assert.ok(words[0]?.includes(says) && words[0].startsWith(says === 'change' ? says : 'fail'), `${task}: ${words}`)
    }
    await lab.ssh('node0', 'pkill -u ada')
  })

test.run()
