import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { basename } from 'node:path'
import type { Row } from './row.ts'

/** What a program says of its version; nothing where it is not there. */
const versionOf = (program: string, ...args: string[]): string => {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  return `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n')[0] || 'not there'
}

/** Programs of others that were measured too, by the packages that the folder of them holds. */
const rivalRows = (folder: string | undefined): string =>
  folder === undefined
    ? ''
    : ['ansible_core', 'mitogen', 'pyinfra']
        .flatMap(name => globSync(`${folder}/lib/python3*/site-packages/${name}-*.dist-info`))
        .map(path => basename(path, '.dist-info').split('-'))
        .map(([name, version]) => `| ${name} | ${version} |\n`)
        .join('')

const bar = (ratio: number): string => '█'.repeat(Math.max(1, Math.round(ratio * 10)))

/** A row of the plot: how many times theirs ours took, ten marks to one. */
const plotted = ({ name, ratio, bound }: Row): string[] =>
  ratio === undefined
    ? []
    : [`${name.trim().padEnd(58)} ${bar(ratio)} ${ratio.toFixed(2)}${bound ? ` (at most ${bound})` : ''}`]

/** The page of all figures of one run of the bench: table, plot, and what they were measured with. */
export const benchmarksPage = (rows: Row[], load: number): string => `# Benchmarks

Made by \`npm run bench -- --write\`; every row is measured in that one run, ours and theirs by turns. A ratio says how many
times theirs ours takes. What is left blank has no counterpart.

| figure | ours | theirs | ratio | bound | |
| --- | --- | --- | --- | --- | --- |
${rows
  .map(
    row =>
      `| ${row.name.trim()} | ${row.ours} | ${row.theirs ?? ''} | ${row.ratio?.toFixed(2) ?? ''} | ${row.bound ?? ''} | ${row.met === undefined ? '' : row.met ? 'met' : 'missed'} |`,
  )
  .join('\n')}

\`\`\`text
${rows.flatMap(plotted).join('\n')}
\`\`\`

| measured with | |
| --- | --- |
| Node | ${process.version} |
| kernel | ${release().replace(/-.*/, '')} |
| processor | ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'} |
| memory | ${(totalmem() / 2 ** 30).toFixed(0)} GiB |
| ssh | ${versionOf('ssh', '-V')} |
${rivalRows(process.env.RUNBOOK_RIVALS)}| load when it ended | ${load.toFixed(1)} |
`
