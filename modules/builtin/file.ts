import {
  attributes,
  content,
  defineModule,
  type FileAnswer,
  file,
  folder,
  folderAt,
  isUnknown,
  type Later,
  later,
  link,
  open,
  type Step,
  stat,
  T,
  uses,
} from '../../src/module/module.ts'
import {
  accountReads,
  attributeArguments,
  attributeDifferences,
  attributesPatch,
  type FileAttributes,
  flagSteps,
  missingAccount,
  type NamedAccounts,
  ownerNames,
  rareAttributeArguments,
  replacedOwner,
  withModeFrom,
} from './lib/file-attributes.ts'
import { attributeSteps, chmodMode, newMode, writeStep } from './lib/file-content.ts'
import { foldersAbove, missingFolder, type Obstacle, parentFolder, pathArgument, plainPath } from './lib/paths.ts'

const args = T.Object(
  {
    path: pathArgument('What this is about, also called `dest` or `name`.', { aliases: ['dest', 'name'] }),
    state: T.Enum(['file', 'directory', 'link', 'absent', 'touch'], {
      default: 'file',
      description:
        'file: a file that is there has this mode and owner (it is not made). directory: a folder, its parents too. ' +
        'link: a symbolic link to `src`. absent: nothing, a folder goes with all that is in it. ' +
        'touch: an empty file where nothing is; what is there keeps its content and times.',
    }),
    src: T.Optional(T.String({ description: 'What a link points to, absolute or from the folder the link is in.' })),
    ...attributeArguments,
    ...rareAttributeArguments,
  },
  { additionalProperties: false },
)
type Wanted = FileAttributes & { src?: string }
type Seen = NamedAccounts & {
  file: FileAnswer
  above: FileAnswer[] | undefined
  parent: FileAnswer | undefined
  behind?: FileAnswer[] | undefined
}

type Will = ReturnType<typeof attributesPatch> & Partial<Record<string, unknown>>
type Outcome =
  | { is: 'ok' }
  | ({ is: 'fail' } & Obstacle)
  | {
      is: 'change'
      file: Will
      above?: ({ exists: true; kind: 'directory'; mode: string | Later } | undefined)[]
      steps: Step[]
      reason: string
    }

const names: Record<string, string> = { file: 'a file', directory: 'a directory', other: 'a special file' }
const wrongKind = (at: string, found: FileAnswer, wanted: string, fix: string): Outcome => {
  const what =
    found.exists && found.kind === 'link' ? `a link to ${found.target}` : names[found.exists ? found.kind : '']
  return { is: 'fail', why: `${at} is ${what}, a ${wanted} is wanted`, fix }
}
const keep = 'choose another path: what is there is kept'

/** Something is there, of the right kind: its mode and owner. */
const adjust = (at: string, args: Wanted, seen: Seen): Outcome => {
  const there = seen.file
  if (!there.exists)
    return { is: 'fail', why: `${at} does not exist`, fix: 'make it with copy, template or state: touch' }
  if (there.kind === 'link' && args.mode !== undefined)
    return wrongKind(at, there, 'file', `name ${there.target}: a link has no mode of its own`)
  const strays = attributeDifferences(args, there, seen)
  if (strays.length === 0) return { is: 'ok' }
  return {
    is: 'change',
    file: attributesPatch(args, seen),
    steps: attributeSteps(at, args, there, seen),
    reason: `its ${strays.join(', its ')}`,
  }
}

const toFile = (at: string, args: Wanted, seen: Seen): Outcome => {
  if (!seen.file.exists || seen.file.kind === 'file') return adjust(at, args, seen)
  const isFolder = seen.file.kind === 'directory'
  return wrongKind(at, seen.file, 'file', isFolder ? 'set state: directory' : keep)
}

const toTouched = (at: string, args: Wanted, seen: Seen): Outcome => {
  if (seen.file.exists) return adjust(at, args, seen)
  const empty = content('')
  return {
    is: 'change',
    file: { exists: true, kind: 'file', mode: '0644', content: empty, size: 0, ...attributesPatch(args, seen) },
    steps: [writeStep(at, empty, args, undefined), ...flagSteps(at, args)],
    reason: 'it does not exist',
  }
}

/** The links among the folders above a path. */
const linksAbove = (at: string, folders: FileAnswer[]): string[] =>
  foldersAbove(at).filter((_, i) => {
    const folder = folders[i]!
    return folder.exists && later(() => folder.kind) === 'link'
  })

/**
 * The mode that `install -d` gives to folders on the way, whatever the umask: 0755, with the set-group-ID bit of the folder
 * they are made in. What a default access control list makes of it is left open: it may come from further above.
 */
const modeOnTheWay = (folders: FileAnswer[]): string | Later => {
  const there = folders.filter(folder => folder.exists)
  const lists = there.map(folder => later(() => folder.exists && folder.ties?.acl))
  if (lists.findLast(list => typeof list === 'boolean')) return open
  const nearest = there.at(-1)
  const mode = later(() => (nearest?.exists && nearest.kind === 'directory' ? nearest.mode : '0755'))
  return isUnknown(mode) ? mode : /^[2367]/.test(mode) ? '2755' : '0755'
}

