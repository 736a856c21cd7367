import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadModules } from '../../../src/cli/app/load-modules.ts'
import { moduleDigest } from '../../../src/cli/app/module-digest.ts'
import { modulePath } from '../../../src/cli/app/module-path.ts'
import { isUnknown, Later } from '../../../src/core/unknown.ts'
import { parsePlaybook } from '../../../src/load/playbook.ts'
import { sandbox } from '../rig.ts'

const place = sandbox()
test.after(place.remove)
const at = (name: string): string => join(place.folder, name)
const write = (name: string, text: string): void => {
  mkdirSync(dirname(at(name)), { recursive: true })
  writeFileSync(at(name), text)
}
test.before.each(() => {
  for (const name of ['modules', 'node_modules', 'package.json', 'elsewhere'])
    rmSync(at(name), { recursive: true, force: true })
})
write('hosts.yml', 'all:\n  hosts:\n    web:\n      ansible_host: 127.0.0.1\n')

/** A module that reads nothing and says `says`. */
const moduleText = (name: string, says = name, more = ''): string => `
import { defineModule, isUnknown, open, T } from 'runbook/module'
${more}
export default {
  ...defineModule({
    name: '${name}', about: 'Says a word.', args: T.Object({}), examples: [],
    reads: () => ({}), plan: (_, __, { say }) => say('${says}'),
  }),
  says: '${says}', isUnknown, open,
}
`
const package_ = (name: string, files: Record<string, string>, modules = 'modules'): void => {
  write(`node_modules/${name}/package.json`, JSON.stringify({ name, type: 'module', runbook: { modules } }))
  for (const [file, text] of Object.entries(files)) write(`node_modules/${name}/${file}`, text)
}
const packages = (...names: string[]): void => write('package.json', JSON.stringify({ runbook: { packages: names } }))

const found = (...words: string[]) => {
  const tasks = words.map(word => `    - ${word}:\n`).join('')
  return loadModules(parsePlaybook(`- hosts: all\n  tasks:\n${tasks}`, at('site.yml')))
}
const refused = (task: string): string => {
  place.write('site.yml', `- hosts: all\n  tasks:\n    - ${task}:\n`)
  const { code, out, err } = place.run(['apply', 'site.yml', '-i', 'hosts.yml'])
  assert.is(code, 4, out + err)
  assert.match(err, 'error[playbook-module]')
  assert.is(out, '')
  return err
}

test('a module beside the playbook is found, and its contract is that of the engine', async () => {
  write('modules/greet.ts', moduleText('greet', 'hi', 'type Word = string\nexport const a: Word = "a"'))
  const { greet } = (await found('greet')).modules as unknown as Record<
    string,
    { isUnknown: unknown; open: unknown; says: string }
  >
  assert.is(greet!.says, 'hi')
  assert.is(greet!.isUnknown, isUnknown)
  assert.instance(greet!.open, Later)
})

test('the first place that has a module wins, which is told once; runbook.builtin is always ours', async () => {
  package_('one', { 'modules/copy.js': moduleText('copy', 'one'), 'modules/both.mjs': moduleText('both', 'one') })
  package_('@acme/two', { 'lib/both.mjs': moduleText('both', 'two'), 'lib/last.js': moduleText('last') }, 'lib')
  write('modules/last.ts', moduleText('last', 'own'))
  packages('one', '@acme/two')
  const { modules, warnings } = await found(
    'copy',
    'both',
    'last',
    'copy',
    'runbook.builtin.copy',
    'ansible.builtin.copy',
  )
  const says = Object.entries(modules).map(([word, module]) => [word, (module as { says?: string }).says])
  assert.equal(says, [
    ['copy', 'one'],
    ['both', 'one'],
    ['last', 'own'],
    ['runbook.builtin.copy', undefined],
  ])
  assert.equal(
    warnings.map(text => text.replaceAll(`${place.folder}/`, '')),
    [
      'node_modules/one/modules/copy.js hides the module that comes with runbook, which is runbook.builtin.copy',
      'node_modules/one/modules/both.mjs hides the module node_modules/@acme/two/lib/both.mjs',
      'modules/last.ts hides the module node_modules/@acme/two/lib/last.js',
    ],
  )
})

