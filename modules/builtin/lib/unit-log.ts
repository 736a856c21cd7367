import { portableLog, quote, unitName } from '../../../src/module/module.ts'
import { unitExamination } from './unit-examination.ts'

/** Puts the last 300 lines of a unit's log through a program: systemd's, or the file of the portable service manager. */
const reading = (unit: string, through: string, behind = ''): string[] => [
  'sh',
  '-c',
  `if case $1 in /*) false ;; *) [ -d /run/systemd/system ] ;; esac
then journalctl -u "$1" -n 300 -o cat --no-pager
else tail -n 300 "$2"
fi | ${through}
${behind}`,
  'sh',
  unitName(unit),
  portableLog(unit),
]

/**
 * The last lines of a unit's log, for the message when waiting for it was in vain. `without`: a word of the lines that a
 * daemon writes for every question it is asked, since waiting is asking.
 */
export const lastLogLines = (unit: string, without?: string): string[] =>
  reading(unit, `${without === undefined ? '' : `grep -v ${quote(without)} | `}tail -n 8`)

/**
 * What a unit's program said in its last attempt, at most 30 lines. A program that dies is started again and again:
 * only its last attempt is shown, and of the service manager's own lines only why it ended. An attempt that has just
 * begun may not have failed yet, so the one before it is shown too. Behind it stands what was measured of the unit.
 */
export const lastAttemptLog = (unit: string): string[] =>
  reading(
    unit,
    `awk '/^Starting |^[-0-9: ]* runbook: started/ { from = again ? here : n; here = n; again = ended = 0 }
/Main process exited|Failed with result|runbook: ended with/ { ended = 1 }
/Scheduled restart job|is started again in/ { again = 1 }
!/(Scheduled restart job|Start request repeated|Failed with result|Consumed .* CPU time|status=1.FAILURE|restart counter|runbook: started)/ && !/^(Start|Stopp|Failed to start )/ { l[n++] = $0 }
END { if (ended) from = here; for (i = n - from > 30 ? n - 30 : from + 0; i < n; i++) print l[i] }'`,
    unitExamination,
  )
