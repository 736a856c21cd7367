/** What a step with `keep` said. */
export type CommandOutput = { rc: number; stdout: string; stderr: string }
/** What steps have made known of what only they could know: what a command said, where the copy of a file lies. */
export type StepAnswer = CommandOutput | { kept: Record<string, unknown>; why?: string; fix?: string }
