import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { modulePath } from '../../src/cli/app/module-path.ts'
import { withoutCollection } from '../../src/load/collections.ts'
import { createComposing } from '../../src/load/composing.ts'
import { readPlaybook } from '../../src/load/playbook.ts'

// Playbooks as tutorials write them, and what each of them still lacks here: a module or a word that comes leaves its list.

const folder = fileURLToPath(new URL('tutorials', import.meta.url))

const lacking = (name: string) => {
  const file = join(folder, `${name}.yml`)
  const composing = createComposing({ extra: {}, roles: [], collections: [] })
  const { playbook, problems } = readPlaybook(readFileSync(file, 'utf8'), file, composing)
  const modules = modulePath(dirname(file), playbook.roles)
  const tasks = playbook.plays.flatMap(play => [...play.tasks, ...play.handlers])
  const missing = tasks
    .filter(({ module }) => modules.find(module) === undefined)
    .map(({ module }) => withoutCollection(module))
  return {
    tasks: tasks.map(task => task.name),
    modules: [...new Set(missing)].sort(),
    words: [...new Set(problems.map(({ what }) => what))],
  }
}

for (const [name, tasks, modules, words] of [
  ['lemp', 9, ['mysql_db', 'mysql_user'], []],
  ['users', 7, [], []],
  ['docker', 9, ['community.docker.docker_container', 'community.docker.docker_image', 'get_url'], []],
  ['nfs', 8, ['mount'], []],
  ['backup', 8, [], []],
  ['firewall', 7, ['ufw'], []],
] as const)
  test(`${name}: what it lacks is known`, () => {
    const found = lacking(name)
    assert.equal(
      [found.tasks.length, found.modules, found.words],
      [tasks, [...modules], [...words]],
      found.tasks.join('\n'),
    )
  })

test.run()
