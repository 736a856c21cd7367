import type { Static, TObject, TSchema } from 'typebox'
import type { Output } from '../core/transport.ts'
import type { Later } from '../core/unknown.ts'
import type { Label } from './label.ts'
import type { ArchiveAnswer } from './probes/controller.ts'
import type { Facts } from './probes/facts.ts'
import type { Answer, AnyQuery, Query, Reads, Seen } from './query.ts'
import type { Reach } from './reach.ts'
import type { Step } from './step.ts'

type Keys<A> = A extends object ? keyof A : never
type Member<A, K> = A extends object ? (K extends keyof A ? A[K] : never) : never
/** What an answer will be: only the members that are promised. Flat on purpose, so a patch need not repeat its kind. */
type Patch<A> = [A] extends [object] ? { [K in Keys<A>]?: Member<A, K> | Later } : A | Later
type Owned<R> = {
  [K in keyof R as NonNullable<R[K]> extends Query<infer _, false>
    ? never
    : NonNullable<R[K]> extends Query<infer _, false>[]
      ? never
      : K]: R[K]
}
/** A patch on the owned reads. Not said: as seen; on a thing newly made, not said: unknown until it is read again. */
export type Will<R> = {
  [K in keyof Owned<R>]?: NonNullable<R[K]> extends AnyQuery[]
    ? (Patch<Answer<NonNullable<R[K]>[number]>> | undefined)[]
    : Patch<NonNullable<Answer<R[K]>>>
}

export type Outputs<O> = O extends TSchema ? { [K in keyof Static<O>]: Static<O>[K] | Later } : Record<string, never>

export type Change<R, O> = {
  will: Will<R>
  steps: Step[]
  reason: string
  /** Outputs known before the steps have run; the rest comes from planning again after them. */
  outputs?: Partial<Outputs<O>>
  /** Fewer labels than the module's static `touches`, where the decision knows better. */
  touches?: Label[]
  /** What a program that it starts may change by itself, but for what this playbook has written before. */
  reach?: Reach
  /** What its author may not have meant, said in the plan already. */
  warning?: string
  /** Runs every time it is asked for (an unguarded command, a restart): never `ok`, not planned again after its steps. */
  always?: true
  /** What runs every time changes nothing that counts: it is told as ok, and notifies nobody. */
  unchanging?: true
  /**
   * It runs, and is a change only where this comes to something else of what is seen afterwards (the time of a list that may be
   * the same one). Until then it is not known whether it is one.
   */
  counts?(seen: Seen<R>): unknown
  /** It is certain, but what it comes to is known after this: until then steps and promises say only what is known. */
  details?: Later
  /** It stops what runs, if only for a moment: with `rolling` the hosts do it in turn. */
  interrupts?: true
  /** It may come about by itself before its turn (a peer dials this one): to find it done is no broken promise. */
  byItself?: true
}
export type Verdict<R, O> =
  | { is: 'ok'; outputs?: Outputs<O> }
  | ({ is: 'change' } & Change<R, O>)
  | { is: 'fail'; why: string; fix?: string; outputs?: Outputs<O> }
  | { is: 'say'; text: string; outputs?: Outputs<O> }

/** Builds verdicts; typed by the reads, so each mistake shows on its own line. */
export type Decide<R, O> = {
  ok(outputs?: Outputs<O>): Verdict<R, O>
  change(change: Change<R, O>): Verdict<R, O>
  /** `outputs`: what is registered of it where its task has the failure let pass. */
  fail(why: string, fix?: string, outputs?: Outputs<O>): Verdict<R, O>
  /** Nothing to change, a text to show (`debug`). */
  say(text: string, outputs?: Outputs<O>): Verdict<R, O>
}

/** How long a promise may take to come true (daemons, peers), and what tells that it never will. */
export type Settle<S> = {
  seconds: number
  /** Seconds between two looks, default 0.1: more where a look costs the daemon something, if only a line in its log. */
  every?: number
  /** A sentence when waiting on is useless: the unit has failed. */
  hopeless?(seen: S): string | undefined
  /** A sentence for when the time is over, from what is seen by then: what is still missing, and why that may be. */
  late?(seen: S): string
  /** Read when it did not come true: the last log lines. */
  log?: string[]
  /**
   * A command that looks on the host why it did not come true, made of what is missing by then: before a cause is named it
   * is measured. What it prints is told, and diagnosed as the log is.
   */
  examine?(seen: S): string[]
}

/** What a program's last words mean, and the line that told it. */
export type Diagnosis = { cause: string; fix: string; said: string }
export type Diagnose = (text: string) => Diagnosis | undefined

/** What a step has made known: outputs; `why`: by what it said its task has failed, whatever its status. */
export type ToldBy<O> = { outputs: Partial<Outputs<O>>; why?: string; fix?: string }

type Common<A extends TObject, O extends TSchema | undefined> = {
  name: string
  /** One sentence for the reference. */
  about: string
  args: A
  outputs?: O
  examples: string[]
  /**
   * Told what a failed step printed, or the log after a wait in vain. Undefined: nothing in it is known. Diagnoses are
   * shared: what the modules of one playbook bring explains the failures of all of them that bring any.
   */
  diagnose?: Diagnose
}

