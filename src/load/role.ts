import { basename, join } from 'node:path'
import { kindOfPath } from '../core/controller-file.ts'
import { isRecord } from '../core/value.ts'
import { parseTasks, plainWord, surroundingsIn } from './block.ts'
import { foldersFor, type Ground, needEnd, tasksOfFile } from './import-tasks.ts'
import { keyOrigin, type Located, locatedMember } from './located.ts'
import { inheritedWords, isForeignTaskWord, nameFault } from './names.ts'
import { roleFile, roleVariables } from './role-files.ts'
import { findRole } from './role-path.ts'
import { staticText } from './static-text.ts'
import type { Included, RoleUse, Surroundings, Task, TaskItem } from './surroundings.ts'
import { collect, fieldOf, flag, kindOf, list, mapping, type Problems, text, variables } from './yaml-fields.ts'

type Vars = Record<string, Located>

/** One use of a role, as it is written in `roles`, in dependencies, or by import_role. */
type Call = {
  name: Located<string>
  /** What its tasks take over. */
  around: Surroundings
  /** Variables that it is given: under `vars`, and beside its name. */
  vars: Vars
  params: Vars
  from: Partial<Record<'tasks' | 'vars' | 'defaults' | 'handlers', string>>
  /** Whether the play, and not only the role, sees its variables. */
  isPublic: boolean
  by: 'roles' | 'import_role'
  /** Whether it runs once more where it has run with the same parameters; else its meta says it. */
  repeats?: boolean
}

/** What a role says of itself. */
type Meta = { dependencies: Located[]; repeats: boolean; collections: string[] }

const roleWords = ['role', ...inheritedWords, 'collections']
/** What Ansible takes beside a role and is not a parameter of it. */
const isWord = (key: string): boolean => roleWords.includes(key) || isForeignTaskWord(key)

/** An entry of `roles` or of dependencies: a name, or a mapping with a name, keywords and parameters. */
const callOf = (at: Located, around: Surroundings, problems: Problems): Call | undefined => {
  const common = { isPublic: true, by: 'roles', from: {} } as const
  if (typeof at.value === 'string') return { ...common, name: at as Located<string>, around, vars: {}, params: {} }
  if (!isRecord(at.value)) {
    const what = `A role is a name, or a mapping with one, not ${kindOf(at.value)}.`
    problems.push({ reason: 'playbook-shape', what, origin: at.origin })
    return undefined
  }
  const members = mapping(at, 'A role', problems)
  const named = members.get('role') ?? members.get('name') ?? members.get('src')
  const name = named && text(named, 'The name of a role', problems)
  if (named === undefined)
    problems.push({
      reason: 'playbook-shape',
      what: 'The role has no name.',
      fix: 'Write role: NAME.',
      origin: at.origin,
    })
  if (named === undefined || name === undefined) return undefined
  const words = Object.fromEntries(
    [...members].filter(([key]) => isWord(key) && key !== 'vars').map(([key, one]) => [key, one.value]),
  )
  const params = [...members].filter(([key]) => !isWord(key) && key !== 'src' && key !== 'version')
  for (const [key] of params)
    if (nameFault(key))
      problems.push({
        reason: 'playbook-name',
        what: `The parameter "${key}" ${nameFault(key)}.`,
        origin: keyOrigin(at, key),
      })
  return {
    ...common,
    name: { ...named, value: members.has('src') ? basename(name).replace(/\.git$|,.*$/g, '') : name },
    around: surroundingsIn({ ...at, value: words }, 'A role', roleWords, around, problems),
    vars: fieldOf(members, 'vars', found => variables(found, '"vars"', problems), {}),
    params: Object.fromEntries(params),
  }
}

const importWords = ['import_role', ...inheritedWords]
const importArguments = [
  'name',
  'role',
  'tasks_from',
  'vars_from',
  'defaults_from',
  'handlers_from',
  'public',
  'allow_duplicates',
  'rolespec_validate',
]

/** A task `import_role`: what it says its tasks take over, also its variables. */
const importCall = (word: string, at: Located, around: Surroundings, problems: Problems): Call | undefined => {
  const inside = surroundingsIn(at, `"${plainWord(word)}"`, importWords, around, problems)
  const given = locatedMember(at, word)
  const args = mapping(given, `"${plainWord(word)}"`, problems)
  for (const key of args.keys())
    if (!importArguments.includes(key))
      problems.push({
        reason: 'playbook-shape',
        what: `"import_role" has no "${key}".`,
        fix: `It has ${importArguments.join(', ')}.`,
        origin: keyOrigin(given, key),
      })
  const named = args.get('name') ?? args.get('role')
  const name = named && text(named, '"name"', problems)
  if (named === undefined && isRecord(given.value))
    problems.push({
      reason: 'playbook-shape',
      what: 'import_role does not say which role.',
      fix: 'Give it name: ROLE.',
      origin: given.origin,
    })
  if (named === undefined || name === undefined) return undefined
  const from = (['tasks', 'vars', 'defaults', 'handlers'] as const).flatMap(part => {
    const found = args.get(`${part}_from`)
    const file = found && text(found, `"${part}_from"`, problems)
    return file === undefined ? [] : [[part, file]]
  })
  const own = fieldOf(mapping(at, 'A task', []), 'vars', found => variables(found, '"vars"', []), {})
  return {
    name: { ...named, value: name },
    around: inside,
    vars: own,
    params: {},
    from: Object.fromEntries(from),
    isPublic: fieldOf(args, 'public', found => flag(found, '"public"', problems) ?? true, true),
    by: 'import_role',
    repeats: fieldOf(args, 'allow_duplicates', found => flag(found, '"allow_duplicates"', problems) ?? true, true),
  }
}

