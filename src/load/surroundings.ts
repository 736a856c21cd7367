import type { Origin } from '../core/failure.ts'
import type { BecomeSaid } from './become-words.ts'
import type { Doubt } from './doubt.ts'
import type { Vars } from './inventory-draft.ts'
import type { Located } from './located.ts'
import type { blockSections } from './names.ts'
import type { TaskLoop } from './task-loop.ts'
import type { Problems } from './yaml-fields.ts'

/** One task as written. Expressions in it are still text: they are compiled where they are needed. */
export type Task = {
  name: string
  /** Names the task in ids: `host/slug`. Unique in the playbook. */
  slug: string
  module: string
  args: Located<Record<string, unknown>>
  /** What stands in place of a mapping of arguments, until the schema of the module is known. */
  text?: Located<string>
  /** Arguments that are said elsewhere, the lowest first, until the schema of the module is known. */
  lower?: Located[]
  /** Words of the task that are arguments of its module, until its schema is known: what a program of the user's changes. */
  says: Record<string, Located>
  /** Variables for programs that a task runs, for a module with such an argument: the play's, then those of blocks around it. */
  environment?: Located[]
  /** Arguments that name a template file, and any other file of the controller, as the schema of the module says. */
  templates: string[]
  files: string[]
  when: Located<string | boolean>[]
  loop?: TaskLoop
  register?: string
  /** Variables of its host that it makes of its arguments, by their names: as the schema of its module says. */
  gives?: string[]
  /** What decides over its answer whether it has changed something, and whether it has failed: all of each hold. */
  changedWhen?: Located<string | boolean>[]
  failedWhen?: Located<string | boolean>[]
  /** Whether what follows goes on behind its failure. */
  ignoreErrors?: Located<boolean | string>
  /** Whether its failure on one host stops all hosts of its play. */
  anyErrorsFatal?: boolean
  /** It is done again until all of `until` hold over its answer, or without any until it has not failed. */
  repeats?: { until: Located<string | boolean>[]; retries?: Located; delay?: Located }
  /** Present, even if empty: the task has exactly these edges in place of the written order. */
  needs?: Located<string>[]
  after: Located<string>[]
  /** Gates, by their slugs: hosts where the task interrupts something go one at a time, and pass these in between. */
  rolling?: Located<string>[]
  notify: Located<string>[]
  tags: string[]
  runOnce: boolean
  /** Whether it becomes another user, where that is said. An expression has to be known before any host is contacted. */
  become: Located<boolean | string | undefined>
  /** Whom, and how. Tasks that say nothing themselves share one value. */
  becomeSaid: BecomeSaid
  /** Nothing of what it is asked, does and says is told. An expression is settled when the inventory is known. */
  noLog: NoLog
  /** The host on whose machine it is done, where that is another. An expression has to be known before any host is contacted. */
  delegateTo?: Located<string>
  /** Its own, over those of the blocks and imports around it. */
  vars: Record<string, Located>
  /** Where its files are looked for before they are in the folder of the playbook. */
  folders: string[]
  /** Where it stands in blocks that have a `rescue` or an `always`, the outermost first. */
  blocks?: BlockPlace[]
  origin: Origin
  handler: boolean
  /** Its place among the parts of its play that end with handlers: a handler runs for the tasks of its own part. */
  part: number
  /** Of a handler: its names and topics as written, and at last what it is notified by and its place among those of its play. */
  called?: { names: string[]; topics: string[]; place: number }
  /** The role that it is of. */
  role?: RoleUse
  /** What it stands for, where that is known when its turn comes. */
  include?: Include
  /** Which include has brought it. */
  brought?: BroughtBy
}

/** A block that says what is done when one of its tasks fails, or in any case. Two of them are one by identity. */
export type TaskBlock = { rescues: boolean; origin: Origin }
/** In which of its lists of tasks something stands in a block. */
export type BlockPlace = { block: TaskBlock; section: (typeof blockSections)[number] }

/** A task that brings the tasks of a file or of a role, or the variables of files, which its arguments name on each host. */
export type Include = {
  kind: 'tasks' | 'role' | 'vars'
  at: Located
  /** What the tasks that it brings take over, and what `apply` says of them besides. */
  around: Surroundings
  apply?: Located
}

/** Of what an include has brought: the slug of the include, the number of its line, and what it had to bring. */
export type BroughtBy = { slug: string; line: number; key: string }

/** What an include is to bring on some host: its arguments, the names of its loop, and who asks. */
export type AskedInclude = { args: Record<string, unknown>; names: Record<string, unknown>; by: BroughtBy }

