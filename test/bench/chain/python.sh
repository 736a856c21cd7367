#!/bin/sh
# Packs this machine's Python as it lies: the program, its standard library, and the libraries of both. A host of the same
# make can run it, which is for the caller to try. Argument: the program. Prints the archive.
set -e
library=$("$1" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
libraries=$(ldd "$1" "$library"/lib-dynload/*.so 2>/dev/null | grep -o '/[^ :]*\.so[^ :]*' | grep -v "^$library/" | sort -u)
tar -cPh --exclude='*/test' --exclude='*/site-packages' --exclude='*/dist-packages' --exclude='__pycache__' \
	--exclude='*/config-*' -f - "$1" "$library" $libraries
