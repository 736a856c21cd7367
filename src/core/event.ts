import type { Failure, Origin } from './failure.ts'

/**
 * What the plan says of one node. `undecided` names the node it waits for, `standby` the one that has to fail before it is
 * done: what is behind it is planned as if that did not happen.
 */
export type PlanVerdict = 'ok' | 'change' | 'undecided' | 'standby' | 'skipped' | 'fail'
/**
 * What became of one node in an apply. `ignored`: it has failed, and its task says that this counts as done. `rescued`: it has
 * failed, and its block says what is done then. `unverified`: its steps were under way when its host was lost or the run was
 * interrupted, so that what they have done is not known.
 */
export type Status = 'ok' | 'changed' | 'failed' | 'ignored' | 'rescued' | 'skipped' | 'refused' | 'unverified'

/**
 * One visible difference: of a file's content, or of a plain attribute. Secrets never show; `hidden` says so. `private`:
 * the content of a file that others may not read, which is not kept and hardly shown.
 */
export type Difference =
  | { kind: 'text'; subject: string; before: string; after: string; private?: true }
  | { kind: 'value'; subject: string; before: string; after: string; private?: true }
  | { kind: 'hidden'; subject: string; why: string; private?: true }

/** Why nothing of what a line is made of is told: its task says `no_log`, or a secret in it could not be told apart. */
export type Hidden = 'no_log' | 'secret'

export type NodeRef = { host: string; node: string; task: string; hidden?: Hidden }

/**
 * All about one node, for `explain`: what it reads and saw, what it promises, and which nodes it comes after and
 * before.
 */
export type Explained = NodeRef & {
  module: string
  origin: Origin
  verdict: PlanVerdict
  why?: string
  fix?: string
  /** The node that it, or the details of a change, wait for. */
  needs?: string
  /** What `when` says, as it is written. */
  conditions: string[]
  arguments: Record<string, unknown>
  /**
   * `after`: the nodes whose changes the answer follows from; with none it is as it was read. `open`: those of them
   * after which more of it will be known.
   */
  reads: { name: string; subject: string; use: 'owned' | 'used'; is: unknown; after: string[]; open: string[] }[]
  will: { subject: string; is: unknown }[]
  steps: string[]
  waitsFor: { node: string; kind: string }[]
  waitedForBy: { node: string; kind: string }[]
}

/**
 * Fingerprints of what one node was asked for: of its arguments, and of what the controller gave for each of its reads.
 */
export type InputFingerprints = { args: string; given: Record<string, string> }

/**
 * What is known of when, and by whom, something was moved, in milliseconds by the controller's clock. Of a path that is
 * gone `at` is when its folder changed last.
 */
export type Provenance =
  | {
      of: 'path'
      subject: string
      is: 'there' | 'gone'
      at: number
      owner?: string
      package?: string
      installed?: number
    }
  | { of: 'unit'; subject: string; is: string; at: number; result: string; restarts: number; said: string[] }

/** What a run was asked for, as far as it may be written down: of variables given by hand only the names. */
export type RunRequest = {
  playbook: string
  inventory: string[]
  limit?: string
  tags: string[]
  skipTags?: string[]
  startAtTask?: string
  variableFiles: string[]
  variableNames: string[]
  artifacts?: string
  lock?: string
  become?: boolean
  becomeUser?: string
  becomeMethod?: string
  /** The plan file that is applied, and whether what has moved is planned anew. */
  plan?: string
  refresh?: true
  /** Handlers that earlier runs have left due are left so. */
  noPending?: true
  /** How hosts were to be reached, by the options that may be written down, and the names of those that may not. */
  reach?: Record<string, string>
  reachNames?: string[]
  /** Which passwords were asked for, or the files that held them; what they were is kept nowhere. */
  askPass?: boolean
  askBecomePass?: boolean
  connectionPasswordFile?: string
  becomePasswordFile?: string
  vaultId?: string[]
  vaultPasswordFile?: string[]
  askVaultPass?: boolean
}

/** A handler (`host/task`) that was left due, and by which run. */
export type DueHandler = { node: string; run: string }

/**
 * Everything the engine says, as it happens: all that reporters know they have from these.
 * `time` is in milliseconds since the epoch, `seq` counts from 1 within a run.
 */