/** What an include brings. `defaults` and `vars` are for all that comes behind it on its host. */
export type Included = {
  tasks: Task[]
  handlers: Task[]
  defaults: Vars
  vars: Vars
  /** The folders of its roles. */
  folders: string[]
}

/** What `no_log` says. */
export type NoLog = boolean | Located<string>

/** A role as it is used in one place. */
export type RoleUse = {
  /** As it is told: with the namespace and the collection where it is of one. */
  name: string
  /** The folder of the role. */
  folder: string
  collection?: string
  /** The roles that it is used by, the outermost first. */
  parents: RoleUse[]
  /** What it says itself, and what it is given: under `vars`, and beside its name. */
  own: { defaults: Vars; vars: Vars; given: Vars; params: Vars }
  /** Variables that its tasks see, with those of its parents and dependencies: of the lowest precedence, its own, parameters. */
  defaults: Vars
  vars: Vars
  params: Vars
  /** What it may be given, as its `argument_specs` say, where nothing makes its use depend on anything; and who gives it. */
  spec?: { options: Located; origin: Origin }
  /** Those of the lowest precedence that the whole play sees. */
  exportedDefaults: Vars
}

type CalledBy = 'roles' | 'import_role'
/** What roles bring to their play besides tasks. */
export type Brought = {
  /** The uses of roles so far. */
  seen: Set<string>
  handlers: { by: CalledBy; handler: Task }[]
  roles: { by: CalledBy; defaults: Vars; vars: Vars }[]
  /** The folders of the roles. */
  folders: Set<string>
}

/** A variable that is asked for before anything connects. */
export type Prompt = {
  name: string
  question: string
  /** What counts where nothing is typed, and where there is no terminal. */
  fallback?: string
  /** It is not shown as it is typed, and is a secret. */
  isPrivate: boolean
  /** It is typed twice. */
  confirm: boolean
  origin: Origin
}

/** A place in a play where the handlers run that are due by then, and the blocks that it stands in. */
export type Flush = { flush: Origin } & Pick<Task, 'blocks'>
/** What a list of tasks is made of, blocks and imports flattened. */
export type TaskItem = Task | Flush
/** Reads what a playbook is put together from besides its own file: loaded only for one that may need it. */
export type Composing = {
  /** A task that stands for those of a file or a role. */
  readImport(word: string, at: Located, around: Surroundings, problems: Problems): TaskItem[]
  /** What an include brings. Throws a Refusal. */
  readInclude(include: Include, asked: AskedInclude): Included
  /** The roles of a play. */
  readRoles(at: Located, around: Surroundings, problems: Problems): TaskItem[]
  /** The playbook that `import_playbook` names, with its folder, and what its plays take over. */
  importPlaybook(
    word: string,
    at: Located,
    over: OverPlays,
    folder: string,
    problems: Problems,
  ): { document: Located; folder: string; over: OverPlays } | undefined
  /** The variables of `vars_files`. */
  readVariables(at: Located, known: Vars[], folder: string, problems: Problems): Vars
  /** What `vars_prompt` asks. */
  readPrompts(at: Located, problems: Problems): Prompt[]
  /** The files that were read. */
  files(): string[]
  /** What YAML may have read in them otherwise than it was meant. */
  doubts(): Doubt[]
  warnings: string[]
}

/** What plays of an imported playbook take over. */
export type OverPlays = Pick<Surroundings, 'when' | 'tags' | 'vars'>

/** What a task takes from what is around it: its play, blocks, imports. */
export type Surroundings = {
  become: Located<boolean | string | undefined>
  becomeSaid: BecomeSaid
  noLog: NoLog
  delegateTo?: Located<string>
  environment?: Located[]
  blocks?: BlockPlace[]
  tags: string[]
  when: Located<string | boolean>[]
  vars: Record<string, Located>
  notify: Located<string>[]
  runOnce: boolean
  ignoreErrors?: Located<boolean | string>
  anyErrorsFatal?: boolean
  /** Arguments of modules, by their names, where a task says no others; the lowest first. */
  moduleDefaults: Located[]
  folders: string[]
  role?: RoleUse
  /** Variables that are known before there are hosts, lowest first. */
  known: Record<string, Located>[]
  /** The imported files that it stands in, the outermost first. */
  within: string[]
  handler: boolean
  composing: Composing
  brought: Brought
  /** The folder of the playbook that it is in, and of the one that is run. */
  folder: string
  main: string
  /** Collections in which roles are looked for. */
  collections: string[]
  takenSlugs: Map<string, number>
  /** Takes the names of tasks that cannot be read, and of what they register. */
  unread: Set<string>
}
