#!/bin/sh
# Makes the root of an image: Node and the libraries it is linked with, and the few files that resolve names and users. No shell, no
# package manager, no home. Usage: image-root.sh NODE FOLDER (a Debian; FOLDER is made).
set -eu
node=$1
root=$2

mkdir -p "$root/usr/bin" "$root/etc" "$root/app" "$root/tmp" "$root/var/lib/dpkg/status.d"
cp -L "$node" "$root/usr/bin/node"

# Each library where Node looks for it, the loader included.
ldd "$node" | grep -o '/[^ ]*' | sort -u | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done

# Scanners learn from these which releases of Debian's libraries are inside.
cp -L /etc/os-release "$root/etc/os-release"
for package in libc6 libgcc-s1 libstdc++6; do
  dpkg-query --status "$package" >"$root/var/lib/dpkg/status.d/$package"
done

echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
echo 'nonroot:x:65532:65532::/:/nologin' >"$root/etc/passwd"
echo 'nonroot:x:65532:' >"$root/etc/group"
chmod 1777 "$root/tmp"
