import type { DefaultRenderer, ListrDefaultRendererOptions, ListrDefaultRendererTask } from 'listr2'
import { createApplyText } from './apply.ts'
import type { Redactor } from './redact.ts'
import type { Reporter, Sink, TextOptions } from './reporter.ts'
import { createRows, MOST_ROWS, type Row } from './rows.ts'

/** The terminal that is drawn on, and what keeps secrets from it: drawing does not pass the sink. */
type Terminal = { out: NodeJS.WritableStream; err: NodeJS.WritableStream; redact: Redactor; clock?: () => number }

/** Draws rows until it is stopped; text written meanwhile stands above them. */
type Live = { start(): void; write(write: () => void): void; stop(): void }

type Frame = { renderer: DefaultRenderer; tasks: ListrDefaultRendererTask[] }

const coloured =
  (colour: (text: string) => string) =>
  (text = ''): string =>
    colour(text)

/** The library is loaded only by a run that draws. `onTick` is called ten times a second while rows are drawn. */
const createFrame = async ({ out, err }: Terminal, { paint }: TextOptions, onTick: () => void): Promise<Frame> => {
  const { DefaultRenderer, Listr, ListrLogger, ProcessOutput, Spinner } = await import('listr2')
  class Ticking extends Spinner {
    override spin(): void {
      super.spin()
      onTick()
    }
  }
  const list = new Listr(
    Array.from({ length: MOST_ROWS }, () => ({ title: ' ', task: () => {} })),
    { registerSignalListeners: false, exitOnError: false },
  )
  // Tasks that were never asked whether they are enabled are not drawn. They are never run: this is a view.
  await Promise.all(list.tasks.map(task => task.check({})))
  const processOutput = new ProcessOutput(out as NodeJS.WriteStream, err as NodeJS.WriteStream, {
    leaveEmptyLine: false,
  })
  const options: ListrDefaultRendererOptions = {
    clearOutput: true,
    formatOutput: 'truncate',
    spinner: new Ticking(),
    logger: new ListrLogger({ useIcons: true, toStderr: [], processOutput }),
    color: { PENDING: coloured(paint.yellow), COMPLETED: coloured(paint.green), FAILED: coloured(paint.red) },
  }
  // The list's own type says what it would fall back to, of which a task that is only drawn knows nothing.
  const tasks = list.tasks as unknown as ListrDefaultRendererTask[]
  return { renderer: new DefaultRenderer(tasks, options, list.events), tasks }
}

const states = { busy: 'STARTED', done: 'COMPLETED', failed: 'FAILED' } as const

/** Sets plain members: the library's own setters would draw at once, and events come faster than a screen is read. */
const show = (tasks: ListrDefaultRendererTask[], rows: Row[], redact: Redactor): void => {
  for (const [at, task] of tasks.entries()) {
    const row = rows[at]
    task.title = row ? redact.text(row.text) : ''
    task.state = states[row?.state ?? 'busy'] as typeof task.state
  }
}

const createLive = (terminal: Terminal, reading: TextOptions, rows: () => Row[]): Live => {
  const held: (() => void)[] = []
  let frame: Frame | undefined
  let isDrawn = false
  let isOver = false
  const release = (): void => {
    for (const write of held.splice(0)) write()
  }
  const erase = (): void => {
    if (isDrawn) frame!.renderer.end()
    isDrawn = false
  }
  const draw = async (): Promise<void> => {
    frame ??= await createFrame(terminal, reading, tick)
    if (isOver) return
    await frame.renderer.render()
    isDrawn = true
    if (isOver) return erase()
    show(frame.tasks, rows(), terminal.redact)
    frame.renderer.update()
  }
  const begin = (): void => {
    // If the view cannot be drawn the run goes on, and its lines are written without it.
    draw().catch(() => {
      isOver = true
      release()
    })
  }
  const renew = (): void => {
    if (isOver || !isDrawn) return
    erase()
    release()
    begin()
  }
  const tick = (): void => {
    show(frame!.tasks, rows(), terminal.redact)
    // The library draws right after this; what it draws must not come to stand below the lines.
    if (held.length > 0) queueMicrotask(renew)
  }
  const stop = (): void => {
    isOver = true
    erase()
    release()
  }
  const write = (line: () => void): void => {
    if (isOver) line()
    else held.push(line)
  }
  return { start: begin, write, stop }
}

/**
 * The live view of an apply: the same lines and the same recap as in a log, and below them up to twelve rows of what is
 * going on. It draws what the events say and decides nothing.
 */
export const createTty = (reading: TextOptions, sink: Sink, terminal: Terminal): Reporter => {
  const rows = createRows(terminal.clock)
  const live = createLive(terminal, reading, rows.rows)
  // The rows say how far a transfer is, so the lines need not.
  const text = createApplyText(reading, {
    out: line => live.write(() => sink.out(line)),
    err: line => live.write(() => sink.err(line)),
  })
  return event => {
    rows.add(event)
    if (event.type === 'summary') live.stop()
    if (event.type !== 'progress' && event.type !== 'download') text(event)
    if (event.type === 'started') live.start()
  }
}
