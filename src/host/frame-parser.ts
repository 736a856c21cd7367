/**
 * One marker found in a stream: its frame, what it ends, the bytes before it since the last mark, and how many of those
 * were dropped because they were more than are kept.
 */
export type Mark = { frame: number; tag: string; status: number; before: Buffer; dropped: number }

/** One stream of a shell: bytes go in as they come, marks come out, what has no mark yet is kept. */
type FrameParser = {
  /** Takes a chunk; returns how many bytes have been dropped since the last mark. */
  push(chunk: Buffer): number
  /** What has come since the last mark. */
  rest(): Buffer
  /** How many bytes are kept of it. */
  readonly kept: number
}

const FIRST_CAPACITY = 64 * 1024

/** A mark behind its nonce, and the most bytes that it may have with the line's end: what is longer is none. */
const FORM = /^(\d{1,10}):(\d{1,10}|[be]):(\d{1,10})$/
const LONGEST = 36

/** What stands there as a mark; undefined where it is none, `more` where that cannot be told yet. */
const markAt = (
  text: Buffer,
  at: number,
): (Omit<Mark, 'before' | 'dropped'> & { end: number }) | 'more' | undefined => {
  const behind = text.subarray(at, at + LONGEST)
  const close = behind.indexOf(0x0a)
  if (close < 0) return behind.length < LONGEST ? 'more' : undefined
  const [, frame, tag, status] = FORM.exec(behind.toString('latin1', 0, close)) ?? []
  if (tag === undefined) return undefined
  return { frame: Number(frame), tag, status: Number(status), end: at + close + 1 }
}

const NOTHING = Buffer.alloc(0)

/** A buffer that begins with these bytes and has room for `more`: the one they are in where it is of the right size. */
const withRoom = (bytes: Buffer, more: number, store: Buffer): Buffer => {
  const capacity = Math.max(FIRST_CAPACITY, 2 ** Math.ceil(Math.log2(bytes.length + more)))
  const next = capacity === store.length ? store : Buffer.allocUnsafe(capacity)
  bytes.copy(next)
  return next
}

/** How many bytes at the end of a text are the beginning of the needle, whose rest may come with the next chunk. */
const cutNeedle = (text: Buffer, needle: Buffer): number => {
  for (let length = Math.min(needle.length - 1, text.length); length > 0; length -= 1) {
    const at = text.length - length
    if (text[at] === needle[0] && text.subarray(at).equals(needle.subarray(0, length))) return length
  }
  return 0
}

/**
 * Is offered bytes that no mark begins in; says whether it has used them. What it has not is kept for the next mark, and
 * offered again: a copy of that for each chunk would be 16 MiB. Whoever keeps them copies them.
 */
type Pass = (bytes: Buffer) => boolean

/**
 * Looks for `NONCE:frame:tag:status` and a line's end in a stream of any bytes. It never looks at lines: output may lack its last
 * newline, and may hold anything else. Bytes are kept in one buffer that doubles, and each is searched only once,
 * because output comes in up to 16 MiB of small chunks. What follows the nonce and has not the form of a mark is output as any
 * other: a list of processes may show it, and a mark has a longest length. A chunk that ends with a mark is never copied, and where nothing is
 * kept there is no buffer: 1,000 hosts that wait would hold 128 MB. Of more than `cap()` bytes without a mark the first are
 * dropped.
 */
export const createFrameParser = (
  nonce: string,
  cap: () => number,
  onMark: (mark: Mark) => void,
  pass: Pass = () => false,
): FrameParser => {
  const needle = Buffer.from(`${nonce}:`)
  let store: Buffer = NOTHING
  /** Whether the store may be written to: a chunk belongs to whoever gave it. */
  let isOwn = false
  let from = 0
  let end = 0
  let searched = 0
  let dropped = 0

  const makeRoom = (more: number) => {
    if (isOwn && end + more <= store.length) return
    store = withRoom(store.subarray(from, end), more, isOwn ? store : NOTHING)
    isOwn = true
    searched -= from
    end -= from
    from = 0
  }

  const parseMark = (): boolean => {
    const text = store.subarray(0, end)
    const at = text.indexOf(needle, searched)
    if (at < 0) {
      searched = Math.max(from, end - cutNeedle(text, needle))
      return false
    }
    const found = markAt(text, at + needle.length)
    if (found === 'more') {
      searched = at
      return false
    }
    if (found === undefined) {
      searched = at + needle.length
      return true
    }
    const before = Buffer.from(text.subarray(from, at))
    const { end: behind, ...mark } = found
    from = behind
    searched = from
    const lacking = dropped
    dropped = 0
    onMark({ ...mark, before, dropped: lacking })
    return true
  }

  return {
    push: chunk => {
      if (from === end) {
        ;[store, isOwn, from, end, searched] = [chunk, false, 0, chunk.length, 0]
      } else {
        makeRoom(chunk.length)
        chunk.copy(store, end)
        end += chunk.length
      }
      while (parseMark());
      if (from === end) store = NOTHING
      if (searched > from && pass(store.subarray(from, searched))) from = searched
      if (end - from > cap()) {
        const kept = Math.min(searched, end - needle.length + 1)
        dropped += kept - from
        from = kept
      }
      return dropped
    },
    rest: () => Buffer.from(store.subarray(from, end)),
    get kept() {
      return end - from
    },
  }
}