/**
 * A module: a function from what is seen to what will be seen, plus the steps between. Pure and synchronous; it
 * has no check, diff or verify code and never logs: the engine derives all of that from the one value it returns.
 */
export type Module<
  A extends TObject = TObject,
  O extends TSchema | undefined = TSchema | undefined,
  R extends Reads = Reads,
  M extends Reads = Reads,
> = Common<A, O> & {
  collective?: undefined
  /** `host`: its name in the inventory, for what depends on that. */
  reads(args: Static<A>, host: string): R
  /** A second look that depends on the first; then `touches` is obligatory. */
  more?(args: Static<A>, seen: Seen<R>): M
  plan(args: Static<A>, seen: Seen<R> & Seen<M>, decide: Decide<R & M, O>): Verdict<R & M, O>
  /**
   * What is so, or will be, and somebody should know, whatever the verdict: a sentence each, told once in a plan and in an
   * apply, and never a change. From what was read anyway; one that meets an unknown says nothing.
   */
  warns?(args: Static<A>, seen: Seen<R> & Seen<M>): string[]
  /** Labels it may change besides its owned reads: a bound, known even while undecided. All it has seen may be missing. */
  touches?(args: Static<A>, seen: Partial<Seen<R>>): Label[]
  /** The reach of what it may start: a static bound, known even while undecided. */
  reach?(args: Static<A>): Reach | undefined
  /** The archives it may ask for on a host of this kind, told without a look at one: what a site has to hold. */
  archives?(args: Static<A>, facts: Facts): Query<ArchiveAnswer, false>[]
  settle?(args: Static<A>): Settle<Seen<R> & Seen<M>>
  /** What its step with `keep` has printed, as outputs. Default: those of a program (`rc`, `stdout`, `stderr`, …). */
  told?(args: Static<A>, said: Output): ToldBy<O>
}
export const defineModule = <
  A extends TObject,
  R extends Reads,
  M extends Reads = {},
  O extends TSchema | undefined = undefined,
>(
  module: Module<A, O, R, M>,
): Module<A, O, R, M> => module

/**
 * One host's verdict in a collective node: steps come in phases; a phase starts when the one before has ended on all
 * hosts.
 */
type CollectiveChange<R, O> = Omit<Change<R, O>, 'steps' | 'always' | 'interrupts' | 'byItself' | 'reach'> & {
  phases: Step[][]
}
export type CollectiveVerdict<R, O> =
  | { is: 'ok'; outputs?: Outputs<O> }
  | ({ is: 'change' } & CollectiveChange<R, O>)
  | { is: 'fail'; why: string; fix?: string }
  | { is: 'needs'; host: string }

/** What a collective module's plan is given besides args and answers. */
export type CollectiveContext<R, O> = {
  /** One verdict per host that answered. */
  each(
    decide: (host: string, seen: Seen<R>, index: number) => CollectiveVerdict<R, O>,
  ): Record<string, CollectiveVerdict<R, O>>
  /** Hosts that answered: those where steps may run first, each part in inventory order. And those that did not. */
  up: string[]
  /** Hosts that answered but where no step may run (`--limit`): they are read, and may hand out what they hold. */
  bystanders: string[]
  missing: string[]
  /** Those of the missing that did answer: in this run something before has failed on them, and is told there. */
  failed: string[]
  ok(outputs?: Outputs<O>): CollectiveVerdict<R, O>
  change(change: CollectiveChange<R, O>): CollectiveVerdict<R, O>
  fail(why: string, fix?: string): CollectiveVerdict<R, O>
  /** Not without one that is missing: skipped for what has failed there, which is told once, and not here again. */
  needs(host: string): CollectiveVerdict<R, O>
  /** A value that a step of this node on `host` will make known. */
  from(host: string): Later
}

/** A decision about a set of hosts: one node over all hosts of the play, a barrier that a lost host leaves. */
export type CollectiveModule<
  A extends TObject = TObject,
  O extends TSchema | undefined = TSchema | undefined,
  R extends Reads = Reads,
  M extends Reads = Reads,
> = Common<A, O> & {
  collective: true
  reads(args: Static<A>, host: string): R
  more?(args: Static<A>, seen: Record<string, Seen<R> | null>, host: string): M
  plan(
    args: Record<string, Static<A>>,
    seen: Record<string, (Seen<R> & Seen<M>) | null>,
    context: CollectiveContext<R & M, O>,
  ): Record<string, CollectiveVerdict<R & M, O>>
  touches?(args: Static<A>): Label[]
  reach?: undefined
  settle?: undefined
}
export const defineCollective = <
  A extends TObject,
  R extends Reads,
  M extends Reads = {},
  O extends TSchema | undefined = undefined,
>(
  module: Omit<CollectiveModule<A, O, R, M>, 'collective'>,
): CollectiveModule<A, O, R, M> => ({ ...module, collective: true })

// biome-ignore lint/suspicious/noExplicitAny: a registry holds modules of every type of args and reads
export type AnyModule = Module<any, any, any, any> | CollectiveModule<any, any, any, any>
