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

/**
 * What a unit's program said in its last attempt, at most 30 lines. A program that dies is started again and again: of
 * that only the last time counts, and of what systemd tells of it only why it ended.
 */
export const lastAttempt = (unit: string): string[] => [
  'sh',
  '-c',
  `journalctl -u "$1" -n 300 -o cat --no-pager | awk '/^Starting /{ n = 0 } !/(Scheduled restart job|Start request repeated|Failed with result|Consumed .* CPU time|status=1.FAILURE|restart counter)/ && !/^(Start|Stopp|Failed to start )/ { l[n++] = $0 } END { for (i = n > 30 ? n - 30 : 0; i < n; i++) print l[i] }'`,
  'sh',
  unit,
]
