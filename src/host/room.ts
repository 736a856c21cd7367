/** Who holds bytes of a host that are not taken yet. */
export type Holder = {
  held: number
  /** Told that it holds more than there is room for: it lets go of all. */
  burst(): void
}

/**
 * The room that all hosts share for what they are printing: 16 MiB for each stream of each script would be gigabytes where
 * many hosts print without end, and an honest run holds a few MB. Who holds most lets go first, so whoever prints little
 * never notices.
 */
export const ROOM = 256 * 1024 * 1024

const holders = new Set<Holder>()
let taken = 0

/** Says how much somebody holds now; none: it is done. */
export const occupy = (holder: Holder, bytes: number): void => {
  taken += bytes - holder.held
  holder.held = bytes
  if (bytes === 0) holders.delete(holder)
  else holders.add(holder)
  while (taken > ROOM) {
    const most = [...holders].reduce((first, one) => (one.held > first.held ? one : first))
    occupy(most, 0)
    most.burst()
  }
}