test('both shipped collections are under one name, and nothing else is', async () => {
  const path = modulePath(place.folder)
  assert.is(path.find('runbook.builtin.swarm_key')!.shipped, 'ipfs/swarm_key')
  assert.is(path.find('ansible.posix.copy'), undefined)
  assert.match(refused('runbook.builtin.coppy'), /no module "coppy".*\n.*\n.*\n.*\n.*Did you mean "copy"/)
})

test('what only looks like a place of modules is none: a file called modules, a package.json that is no JSON', async () => {
  write('modules', 'notes')
  write('package.json', '{ broken')
  assert.equal(Object.keys((await found('copy')).modules), ['copy'])
  write('package.json', '{ "runbook": broken')
  assert.match(refused('copy'), /package\.json cannot be read/)
})

test('an unknown module: the nearest name of all places', () => {
  write('modules/greet.ts', moduleText('greet'))
  assert.match(refused('gret'), 'Did you mean "greet"?')
})

test('a file that is no module is refused with the file and what to do, and no host is contacted', () => {
  for (const [text, words] of [
    ['export default {', /modules\/greet\.ts cannot be imported\.\n.*greet\.ts:1.*\n.*Mend modules\/greet\.ts/],
    ["import './none.ts'", /modules\/greet\.ts cannot be imported\.\n.*none\.ts.*\n.*Mend/],
    ['throw 7', /modules\/greet\.ts cannot be imported\.\n.*It threw 7\.\n/],
    ['export const greet = 1', /modules\/greet\.ts exports no default\.\n.*export default defineModule/],
    ['export default 1', /What modules\/greet\.ts exports is no module\.\n.*name, args, reads, plan/],
    [
      moduleText('hello'),
      /The module in modules\/greet\.ts calls itself "hello"\.\n.*\n.*Call it "greet", or its file hello\.ts\./,
    ],
  ] as const) {
    write('modules/greet.ts', text)
    assert.match(refused('greet'), words)
  }
})

test('a package that is not there, has no modules, or has them in TypeScript', () => {
  packages('one')
  assert.match(refused('greet'), /The package "one" is not installed\.\n.*package\.json.*\n.*npm install one/)
  package_('one', {}, 'none')
  assert.match(refused('greet'), /The package "one" has no modules\.(\n.*)+"runbook": \{ "modules": "FOLDER" \}/)
  package_('one', { 'modules/greet.ts': moduleText('greet') })
  assert.match(refused('greet'), /greet\.ts is TypeScript in an npm package\.\n.*strips no types.*\n.*JavaScript/)
  write('package.json', '{ "runbook": { "packages": "one" } }')
  assert.match(refused('greet'), /must be a list of names/)
  write('package.json', '{ "runbook"')
  assert.match(refused('greet'), /package\.json cannot be read/)
})

test('a package that is linked from elsewhere may be TypeScript, as files beside the playbook may', async () => {
  write('elsewhere/package.json', JSON.stringify({ type: 'module', runbook: { modules: '.' } }))
  write('elsewhere/greet.ts', moduleText('greet', 'linked', 'const a: string = "a"'))
  mkdirSync(at('node_modules'))
  symlinkSync(at('elsewhere'), at('node_modules/linked'))
  packages('linked')
  assert.is(((await found('greet')).modules.greet as unknown as { says: string }).says, 'linked')
})

test('a digest takes a word of a comment for no file where a folder bears it', () => {
  write('modules/greet.ts', `// words come from './lib'\n${moduleText('greet')}`)
  write('modules/lib/words.ts', 'export const words = 1\n')
  assert.match(moduleDigest(modulePath(place.folder).find('greet')!), /^[0-9a-f]{64}$/)
})

test('a digest is over the file and what it imports from beside it, and over nothing else', () => {
  write('modules/greet.ts', "import { word } from './lib/word.ts'\n")
  write('modules/lib/word.ts', "export * from './deep.ts'\n")
  write('modules/lib/deep.ts', 'export const word = 1\n')
  write('modules/lib/other.ts', 'export const other = 1\n')
  const digest = (): string => moduleDigest(modulePath(place.folder).find('greet')!)
  const before = digest()
  write('modules/lib/other.ts', 'export const other = 2\n')
  assert.is(digest(), before)
  write('modules/lib/deep.ts', 'export const word = 2\n')
  assert.is.not(digest(), before)
})

test.run()
