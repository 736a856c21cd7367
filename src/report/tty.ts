import { createApplyText } from './apply.ts'
import type { Reading, Reporter, Sink } from './reporter.ts'
export const createTty = (reading: Reading, sink: Sink, _streams: unknown): Reporter => createApplyText(reading, sink)
