/** What a system and its tools say when they refuse a write, in English, and what to do about each. */
const FIXES: [words: RegExp, fix: string][] = [
  [/No space left on device|printf: I\/O error/i, 'free some space there (`df -h`) and run again'],
  [/Disk quota exceeded/i, 'free some space of that user (`quota`), or raise the quota, and run again'],
  [/Read-only file system/i, 'that file system is mounted read-only: mount it for writing, or name another place'],
  [/(invalid|unknown) (user|group)/i, 'make that account in an earlier task, with user or group, or correct the name'],
  [/File name too long/i, 'a name may have 255 bytes, and something is put beside it: shorten it'],
  [/Device or resource busy/i, 'something is mounted or runs there: unmount it or stop it first'],
  [/Text file busy/i, 'the program runs: stop it first'],
  [/Too many levels of symbolic links/i, 'links there lead in a circle: remove one of them'],
  [/Operation not permitted/i, 'look for an attribute that forbids it (`lsattr`), or for a file system without owners'],
  [/Permission denied/i, 'let the task run as root: become: true; where it does, look how that place is mounted'],
  [/Not a directory/i, 'a file stands where a folder is needed: remove it, or name another place'],
  [
    /Too many open files|Cannot (fork|allocate memory)|Resource temporarily unavailable/i,
    'the host is short of memory, processes or open files: free some, and run again',
  ],
  [
    /not in gzip format|Unexpected EOF|does not look like a tar archive/i,
    'the archive is damaged or of another kind: pack it again',
  ],
  [
    /(sha256sum|tar|tee|sync|mktemp|stat|chown|base64): (command )?not found/i,
    'install that program there: coreutils and tar are needed',
  ],
  [
    /eval: \S+: not found|: command not found/i,
    'install that program in an earlier task, or name it by its whole path',
  ],
]

/** What to do about a refusal that is told in the system's own words; undefined where they are none of these. */
export const systemFix = (said: string): string | undefined => FIXES.find(([words]) => words.test(said))?.[1]
