import { exit } from '../../core/exit.ts'
import { type Drawing, dotOf, drawingOf } from '../../graph/drawing.ts'
import { svgOf } from '../../graph/svg.ts'
import { jsonText } from '../../report/json.ts'
import { mapText } from '../../report/map-text.ts'
import { oneLine, printable } from '../../report/printable.ts'
import { createReport } from '../../report/report.ts'
import { type PlaybookOptions, prepare } from '../app/prepare.ts'
import { reportOptionsFor, withReport } from '../app/with-report.ts'

type GraphOptions = PlaybookOptions & { format: 'dot' | 'svg' | 'json' }

const written: Record<GraphOptions['format'], (drawing: Drawing) => string> = {
  dot: dotOf,
  svg: svgOf,
  json: drawing => `${jsonText(drawing, 2)}\n`,
}

/** `runbook graph`: what comes after what, and why. No host is contacted. Returns the exit code. */
export const graph = (playbook: string, options: GraphOptions): Promise<number> => {
  // Standard output is the drawing's: what is wrong is told beside it.
  const shown = { ...reportOptionsFor({ format: 'text', color: false }, 'plan'), out: process.stderr }
  return withReport(createReport(shown), async () => {
    const nobody = { secrets: shown.redact, emit: () => {}, signal: new AbortController().signal }
    const { known } = await prepare(playbook, options, nobody)
    const drawing = drawingOf(known.graph)
    // JSON keeps the words as they are, escaped; a picture is shown by programs that obey them.
    const shownWords = options.format === 'json' ? drawing : mapText(drawing, text => oneLine(printable(text)))
    process.stdout.write(written[options.format](shownWords))
    return exit.done
  })
}
