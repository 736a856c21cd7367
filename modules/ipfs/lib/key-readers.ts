// Shell text that reads a key that all hosts share, in whatever writing the file has it. Builtins of the shell and
// pipes: the value is in no argv.

/**
 * `key` prints the swarm key in the file `$f` as 64 small hex digits, from any of the three encodings that go-libp2p
 * reads (core/pnet/codec.go); on an error one word of what is wrong. A key in the usual form takes no process.
 */
export const swarmKeyReader = `r=$(printf '\\r')
hex() { case \${b%"$r"} in
/base16/) c=\${c%"$r"}; case $c in *[A-F]*) printf %s "$c" | tr A-F a-f ;; *) printf %s "$c" ;; esac ;;
/base64/) sed -n 3p "$f" | base64 -d 2>/dev/null | od -An -v -tx1 | tr -d ' \\n' ;;
/bin/) tail -n +3 "$f" | head -c 32 | od -An -v -tx1 | tr -d ' \\n' ;;
*) echo encoding ;; esac; }
key() { [ -s "$f" ] || { echo empty; return; }
{ IFS= read -r a; IFS= read -r b; IFS= read -r c; } <"$f"
[ "\${a%"$r"}" = /key/swarm/psk/1.0.0/ ] || { echo header; return; }
h=$(hex); case $h in encoding) echo encoding ;; *[!0-9a-f]*) echo digits ;; *) [ \${#h} -eq 64 ] && echo "$h" || echo length ;; esac; }
`

export const secretPattern = '"secret": *"\\([^"]*\\)"'

/** `secret` prints the digest of the cluster secret in the file `$f`, or one word of what is wrong. */
export const secretDigest = `secret() { s=$(sed -n '/${secretPattern}/{s/.*${secretPattern}.*/\\1/p;q}' "$f" 2>/dev/null)
case $s in *[A-F]*) s=$(printf %s "$s" | tr A-F a-f) ;; esac
case $s in '') echo absent ;; *[!0-9a-f]*) echo digits ;; *) [ \${#s} -eq 64 ] && printf %s "$s" | sha256sum || echo length ;; esac; }
`
