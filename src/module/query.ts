import type { Difference } from '../core/event.ts'
import type { Become, Output } from '../core/transport.ts'
import type { Unknown } from '../core/unknown.ts'
import type { Guard } from './guard.ts'
import type { Label } from './label.ts'

/** One thing asked of a kind of probe: the item (a path, a unit, a script) and which facets of it are wanted. */
export type ProbeItem = { item: string; facets: string[] }

/**
 * A kind of read: one shell fragment for ALL items asked of a host, because starting processes is what costs
 * (500 files: 48 ms in one `find` and one `sha256sum`, 2.3 s one by one), and a reader of what it printed.
 */
export type Probe<Raw> = {
  kind: string
  /** Where the answer lives: on the host, or with the controller (artifacts, files to be copied). */
  side: 'host' | 'controller'
  sh(items: ProbeItem[]): string
  read(output: Output, items: ProbeItem[]): Raw[]
  /** Facets that are asked too of what may be changed. For them alone nothing is asked again. */
  owned?: string[]
}

/**
 * A change that is foreseen: the labels it touches, `hits` those of them (and of its reach) that the query looks at, and
 * what it promises, by the keys of queries (of a file by its one name). `time` is its moment, as `stamp` is given it.
 */
export type Foreseen = { hits: Label[]; labels: readonly Label[]; patches: ReadonlyMap<string, unknown>; time: number }

/** Asks the world at the same position: for answers that follow from other answers. */
export type Ask = <A>(query: Query<A, boolean>) => A

/**
 * A typed question about one host. Data plus pure functions: the engine batches, dedupes, orders and predicts it.
 */
export type Query<A, Owned extends boolean = true> = {
  /** Identity of the answer: predictions are kept under it. */
  key: string
  /** What the answer is a function of: the thing itself first, then what else it depends on. */
  looks: Label[]
  // biome-ignore lint/suspicious/noExplicitAny: a query hides the raw type of its probe from its users
  probe: Probe<any>
  item: string
  /** What of the item stands in command lines on the host; default: all of it. */
  words?: string[]
  facets: string[]
  // biome-ignore lint/suspicious/noExplicitAny: as above
  parse(raw: any): A
  /** Only looked at, never changed by this node. Set by `uses`. */
  only: Owned extends true ? false : true
  /** In whose shell it is asked, where that is not the machine's session. Set by the engine. */
  as?: Become
  /** Asked as the user that the task runs as; anything else is asked by who may see most. */
  theirs?: true
  /** Whether only root may change what is there. */
  privileged?(before: A): boolean
  /** Never asked before everything earlier on the host has happened: commands that a user wrote. */
  lazy?: true
  /**
   * The answer as a function of other, possibly predicted, answers, and of the change that makes it another one;
   * undefined: cannot be told. A change that promises something of the answer itself counts on top of that.
   */
  derive?(ask: Ask, before: A | Unknown, foreseen: Foreseen): A | undefined
  /** The answer where something it depends on is known to be absent: saves asking. */
  implied?(absent: (path: string) => boolean): A | undefined
  /** What a change of this answer touches, given the patch; default: the thing itself. */
  touched?(patch: Record<string, unknown>): Label[]
  /** A predicted answer gets its logical time here, where the kind has one and the patch moves it. */
  stamp?(answer: A, time: number, patch?: Record<string, unknown>): A
  /** What else the answer depends on, as the answer itself tells it: the accounts that own a file, the groups of a user. */
  depends?(answer: A): Label[]
  /**
   * A change under these labels that is no prediction of this key: what stays known. Default: nothing. `ask` answers from
   * behind the change; an unknown comes back as a value.
   */
  clouded?(before: A, labels: Label[], why: Unknown, ask: <B>(query: Query<B, boolean>) => B | Unknown): A | undefined
  /**
   * The test of a promise in POSIX sh, by whoever reads: it ends with 0 exactly where these members hold on the host. Given
   * is what the promise says and is known. Undefined: that cannot be told there. It never writes.
   */
  holds?(promised: Record<string, unknown>): string | undefined
  /**
   * What of this answer must still be as it was seen when a change of it is put in place: tested on the host, right
   * before. Default: nothing.
   */
  guard?(seen: Record<string, unknown>, patch: Record<string, unknown>): Guard | undefined
  /** How a change of this answer is shown; default: one line per changed member. */
  show?(before: A | undefined, after: A): Difference[]
  /** A word for messages: the path, the unit. */
  subject: string
}

/** Looked at, never changed by this node: may not appear in `will`, and an undecided node does not cloud it. */
export const uses = <A>(query: Query<A, boolean>): Query<A, false> => ({ ...query, only: true }) as Query<A, false>

// biome-ignore lint/suspicious/noExplicitAny: the variance of answers is erased in a record of queries
export type AnyQuery = Query<any, any>
export type Reads = Record<string, AnyQuery | AnyQuery[] | undefined>
export type Answer<Q> = Q extends Query<infer A, boolean> ? A : Q extends (infer E)[] ? Answer<E>[] : undefined
/** What a module sees: the names of its reads with typed answers. */
export type Seen<R> = { [K in keyof R]: Answer<R[K]> }

/** The labels that a change of this answer touches. */
export const touchedBy = (query: AnyQuery, patch: Record<string, unknown>): Label[] =>
  query.touched?.(patch) ?? query.looks.slice(0, 1)