const toFolder = (at: string, args: Wanted, seen: Seen): Outcome => {
  if (seen.file.exists) {
    if (seen.file.kind === 'directory') return adjust(at, args, seen)
    return wrongKind(at, seen.file, 'directory', seen.file.kind === 'link' ? `name ${seen.file.target}` : keep)
  }
  const paths = foldersAbove(at)
  const folders = seen.above ?? []
  const blocked = folders.map((f, i) => (f.exists ? missingFolder(paths[i]!, f) : undefined)).find(b => b !== undefined)
  if (blocked) return { is: 'fail', ...blocked }
  const links = linksAbove(at, folders)
  const nowhere = links.find((_, i) => seen.behind?.[i]?.exists === false)
  if (nowhere)
    return {
      is: 'fail',
      why: `${nowhere} is a link that leads to no folder`,
      fix: 'make what it points to, or the link anew',
    }
  const mode = modeOnTheWay(folders)
  return {
    is: 'change',
    file: { exists: true, kind: 'directory', mode: '0755', ...attributesPatch(args, seen) },
    above: folders.map(f => (f.exists ? undefined : { exists: true, kind: 'directory', mode })),
    steps: [folder(at, chmodMode('directory', args.mode ?? '0755'), ownerNames(args)), ...flagSteps(at, args)],
    reason: 'it does not exist',
  }
}

const toLink = (at: string, args: Wanted, seen: Seen): Outcome => {
  const { src } = args
  const there = seen.file
  if (src === undefined) return { is: 'fail', why: 'src is not given', fix: 'say what the link points to' }
  if (args.mode !== undefined) return { is: 'fail', why: 'a link has no mode of its own', fix: 'leave out mode' }
  if (args.attributes !== undefined) return { is: 'fail', why: 'a link has no flags', fix: 'leave out attributes' }
  if (there.exists && there.kind !== 'link') return wrongKind(at, there, 'link', keep)
  if (there.exists && there.target === src) return adjust(at, args, seen)
  return {
    is: 'change',
    file: { exists: true, kind: 'link', target: src, ...replacedOwner, ...attributesPatch(args, seen) },
    steps: [...link(at, src), ...attributes(at, undefined, ownerNames(args))],
    reason: there.exists ? `it points to ${there.target}` : 'it does not exist',
  }
}

const toNothing = (at: string, _: Wanted, { file }: Seen): Outcome => {
  if (at === '/') return { is: 'fail', why: '/ cannot be removed', fix: 'name what is to go' }
  // rm goes the same way back when what is in there is gone: it finds nothing, says nothing, and leaves the folder.
  if (/\/\.\.?(\/|$)/.test(at))
    return { is: 'fail', why: `${at} may lead through what is removed`, fix: 'write the path without . and ..' }
  if (!file.exists) return { is: 'ok' }
  return { is: 'change', file: { exists: false }, steps: [{ do: 'remove', path: at }], reason: 'it is there' }
}

const states = { file: toFile, touch: toTouched, directory: toFolder, link: toLink, absent: toNothing }

export default defineModule({
  name: 'file',
  about: 'Sets mode and owner of a file, makes folders and links, or removes what is there.',
  args,
  outputs: T.Object({ path: T.String({ description: 'The path, as it was given.' }) }),
  examples: [
    '- name: A folder for the application\n  file:\n    path: /srv/app\n    state: directory\n    mode: "0750"\n    owner: app\n    group: app',
    '- name: Point to the current release\n  file:\n    path: /srv/app/current\n    src: releases/42\n    state: link',
    '- name: Remove the old configuration\n  file:\n    path: /etc/app.conf.old\n    state: absent',
  ],
  reads: args => {
    const at = plainPath(args.path)
    return {
      file: args.state === 'touch' ? file(at) : stat(at),
      above: args.state === 'directory' ? foldersAbove(at).map(stat) : undefined,
      parent: args.state === 'file' || at === '/' ? undefined : uses(folderAt(parentFolder(at))),
      ...accountReads(args.state === 'absent' ? {} : args),
    }
  },
  // A folder that is to be made through a link: whether the link leads to one.
  more: (args, seen) => {
    const at = plainPath(args.path)
    const isSure = seen.file.exists || seen.above === undefined || seen.parent?.exists
    return { behind: isSure ? undefined : linksAbove(at, seen.above!).map(link => uses(folderAt(link))) }
  },
  // What is removed takes all below it along, and a link changes all that is reached through it.
  touches: args => (args.state === 'absent' || args.state === 'link' ? [`tree:${plainPath(args.path)}`] : []),
  plan: (args, seen, { ok, change, fail }) => {
    if (args.src !== undefined && args.state !== 'link')
      return fail(`src is given, but state is ${args.state}`, 'set state: link, or leave out src')
    const at = plainPath(args.path)
    const isPut = args.state === 'link' || args.state === 'touch'
    const nowhere = isPut && seen.parent ? missingFolder(parentFolder(at), seen.parent) : undefined
    const blocked = nowhere ?? missingAccount(args, seen)
    if (blocked) return fail(blocked.why, blocked.fix)
    const isFolder = args.state === 'directory'
    const made = { mode: isFolder ? '0755' : newMode, isFolder }
    const it = states[args.state](at, withModeFrom(args, seen.file.exists ? seen.file : undefined, made), seen)
    if (it.is === 'fail') return fail(it.why, it.fix)
    if (it.is === 'ok') return ok({ path: args.path })
    return change({
      will: it.above ? { file: it.file, above: it.above } : { file: it.file },
      touches: [],
      steps: it.steps,
      reason: it.reason,
      outputs: { path: args.path },
    })
  },
})
