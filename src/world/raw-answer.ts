/** An answer as it came, when, and with which facets. */
export type RawAnswer = {
  raw: unknown
  facets: Set<string>
  at: number
  /** Who may not see it, of those who have asked at that time: another may. The session's own identity is ''. */
  deniedTo?: ReadonlySet<string>
}
