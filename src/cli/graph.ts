import { exit } from '../core/exit.ts'
import { Refusal } from '../core/failure.ts'
import { type Drawing, dotOf, drawingOf } from '../graph/drawing.ts'
import { svgOf } from '../graph/svg.ts'
import { createRedactor } from '../report/redact.ts'
import { createReport } from '../report/report.ts'
import { type Asked, prepare } from './prepare.ts'

export type GraphOptions = Asked & { format: 'dot' | 'svg' | 'json' }

const written: Record<GraphOptions['format'], (drawing: Drawing) => string> = {
  dot: dotOf,
  svg: svgOf,
  json: drawing => `${JSON.stringify(drawing, null, 2)}\n`,
}

/** Standard output is the drawing's: what is wrong is told beside it. */
const complain = (failures: Refusal['failures']): number =>
  createReport({
    format: 'text',
    command: 'plan',
    diff: 'hide',
    verbosity: 'changes',
    detailedExitcode: false,
    out: process.stderr,
    err: process.stderr,
    tty: false,
    colour: false,
    redact: createRedactor(),
  }).finish({ roundTrips: {}, exit: exit.badInput, failures })

/** `runbook graph`: what comes after what, and why. No host is contacted. Returns the exit code. */
export const graph = async (playbook: string, options: GraphOptions): Promise<number> => {
  try {
    const nobody = { keepSecret: () => {}, emit: () => {}, signal: new AbortController().signal }
    const { session } = await prepare(playbook, options, nobody)
    process.stdout.write(written[options.format](drawingOf(session.graph)))
    return exit.done
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return complain(error.failures)
  }
}