const metaOf = (folder: string, ground: Ground, at: Located, problems: Problems): Meta => {
  const document = roleFile(folder, 'meta', undefined, ground.files, at.origin)?.document
  if (!document) return { dependencies: [], repeats: false, collections: [] }
  const members = mapping(document, 'The meta of a role', problems)
  return {
    dependencies: fieldOf(members, 'dependencies', found => list(found, '"dependencies"', problems), []),
    repeats: fieldOf(members, 'allow_duplicates', found => flag(found, '"allow_duplicates"', problems) ?? false, false),
    collections: fieldOf(members, 'collections', found => list(found, '"collections"', problems), []).flatMap(one =>
      typeof one.value === 'string' ? [one.value] : [],
    ),
  }
}

/** What a role may be given: in meta/argument_specs, else in its meta, for the file of tasks that is used. */
const specOf = (folder: string, { name, from }: Call, { files }: Ground): RoleUse['spec'] => {
  const named = ['.yml', '.yaml', '.json'].some(
    ending => kindOfPath(join(folder, 'meta', `argument_specs${ending}`)) === 'file',
  )
  const document = roleFile(folder, 'meta', named ? 'argument_specs' : undefined, files, name.origin)?.document
  const entry = document && locatedMember(locatedMember(document, 'argument_specs'), from.tasks ?? 'main')
  const options = entry && locatedMember(entry, 'options')
  return options && isRecord(options.value) ? { options, origin: name.origin } : undefined
}

/** What makes two uses of a role the same: then it runs once. */
const sameness = ({ from, params, vars, around, by }: Call, folder: string, outer: Surroundings): string => {
  const values = (of: Vars): unknown => Object.fromEntries(Object.entries(of).map(([name, { value }]) => [name, value]))
  return JSON.stringify({
    ...{ folder, from, by, params: values(params), vars: values(vars) },
    when: around.when.slice(outer.when.length).map(({ value }) => value),
    tags: around.tags.filter(tag => !outer.tags.includes(tag)),
  })
}

/** How a role stands among what is being imported: by another of its files of tasks it may import itself. */
const asWithin = (folder: string, { from: { tasks } }: Call): string =>
  tasks === undefined ? folder : `${folder} (${tasks})`

/** A role with what it depends on, and its tasks and handlers, those of its dependencies first. */
type Made = { use: RoleUse; before: RoleUse[]; tasks: TaskItem[]; handlers: Task[]; exported: Vars }

const merged = (...layers: Vars[]): Vars => Object.assign({}, ...layers)

/** What the tasks of a role see. Source: ansible lib/ansible/playbook/role/__init__.py, get_vars and get_default_vars. */
const layersOf = (
  own: RoleUse['own'],
  parents: RoleUse[],
  dependencies: Made[],
): Pick<RoleUse, 'defaults' | 'vars' | 'params'> => ({
  defaults: merged(
    ...dependencies.map(one => one.use.exportedDefaults),
    ...parents.map(one => one.own.defaults),
    own.defaults,
  ),
  vars: merged(
    ...parents.flatMap(one => [one.own.given, one.own.vars]),
    ...dependencies.map(one => one.exported),
    own.vars,
    own.given,
  ),
  params: merged(...parents.map(one => one.own.params), own.params),
})

