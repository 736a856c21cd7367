/** Where jobs are, below the home of whoever runs them, as with Ansible. Of each there is its pid, what it prints, and its status at the end. */
const FOLDER = `d=\${HOME:-/}/.ansible_async`

/** What a program is started with that goes on by itself: `held` while its result is not collected, or it runs. */
const begin = (program: string, name: string): string => `${FOLDER}; ( umask 077; mkdir -p -- "$d" ) || exit
j=${name}; f=$d/$j
held() { [ -e "$f.rc" ] || { [ -e "$f.pid" ] && kill -0 "$(cat "$f.pid")" 2>/dev/null; }; }
held || {
rm -f -- "$f".*; ( umask 077; : >"$f.out"; : >"$f.err" ) || exit
{ ( trap '' HUP INT; ${program}
) >"$f.out" 2>"$f.err"; echo $? >"$f.new"; mv -f -- "$f.new" "$f.rc"; } </dev/null >/dev/null 2>&1 &
echo $! >"$f.pid"; }
`

/** Starts a program and is done; prints the name of the job. */
export const startedJob = (program: string): string => `${begin(program, '$(date +%s).$$')}printf %s "$j"`

/**
 * Starts a program, or finds it where an earlier run that has come to an end has started it, and waits for it: what it has
 * printed and its status are those of the step. It goes on when the connection is gone, and its result is kept then: who started
 * this shell is gone, too. One that has failed is done anew.
 */
export const awaitedJob = (program: string, name: string): string => `${begin(program, name)}
while held && [ ! -e "$f.rc" ]; do sleep 1; done
[ -e "$f.rc" ] || { echo 'it was ended from outside, or the host was started again meanwhile' >&2; rm -f -- "$f".*; exit 125; }
cat -- "$f.out"; cat -- "$f.err" >&2; s=$(cat "$f.rc"); { [ "$s" -eq 0 ] && [ ! -d "/proc/$PPID" ]; } || rm -f -- "$f".*
exit "$s"`
