import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, globSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { moduleDigest } from '../src/cli/app/module-digest.ts'
import { modulePath } from '../src/cli/app/module-path.ts'

// `npm run build` makes of the sources what is installed: JavaScript, in files that are loaded when they are needed, and
// the types of the contract for authors of modules. Into dist/, or the folder that is named.

const root = fileURLToPath(new URL('..', import.meta.url))
const out = resolve(process.argv[2] ?? join(root, 'dist'))

/** The files of the collections that runbook imports by name, in one: `files['builtin/copy']`. */
const collections: Plugin = {
  name: 'collections',
  setup: ({ onResolve, onLoad }) => {
    const names = globSync(['modules/*/*.ts', 'modules/*/lib/diagnoses.ts'], { cwd: root }).sort()
    const imports = names.map((file, i) => `import file${i} from './${file}'`)
    const members = names.map((file, i) => `${JSON.stringify(file.slice('modules/'.length, -'.ts'.length))}: file${i}`)
    onResolve({ filter: /^collections:/ }, ({ path }) => ({ path, namespace: 'collections' }))
    onLoad({ filter: /^/, namespace: 'collections' }, () => ({
      contents: `${imports.join('\n')}\nexport const files = { ${members.join(', ')} }\n`,
      resolveDir: root,
    }))
  },
}

/** The digests of all modules that come along, by `collection/name`. */
const digests = (): Record<string, string> => {
  const path = modulePath(out)
  const files = path.names.map(name => path.find(`runbook.builtin.${name}`)!)
  return Object.fromEntries(files.map(file => [file.shipped!, moduleDigest(file)]))
}

const bundle = async (): Promise<void> => {
  await build({
    absWorkingDir: root,
    entryPoints: {
      runbook: 'src/runbook.mjs',
      module: 'src/module/module.ts',
      modules: 'collections:all',
      // Loaded without being waited for, so by its name: see src/jinja/on-demand.ts.
      'rarely-used': 'src/jinja/rarely-used.ts',
    },
    outdir: out,
    outExtension: { '.js': '.mjs' },
    // All beside each other: some find files of theirs by their own place.
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node22.18',
    sourcemap: 'linked',
    sourcesContent: false,
    define: { BUILT_MODULES: JSON.stringify(digests()) },
    plugins: [collections],
    logLevel: 'warning',
  })
  cpSync(join(root, 'src/module/probes/portable'), join(out, 'portable'), { recursive: true })
  chmodSync(join(out, 'runbook.mjs'), 0o755)
}

/** The options of tsconfig.json, for one file and what it imports. */
const emitTypes = (): void => {
  const config = join(out, 'tsconfig.json')
  const compilerOptions = {
    noEmit: false,
    emitDeclarationOnly: true,
    declaration: true,
    rootDir: join(root, 'src'),
    outDir: join(out, 'types'),
    typeRoots: [join(root, 'node_modules/@types')],
  }
  const files = [join(root, 'src/module/module.ts')]
  writeFileSync(config, JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, files, include: [] }))
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['--project', config], { stdio: 'inherit' })
  rmSync(config)
  const types = '/// <reference types="node" />\nexport * from \'./types/module/module.ts\'\n'
  writeFileSync(join(out, 'module.d.ts'), types)
}

rmSync(out, { recursive: true, force: true })
await bundle()
emitTypes()