const makeRole = (call: Call, outer: Surroundings, problems: Problems, ground: Ground): Made | undefined => {
  const found = collect(problems, () => {
    const name = staticText(call.name, [...outer.known, call.vars, call.params, ground.extra])
    const dependent = outer.role
    const role = findRole(
      name,
      { ...ground, folder: outer.folder, named: outer.collections, ...(dependent && { dependent }) },
      call.name.origin,
    )
    needEnd(asWithin(role.folder, call), outer, call.name.origin)
    return { ...role, meta: metaOf(role.folder, ground, call.name, problems) }
  })
  if (!found) return undefined
  const { name, folder, collection, meta } = found
  const key = sameness(call, folder, outer)
  const repeats = call.repeats ?? meta.repeats
  if (!repeats && outer.brought.seen.has(key)) return undefined
  outer.brought.seen.add(key)
  const parents = outer.role ? [...outer.role.parents, outer.role] : []
  const readVars = (part: 'defaults' | 'vars'): Vars =>
    collect(problems, () => roleVariables(folder, part, call.from[part], ground.files, call.name.origin, problems)) ??
    {}
  const own = { defaults: readVars('defaults'), vars: readVars('vars'), given: call.vars, params: call.params }
  const spec = call.around.when.length === 0 ? collect(problems, () => specOf(folder, call, ground)) : undefined
  const place = {
    name,
    folder,
    parents,
    own,
    ...(collection === undefined ? {} : { collection }),
    ...(spec && { spec }),
  }
  const asParent: RoleUse = { ...place, ...layersOf(own, parents, []), exportedDefaults: own.defaults }
  const inside: Surroundings = {
    ...call.around,
    within: [...outer.within, asWithin(folder, call)],
    collections: meta.collections,
  }
  const before = meta.dependencies.flatMap(one => {
    const needed = callOf(one, { ...inside, role: asParent }, problems)
    return (needed && makeRole(needed, { ...inside, role: asParent }, problems, ground)) ?? []
  })
  const use: RoleUse = {
    ...place,
    ...layersOf(own, parents, before),
    exportedDefaults: merged(...before.map(one => one.use.exportedDefaults), own.defaults),
  }
  const { known } = inside
  const entered = {
    ...inside,
    role: use,
    known: [...known.slice(0, 1), use.defaults, ...known.slice(1), use.vars, use.params],
  }
  return {
    use,
    before: before.map(one => one.use),
    tasks: [...before.flatMap(one => one.tasks), ...roleTasks(call, entered, problems, ground)],
    handlers: [...before.flatMap(one => one.handlers), ...roleHandlers(call, entered, problems, ground)],
    exported: merged(...before.map(one => one.exported), own.vars),
  }
}

const roleTasks = (call: Call, around: Surroundings, problems: Problems, ground: Ground): TaskItem[] => {
  const file = collect(problems, () =>
    roleFile(around.role!.folder, 'tasks', call.from.tasks, ground.files, call.name.origin),
  )
  return file?.document ? tasksOfFile(file.path, file.document, around, problems, ground) : []
}

const roleHandlers = (call: Call, around: Surroundings, problems: Problems, ground: Ground): Task[] => {
  const file = collect(problems, () =>
    roleFile(around.role!.folder, 'handlers', call.from.handlers, ground.files, call.name.origin),
  )
  if (!file?.document) return []
  const inside = { ...around, handler: true, notify: [], folders: foldersFor(file.path, around.role, around.main) }
  return parseTasks(file.document, 'A file of handlers', inside, problems).flatMap(one => ('flush' in one ? [] : [one]))
}

/** What a role brings to its play besides tasks: handlers, variables that all tasks of the play see, its folder. */
const bring = (made: Made, { isPublic, by }: Call, { brought }: Surroundings): void => {
  brought.handlers.push(...made.handlers.map(handler => ({ by, handler })))
  for (const one of [...made.before, made.use]) brought.folders.add(one.folder)
  if (isPublic) brought.roles.push({ by, defaults: made.use.exportedDefaults, vars: made.exported })
}

/** The tasks of a role that is called, all else that it brings being given to its play; none where the call cannot be read. */
const tasksOf = (call: Call | undefined, around: Surroundings, problems: Problems, ground: Ground): TaskItem[] => {
  const made = call && makeRole(call, around, problems, ground)
  if (call && made) bring(made, call, around)
  return made?.tasks ?? []
}

/** The tasks of the roles of a play. */
export const readRoles = (at: Located, around: Surroundings, problems: Problems, ground: Ground): TaskItem[] =>
  list(at, '"roles"', problems).flatMap(one => tasksOf(callOf(one, around, problems), around, problems, ground))

/** Puts the tasks of a role in the place of the task that names it. */
export const importRole = (
  word: string,
  at: Located,
  around: Surroundings,
  problems: Problems,
  ground: Ground,
): TaskItem[] => tasksOf(importCall(word, at, around, problems), around, problems, ground)

/** What an include of a role brings, by the words of its arguments; undefined where it cannot be read. */
export const includeRole = (
  { args, at, around }: { args: Record<string, unknown>; at: Located; around: Surroundings },
  problems: Problems,
  ground: Ground,
): (Pick<Included, 'defaults' | 'vars'> & { tasks: TaskItem[] }) | undefined => {
  const textOf = (name: string): string | undefined =>
    args[name] === undefined || args[name] === null ? undefined : String(args[name])
  const name = textOf('name') ?? textOf('role') ?? ''
  const from = (['tasks', 'vars', 'defaults', 'handlers'] as const).flatMap(part => {
    const file = textOf(`${part}_from`)
    return file === undefined ? [] : [[part, file]]
  })
  const call: Call = {
    name: { ...at, value: name },
    around,
    vars: {},
    params: {},
    from: Object.fromEntries(from),
    isPublic: false,
    by: 'import_role',
    repeats: true,
  }
  const made = makeRole(call, around, problems, ground)
  if (!made) return undefined
  bring(made, call, around)
  const isPublic = args.public === true
  return {
    tasks: made.tasks,
    defaults: isPublic ? made.use.exportedDefaults : {},
    vars: isPublic ? made.exported : {},
  }
}
