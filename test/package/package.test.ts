import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { allModules } from '../docs/modules.ts'
import { startServer } from '../host/server.ts'
import { installed, oldestNode, root, runWith } from './install.ts'
import { documented, writeSite } from './site.ts'

const { site, prefix, remove } = installed()
const host = await startServer()
test.after(async () => {
  remove()
  await host.stop()
})

const own = join(site, 'node_modules/runbook')
const local = join(own, 'dist/runbook.mjs')
const everywhere = join(prefix, 'bin/runbook')
const events = (out: string) =>
  out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))

test('the package holds what is run, read and documented, and no sources or tests', () => {
  const files = globSync('**/*', { cwd: own })
  for (const file of [
    'dist/module.d.ts',
    'dist/portable/service.sh',
    'playbooks/private-cluster.yml',
    'playbooks/templates/ipfs.service.j2',
    'inventory/private-cluster.yml',
    'docs/modules.md',
    'README.md',
  ])
    assert.ok(files.includes(file), file)
  assert.equal(
    files.filter(
      file => /^(src|test|modules|build)|\.ts$/.test(file) && !file.endsWith('.d.ts') && !file.startsWith('dist/types'),
    ),
    [],
  )
})

test('commands, reports and modules are loaded when they are needed: --help takes a few files', () => {
  const list = join(site, 'list.mjs')
  writeFileSync(
    list,
    "import { registerHooks } from 'node:module'\nregisterHooks({ load: (url, context, next) => (process.stderr.write(`${url}\\n`), next(url, context)) })\n",
  )
  const { stderr } = spawnSync(process.execPath, ['--import', list, local, '--help'], { encoding: 'utf8' })
  const loaded = stderr.split('\n').filter(url => url.includes('/runbook/dist/'))
  assert.ok(loaded.length <= 5, loaded.join('\n'))
})

test('authors have all types, of what runbook depends on too', () => {
  const folder = join(site, 'author')
  const strict = { strict: true, skipLibCheck: false, noEmit: true, allowImportingTsExtensions: true }
  const compilerOptions = { module: 'nodenext', target: 'es2024', ...strict }
  const [greet = '', words = ''] = ['modules/greet.ts', 'modules/lib/words.ts'].map(name => documented[name])
  mkdirSync(join(folder, 'lib'), { recursive: true })
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['greet.ts'] }))
  writeFileSync(join(folder, 'lib/words.ts'), words)
  const errors = (text: string): string => {
    writeFileSync(join(folder, 'greet.ts'), text)
    return spawnSync('tsc', ['--project', folder, '--pretty', 'false'], { encoding: 'utf8' }).stdout
  }
  assert.is(errors(greet), '')
  assert.match(errors(greet.replace('exists: true', "exists: 'yes'")), /greet\.ts\(\d+,\d+\): error TS/)
  assert.match(errors(greet.replace('args.path', 'args.paht')), /greet\.ts\(\d+,\d+\): error TS.*'paht'/)
})

const oldest = oldestNode()
const nodes: [string, string | undefined][] = [
  [`Node ${process.versions.node}, the newest`, process.execPath],
  [`Node ${oldest.version}, the oldest`, oldest.node],
]
for (const [name, node] of nodes) {
  const check = node ? test : test.skip
  const run = (program: string, ...args: string[]) => runWith(node!, program, args, site)
  const words = node ? name : `${name} (skipped: npm cannot bring it without a network)`

  check(`${words}: tells its version and help, installed in a folder and for everybody`, async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    for (const program of [local, everywhere])
      assert.equal(await run(program, '--version'), { code: 0, out: `${version}\n`, err: '' })
    assert.match((await run(everywhere, '--help')).out, 'Usage: runbook')
    assert.match((await run(local, 'lab', 'status', '--name', 'none')).out, /no lab 'none'/)
  })

  check(`${words}: plans and applies, with modules beside the playbook and from a package`, async () => {
    const at = (file: string): string => readFileSync(join(host.folder, 'made', file), 'utf8')
    rmSync(join(host.folder, 'made'), { recursive: true, force: true })
    writeSite(site, host, join(host.folder, 'made'))
    const asked = ['site.yml', '-i', 'hosts.json']
    const planned = await run(everywhere, 'plan', ...asked, '-o', 'plan.json', '--format', 'json')
    assert.equal([planned.code, planned.err], [0, 'The plan is in plan.json. Apply it with: runbook apply plan.json\n'])
    const lines = events(planned.out)
    assert.equal(
      lines.filter(({ type }) => type === 'planned').map(({ task, verdict, needs }) => [task, verdict, needs]),
      [
        ['greet', 'change', undefined],
        ['note', 'change', 'node0/greet'],
        ['copy', 'change', undefined],
        ['page', 'change', undefined],
        ['mute', 'ok', undefined],
      ],
    )
    assert.equal(
      lines.filter(({ type }) => type === 'warning').map(({ text }) => text),
      ['modules/copy.js hides the module that comes with runbook, which is runbook.builtin.copy'],
    )
    const applied = await run(local, 'apply', 'plan.json')
    assert.is(applied.code, 0, applied.out + applied.err)
    assert.equal([at('greeting'), at('note'), at('page')], ['Hello, Ann!\n', 'Hello, Ann!\n', 'node0\n'])
    assert.match((await run(local, 'apply', ...asked)).out, /Apply: 0 changed, .*5 unchanged/)
    appendFileSync(join(site, 'modules/lib/words.ts'), '// edited\n')
    assert.match((await run(local, 'apply', 'plan.json')).err, /plan-stale(.*\n)+.*Changed or gone: module greet\./)
  })

  check(`${words}: has the private cluster, its templates and its modules along`, async () => {
    const drawn = await run(everywhere, 'graph', join(own, 'playbooks/private-cluster.yml'), '--format', 'json')
    assert.is(drawn.code, 0, drawn.err)
    assert.ok(JSON.parse(drawn.out).boxes.length > 30)
  })
}

test('every module that comes along can be imported, and its digest is that of the checkout', async () => {
  const all = await allModules()
  const script = `
    const { shippedModules, importShipped, builtDigest } = await import(process.argv[1])
    for (const id of shippedModules()) console.log(id, builtDigest(id), (await importShipped(id)).name)`
  const chunk = globSync('dist/*.mjs', { cwd: own }).find(file =>
    /export \{[^}]*\bimportShipped\b/.test(readFileSync(join(own, file), 'utf8')),
  )!
  const told = `${execFileSync(process.execPath, ['--input-type=module', '-e', script, join(own, chunk)])}`
    .trim()
    .split('\n')
  assert.equal(told.map(line => line.split(' ')[2]).sort(), all.map(({ file }) => file).sort())
  const { moduleDigests } = await import('../../src/cli/app/module-digest.ts')
  const words = told.map(line => `runbook.builtin.${line.split(' ')[2]}`)
  assert.equal(
    [...moduleDigests(site, words).values()],
    told.map(line => line.split(' ')[1]),
  )
})

test.run()
