#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Unpacks the sources of a Debian kernel, from its linux-source package; or says what is missing.
# They have to be of exactly the installed kernel's version: modules from older ones would take
# its security fixes away, and those from newer ones may not fit.
#
#	source.sh KERNEL DIRECTORY PATH...
#
# KERNEL is one as uname -r prints it; of its sources, PATHs come to DIRECTORY.
set -e

kernel=$1 directory=$2
shift 2
line=$(echo "$kernel" | grep -o '^[0-9]*\.[0-9]*')
source=linux-source-$line

version_of()
{
	dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$1" 2>/dev/null |
		sed -n 's/^installed //p'
}

version=$(version_of "linux-image-$kernel")
[ "$version" ] || version=$(version_of "linux-image-$kernel-unsigned")
if [ ! "$version" ]; then
	echo "Linux $kernel is no installed package: give its SOURCE and HEADERS" >&2
	exit 1
fi
for package in "linux-headers-$kernel" "$source"; do
	has=$(version_of "$package")
	[ "$has" = "$version" ] || {
		echo "Linux $kernel is version $version, $package is ${has:-not installed}:" \
			"apt-get install $package=$version" >&2
		exit 1
	}
done

[ "$(cat "$directory/version" 2>/dev/null)" != "$version" ] || exit 0
rm -rf "$directory"
mkdir -p "$directory"
for path; do
	set -- "$@" "$source/$path"
	shift
done
tar -C "$directory" --strip-components=1 -xJf "/usr/src/$source.tar.xz" "$@"
echo "$version" >"$directory/version"
