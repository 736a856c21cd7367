import { type Documented, moduleSection } from '../../src/cli/app/module-reference.ts'

const HEAD = `# Modules

Made from the modules themselves by \`npm run docs\`; a test keeps it current. Arguments are named as in Ansible where
Ansible has them. Values may hold \`{{ expressions }}\`: see [playbook.md](playbook.md).
`

const ABOUT: Record<string, string> = {
  builtin: 'For any host and any program.',
  ipfs: 'For kubo and ipfs-cluster.',
}

/** The whole reference: collection by collection, in each the modules by name. */
export const referenceOf = (modules: { collection: string; module: Documented }[]): string => {
  const collections = [...Map.groupBy(modules, ({ collection }) => collection)].map(([name, found]) => ({
    name,
    modules: found.map(({ module }) => module).sort((a, b) => (a.name < b.name ? -1 : 1)),
  }))
  const contents = collections.map(
    ({ name, modules }) => `- ${name}: ${modules.map(one => `[${one.name}](#${one.name})`).join(' · ')}`,
  )
  const sections = collections.flatMap(({ name, modules }) => [
    `## ${name}\n\n${ABOUT[name]}\n`,
    ...modules.map(moduleSection),
  ])
  return [HEAD, `${contents.join('\n')}\n`, ...sections].join('\n')
}
