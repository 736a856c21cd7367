import { exec, program, type Query, quote, type Step } from '../../../src/module/module.ts'
import { type FileAttributes, ownerNames, paddedMode } from './file-attributes.ts'
import type { Obstacle } from './paths.ts'
import { changedMode } from './symbolic-mode.ts'

// Owner and mode of all that is in a folder. What is there is told by the kinds of it that there are, not by its names: a
// folder with a million files has few.

/** Things below a folder that have kind, owner and mode in common. */
type Kind = {
  count: number
  kind: 'file' | 'directory' | 'link'
  mode: string
  owner: string
  group: string
  uid: number
  gid: number
}

/** How many things below are not as they are to be, whether owners are to change, and whether there are links. */
export type TreeAnswer = { strays: number; chowned: boolean; links: boolean }

const kindOf = (line: string): Kind[] => {
  const [, count, raw, owner, uid, group, gid] = /^\s*(\d+) ([0-9a-f]+) (\S+) (\d+) (\S+) (\d+)$/.exec(line) ?? []
  if (raw === undefined) return []
  const bits = Number.parseInt(raw, 16)
  const kind = bits >> 12 === 4 ? 'directory' : bits >> 12 === 10 ? 'link' : 'file'
  const mode = (bits & 0o7777).toString(8).padStart(4, '0')
  return [{ count: Number(count), kind, mode, owner: owner!, uid: Number(uid), group: group!, gid: Number(gid) }]
}

const modeFor = (mode: string, { mode: now, kind }: Kind): string =>
  /^[0-7]+$/.test(mode) ? paddedMode(mode) : changedMode(mode, now, kind === 'directory')

const isOf = (account: string | undefined, name: string, number: number): boolean =>
  account === undefined || account === name || account === String(number)

/** A kind as it is to be; links have no mode of their own. */
const wanted = (args: FileAttributes, one: Kind): Kind => {
  const { owner, group } = ownerNames(args)
  return {
    ...one,
    ...(isOf(owner, one.owner, one.uid) ? {} : { owner: owner! }),
    ...(isOf(group, one.group, one.gid) ? {} : { group: group! }),
    ...(args.mode === undefined || one.kind === 'link' ? {} : { mode: modeFor(args.mode, one) }),
  }
}

const differs = (a: Kind, b: Kind): boolean => a.mode !== b.mode || a.owner !== b.owner || a.group !== b.group

const judged = (kinds: Kind[], args: FileAttributes): TreeAnswer => {
  const strays = kinds.filter(one => differs(one, wanted(args, one)))
  return {
    strays: strays.reduce((sum, { count }) => sum + count, 0),
    chowned: strays.some(one => differs({ ...wanted(args, one), mode: one.mode }, one)),
    links: kinds.some(({ kind }) => kind === 'link'),
  }
}

/** What is below a folder, judged by what it is to be; no link is followed. Two processes, and a sorting of what they say. */
export const treeOf = (path: string, args: FileAttributes): Query<TreeAnswer> => {
  const { owner, group } = ownerNames(args)
  return program({
    key: `below:${path}#${[args.mode, owner, group].join('/')}`,
    sh: `[ ! -d ${quote(path)} ] || find ${quote(`${path}/`)} -mindepth 1 -exec stat -c '%f %U %u %G %g' -- {} + | sort | uniq -c`,
    looks: [`tree:${path}`],
    parse: ({ stdout }) => judged(stdout.toString().split('\n').flatMap(kindOf), args),
    subject: `what is in ${path}`,
    touches: [`owners:${path}#*`],
  })
}

/**
 * The programs that make all in a folder as it is to be. chown takes set-ID bits away: where nothing is said of the mode they are
 * gone, as they are with Ansible.
 */
export const treeSteps = (path: string, args: FileAttributes, { chowned }: TreeAnswer): Step[] => {
  const { owner, group } = ownerNames(args)
  const word = `${owner ?? ''}${group === undefined ? '' : `:${group}`}`
  return [
    ...(chowned ? [exec(['chown', '-R', '-h', '--', word, path])] : []),
    ...(args.mode === undefined
      ? []
      : [exec(['chmod', '-R', '--', /^[0-7]+$/.test(args.mode) ? `0${paddedMode(args.mode)}` : args.mode, path])]),
  ]
}

/** Nobody says of each link in a folder that what it leads to, wherever that is, is meant too. */
export const linksFollowed = (
  path: string,
  follow: boolean | undefined,
  { links }: TreeAnswer,
): Obstacle | undefined =>
  follow && links
    ? {
        why: `${path} holds links, and with recurse what they lead to is not followed, wherever it lies`,
        fix: 'leave out follow: owner and mode are those of what is in the folder; name other folders in tasks of their own',
      }
    : undefined