export type EventBody =
  | {
      type: 'started'
      command: 'plan' | 'apply'
      playbook: string
      hosts: string[]
      /** Its id, where it is remembered; the one that it goes on with; and how to ask for the same again. */
      run?: string
      resumes?: string
      asked?: RunRequest
      /** The handlers that earlier runs of the playbook had left due when it began. */
      due?: DueHandler[]
      /** The fingerprint of the key that all fingerprints of the run are made with. */
      keyPrint?: string
    }
  | { type: 'play'; name: string; hosts: string[] }
  /** While planning: a host has answered; so many frames were sent to it so far. */
  | { type: 'answered'; host: string; roundTrips: number }
  | { type: 'host-lost'; host: string; failure: Failure }
  | ({
      type: 'planned'
      verdict: PlanVerdict
      why?: string
      /** With `fail`: what apply would meet; and whether the work on the host goes on behind it, in a rescue. */
      failure?: Failure
      rescued?: true
      waits?: boolean
      always?: boolean
      /** Hosts do it one after the other. */
      turn?: boolean
      /** The node it waits for: with `undecided` to be decided at all, with `change` for its details. */
      needs?: string
      /** It is a handler; the handlers on its host that it notifies. */
      handler?: true
      notifies?: string[]
      steps: string[]
      diff: Difference[]
    } & NodeRef)
  /**
   * Its steps begin, or its wait. `behind`: the nodes that travel behind it in the same frame, whose steps the host begins
   * by itself; each has an event of its own as soon as the host has told so.
   */
  | ({ type: 'running'; steps: string[]; waits?: boolean; behind?: string[] } & NodeRef)
  | ({ type: 'progress'; done: number; total: number; what: string } & NodeRef)
  /** Bytes of an archive that have come to the controller; `total` as far as the server says. */
  | { type: 'download'; archive: string; from: string; done: number; total?: number }
  /** An archive of `artifacts fetch`: new in the folder, there already, or only in the cache. */
  | { type: 'archive'; name: string; size: number; sha512: string; is: 'new' | 'there' | 'cached' }
  | ({ type: 'message'; text: string } & NodeRef)
  /** What a command of `exec` prints, by whole lines where they end; bytes that are no UTF-8 in base64. */
  | { type: 'output'; host: string; stream: 'stdout' | 'stderr'; text?: string; base64?: string }
  /** `ping`: a host has answered, as whom, and by what. `ms` counts from the beginning. */
  | { type: 'reached'; host: string; user: string; identity: string; connection: string; ms: number }
  | ({
      type: 'result'
      status: Status
      why?: string
      needs?: string
      failure?: Failure
      /** With `skipped`: the end of the run came before it. */
      unbegun?: true
      /** What a command of `exec` ended with. */
      code?: number
      steps: number
      ms: number
      diff: Difference[]
      asks?: InputFingerprints
    } & NodeRef)
  /** One node that an apply left as it was asked for and that is no longer so: `before` is how it was left. */
  | ({ type: 'drifted'; why: string; diff: Difference[]; run: string; since: number; traces: Provenance[] } & NodeRef)
  /**
   * What hosts are compared with, and how many nodes differ without being drift: they may follow from another one
   * (`follow`), are asked for something else by now (`edited`), or were not left as asked by any apply (`undone`).
   */
  | { type: 'compared'; run: string; since: number; follow: number; edited: number; undone: number }
  | ({ type: 'explained' } & Explained)
  | { type: 'warning'; text: string; host?: string; node?: string }
  | {
      type: 'summary'
      exit: number
      hosts: Record<string, HostSummary>
      failures: Failure[]
      wallMs: number
      peakRssMb: number
    }

export type Event = EventBody & { seq: number; time: number }
export type Emit = (event: EventBody) => void

/** The counts of one host, in the order inventory gives. In a plan `changed` counts what would change. */
export type HostSummary = {
  ok: number
  changed: number
  failed: number
  skipped: number
  undecided: number
  /** How many were under way and are not known, and how many of those skipped had not begun: where there are any. */
  unverified?: number
  unbegun?: number
  /** How many have failed, and that was ignored, or was rescued: where there are any. */
  ignored?: number
  rescued?: number
  /** In a plan: how many are done only if others fail. */
  standby?: number
  unreachable: boolean
  roundTrips: number
  steps: number
}
