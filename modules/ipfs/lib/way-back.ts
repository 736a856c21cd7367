import { quote, unitFile, unitName } from '../../../src/module/module.ts'
import { type Adoptable, type Adopted, formerPrograms, type RunningDaemon, type SourceFound } from './adoptable.ts'
import { usersOf } from './adoption.ts'

/** What is put behind a name that something is kept under. */
export const formerName = (path: string): string => `${path}.before-runbook`

/** A unit's file of which the administrator is the master, and may be moved aside; a package's stays where it is. */
export const isMovable = (file: string): boolean => file.startsWith('/etc/')

type Going = { path: string; from: string; bin_dir: string; unit: string; copies: boolean; leaves: boolean }

/** How a daemon was started that no unit started. */
const startAgain = (it: Adopted, { user }: RunningDaemon, { from, bin_dir }: Going): string => {
  const [program = ''] = it.programs
  const env = `HOME="$(getent passwd ${quote(user)} | cut -d: -f6)" ${it.variable}=${quote(from)}`
  const as = user === 'root' ? '' : `runuser -u ${quote(user)} -- `
  return `${env} nohup ${as}${quote(`${bin_dir}/${program}`)} daemon </dev/null >/var/log/${it.what}-by-hand.log 2>&1 &`
}

const foldersBack = (it: Adopted, { path, from, copies, leaves }: Going, source: SourceFound): string[] => {
  const [proof, key] = [`${from}/${it.proof}`, `${from}/swarm.key`]
  if (copies)
    return leaves
      ? [`mv -T -- ${quote(path)} ${quote(`${path}.by-runbook`)}`]
      : [`mv -T -- ${quote(path)} ${quote(`${path}.by-runbook`)}`, `mv -T -- ${quote(formerName(from))} ${quote(from)}`]
  return [
    ...(from === path ? [] : [`mv -T -- ${quote(path)} ${quote(from)}`]),
    `[ ! -e ${quote(formerName(proof))} ] || mv -T -- ${quote(formerName(proof))} ${quote(proof)}`,
    `[ ! -s ${quote(formerName(key))} ] || mv -T -- ${quote(formerName(key))} ${quote(key)}`,
    `chown -Rh -- ${quote(source.owner)} ${quote(from)}`,
  ]
}

/**
 * The way back as a script: what runs now ends, what was adopted goes where it was, as it was when it was adopted, and what
 * ran it runs it again. Each line of it can be pasted.
 */
export const wayBack = (it: Adopted, going: Going, found: Adoptable, source: SourceFound): string => {
  const { from, bin_dir, unit } = going
  const { units, daemons } = usersOf(from, unitName(unit), found, source)
  const moved = units.filter(({ file }) => isMovable(file))
  const started = daemons.filter(daemon => !units.some(({ name }) => name === daemon.unit))
  const kept = found.programs.filter(({ state }) => state !== 'linked')
  return `${[
    '#!/bin/sh',
    `# The way back from the adoption of ${from} by runbook. Data that came since is kept${going.copies ? ` in ${going.path}.by-runbook` : ''}.`,
    '# When both are adopted, go back with ipfs-cluster first.',
    `systemctl disable --now ${quote(unitName(unit))}`,
    `mv -T -- ${quote(unitFile(unit))} ${quote(`${unitFile(unit)}.by-runbook`)}`,
    ...foldersBack(it, going, source),
    ...moved.flatMap(({ file }) => [
      `mv -T -- ${quote(formerName(file))} ${quote(file)}`,
      `[ ! -e ${quote(formerName(`${file}.d`))} ] || mv -T -- ${quote(formerName(`${file}.d`))} ${quote(`${file}.d`)}`,
    ]),
    ...kept.map(
      ({ name }) => `ln -sfn -- ${quote(`${formerPrograms(it, bin_dir)}/${name}`)} ${quote(`${bin_dir}/${name}`)}`,
    ),
    'systemctl daemon-reload',
    ...units.map(({ name, enabled, active }) =>
      enabled.startsWith('enabled')
        ? `systemctl enable --now ${quote(name)}`
        : active === 'active'
          ? `systemctl start ${quote(name)}`
          : `# ${name} was neither enabled nor active`,
    ),
    ...started.map(daemon => startAgain(it, daemon, going)),
  ].join('\n')}\n`
}
