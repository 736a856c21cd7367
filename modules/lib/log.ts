/** The last lines of a unit's log, for the message when waiting for it was in vain. */
export const lastLines = (unit: string): string[] => ['journalctl', '-u', unit, '-n', '8', '-o', 'cat', '--no-pager']
