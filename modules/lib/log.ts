/**
 * The last lines of a unit's log, for the message when waiting for it was in vain. Without what ipfs-cluster writes
 * for every question it is asked: waiting is asking.
 */
export const lastLines = (unit: string): string[] => [
  'sh',
  '-c',
  'journalctl -u "$1" -n 300 -o cat --no-pager | grep -v restapilog | tail -n 8',
  'sh',
  unit,
]
