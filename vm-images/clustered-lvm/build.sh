#!/bin/sh
# Builds LVM in a build root from Debian's sources and our patches. In /build: the files of the source package, and
# ours in patches/. Leaves /build/lvm.
#
# Configured as Debian's own package is, without what no node uses: daemons of clusters, D-Bus, an editor of lines.
set -eu

cd /build
dpkg-source --no-check -x ./*.dsc source
cd source
for patch in ../patches/*.patch; do
	patch --forward --strip=1 <"$patch"
done

# Debian patches configure.ac too.
autoreconf --force
./configure \
	CC=gcc \
	--prefix=/usr \
	--exec-prefix=/usr \
	--with-usrlibdir=/usr/lib/x86_64-linux-gnu \
	--with-optimisation=-O2 \
	--with-cache=internal \
	--with-thin=internal \
	--with-device-uid=0 \
	--with-device-gid=6 \
	--with-device-mode=0660 \
	--with-default-pid-dir=/run \
	--with-default-run-dir=/run/lvm \
	--with-default-locking-dir=/run/lock/lvm \
	--with-thin-check=/usr/sbin/thin_check \
	--with-thin-dump=/usr/sbin/thin_dump \
	--with-thin-repair=/usr/sbin/thin_repair \
	--enable-cmdlib \
	--enable-blkid_wiping \
	--enable-dmeventd \
	--enable-lvmpolld \
	--enable-udev_rules \
	--enable-udev_sync \
	--disable-readline

# The version of the library is Debian's: it is what the command finds in a node.
make -j"$(nproc)" LIB_VERSION_DM=1.02.1 tools
strip -o ../lvm tools/lvm
