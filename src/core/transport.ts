/** What one script fragment printed. `status` is the exit status of its shell. */
export type Output = {
  stdout: Buffer
  stderr: Buffer
  status: number
  /** It printed more than is kept of a stream (16 MiB): what is here is only the end of it. */
  cut?: true
  /** When it ran, between these two times by the controller's clock in milliseconds. */
  within?: [from: number, to: number]
}

/** Takes what a fragment prints as it comes, in pieces of any size. */
export type OnBytes = (index: number, stream: 'stdout' | 'stderr', bytes: Buffer) => void

/** A piece of POSIX sh that runs in a subshell of its own, with an empty stdin. */
export type Fragment = {
  sh: string
  /** A step: when it fails, the fragments after it in the frame do not run. A read has none. */
  step?: true
  /** Who runs it, in a shell of his own over the same connection, where that is not who the frame is sent as. */
  as?: Become
  /** What it starts may outlive it and go on printing, as a command of the user's may: none of that is anybody's output. */
  lingers?: true
}

/** One file to be streamed to a host, from the controller's disk or memory. Digest in sha256. */
export type Upload = {
  source: { file: string } | { bytes: Buffer }
  size: number
  digest: string
  path: string
  mode: string
  owner?: string
  group?: string
  /** Put there by this user, for whom root's session does it. */
  user?: string
  /** A test in sh, of one line: where it does not hold right before the rename, nothing is put there (`plan-moved`). */
  over?: string
  /** It is an archive, and `path` a folder: it is unpacked there while it arrives. More arguments for tar. */
  unpack?: string[]
}

/** Another identity than the login's, and how a program gets it. */
export type Become = {
  user: string
  method: 'sudo' | 'su' | 'doas'
  /** The program and its arguments in place of the method's own (`become_exe`, `become_flags`). */
  exe?: string
  flags?: string[]
  password?: string
}

/** Which run asks for a host, and who started it: `ada@laptop`. Both are shown to whoever else asks. */
export type LeaseRequest = { run: string; who: string }
/** Who has a host. Unless it is renewed the lease ends in so many seconds. */
export type LeaseHolder = LeaseRequest & { secondsLeft: number }
/**
 * The lease belongs to this run until it is given back or the connection ends; or to another run; or there can be none.
 */
export type LeaseAnswer =
  | { is: 'mine'; give(): Promise<void> }
  | { is: 'theirs'; holder: LeaseHolder }
  | { is: 'nobody'; why: string }

/**
 * One host as the engine sees it: frames of fragments, each one round trip. Implementations live in host/.
 * A transport rejects with a `Refusal` (`host-unreachable`, `host-login`, `host-key-*`, `host-become`, `host-lost`).
 */
export type Transport = {
  /**
   * Runs the fragments in order and returns what those that ran said; a shorter list than asked means a step failed.
   * With `onBytes` what they print is given away as it comes, however much that is, and is in no output.
   */
  run(fragments: Fragment[], onOutput?: (index: number, output: Output) => void, onBytes?: OnBytes): Promise<Output[]>
  /**
   * Puts a file in place: temporary name in the target folder, size and digest checked there, then renamed. An archive
   * is unpacked while it arrives, so when its digest turns out wrong a part of it is there already: the folder must not
   * have its final name yet.
   */
  upload(upload: Upload, onProgress?: (sent: number) => void): Promise<void>
  /**
   * Asks for a lease of the host, without waiting for another run to end. It is no frame. A lease that is lost later,
   * because it was not renewed for 30 s or was ended on the host, ends the connection too (`host-lost`).
   */
  lease(request: LeaseRequest): Promise<LeaseAnswer>
  /**
   * The same host as another identity, the login user's own without one: a shell and uploads of its own over the same
   * connection. The shell is opened with its first frame, so that asking for it costs nothing; a server that allows no
   * further session refuses that frame (`host-become`), and the host goes on as before. Frames of two identities do not
   * wait for each other. What is asked twice is the same; whichever is closed closes all.
   */
  as(identity?: Become): Transport
  /** How many frames have been sent since authentication, as any identity. */
  readonly roundTrips: number
  /** The identity that frames have. */
  readonly user: string
  close(): Promise<void>
}

/** Opens a host by its inventory name. Connecting twice gives the same connection. */
export type Connect = (host: string) => Promise<Transport>
