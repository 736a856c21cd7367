import { pinFunctions } from '../../../src/module/module.ts'

/**
 * Words of sh for what makes several files, or a folder, in a folder that may be somebody else's: `./made`, in a closet of its
 * own there that nobody else may enter (see `pinFunctions`). What is made gets owner and mode in it, and leaves it by rename.
 *
 * - `begin FOLDER` enters a closet in FOLDER, which is `..` from then on. `./unfinished` tells that it is one. What a machine
 *   has left that lost its power goes: closets of the acting user with that file.
 * - `end` is for `trap end EXIT`: nothing of it stays.
 */
export const makingFunctions = `${pinFunctions}
empty() { rm -rf ./made 2>/dev/null || { chmod -R u+rwX ./made; rm -rf ./made; }; rm -f ./unfinished; }
end() { [ ! "$w" ] || { empty; rmdir -- "../\${w#./}"; }; }
begin() { pin "$1" || return; for f in ./.runbook-closet-??????; do [ -h "$f" ] || [ ! -O "$f" ] || [ ! -d "$f" ] || ( shut "$f" 2>/dev/null && [ -f ./unfinished ] && empty && rmdir -- "../\${f#./}" ) || :; done; fresh .runbook-closet- && : >./unfinished; }
w=; trap end EXIT; trap 'exit 1' HUP INT TERM`

/** The whole of it for one thing, which gets the name `$1`: `sh` makes it, as `./made`. */
export const makingBeside = (sh: string): string => `${makingFunctions}
set -e
f=\${1%/*}; begin "\${f:-/}"
${sh}
mv -T -- ./made "../\${1##*/}"`
