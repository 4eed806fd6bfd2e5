#!/bin/sh
# What the suite takes for granted of a node; prints KTAP. A kernel of somebody's own that lacks one of these would
# make other tests infra or unknown, with a reason that is harder to find.

number=0
# The root of what is looked at: for a test of this script another than that of the machine.
root=${ULOGCHECK_ROOT:-}

# check NAME COMMAND...: a result; what the command says explains it.
check() {
	number=$((number + 1))
	name=$1
	shift
	said=$("$@" 2>&1)
	status=$?
	[ -z "$said" ] || printf '%s\n' "$said" | sed 's/^/# /'
	case $status in
	0) echo "ok $number $name" ;;
	*) echo "not ok $number $name" ;;
	esac
}

probes_can_be_set() {
	[ -w "$root/sys/kernel/tracing/kprobe_events" ] && return
	echo "no /sys/kernel/tracing/kprobe_events: the recorder needs CONFIG_KPROBE_EVENTS and tracefs"
	return 1
}

rings_are_binary() {
	[ -r "$root/sys/kernel/tracing/per_cpu/cpu0/trace_pipe_raw" ] && return
	echo 'no per_cpu/cpu0/trace_pipe_raw in tracefs: the recorder reads it'
	return 1
}

connector_listens() {
	grep -Eq '^dmlogusr[[:space:]]+7:1([[:space:]]|$)' "$root/proc/net/connector" && return
	echo 'dmlogusr 7:1 is not in /proc/net/connector, which says:'
	cat "$root/proc/net/connector"
	return 1
}

# 1.12.0 in the first kernel with userspace logs, 1.14.0 since 4.2 (spec 15).
mirror_target() {
	version=$(dmsetup targets | sed -n 's/^mirror  *v//p')
	echo "mirror target: ${version:-none}"
	case $version in
	1.1[2-9].* | 1.[2-9][0-9].*) return 0 ;;
	*) return 1 ;;
	esac
}

tables_without_udev() {
	[ "$DM_DISABLE_UDEV" = 1 ] || [ "$ULOGCHECK_UDEV" = 1 ] && return
	echo 'neither DM_DISABLE_UDEV nor ULOGCHECK_UDEV is 1: dmsetup would wait for a udevd for ever'
	return 1
}

# Bits 12 and 13 are modules from elsewhere and unsigned ones: a kernel under development has both.
untainted() {
	taint=$(cat "$root/proc/sys/kernel/tainted")
	[ $((taint & ~(1 << 12 | 1 << 13))) = 0 ] && return
	echo "the kernel is tainted before any test: $taint (Documentation/admin-guide/tainted-kernels.rst)"
	return 1
}

# The size is in sectors of 512 bytes; the largest mirrors of the tests have 8 MiB.
legs_are_there() {
	for leg in "$ULOGCHECK_LEG0" "$ULOGCHECK_LEG1"; do
		size=$(cat "$root/sys/class/block/${leg##*/}/size" 2>/dev/null)
		[ "${size:-0}" -ge 16384 ] && continue
		echo "a leg is ${leg:-not named} and has ${size:-no} sectors: ULOGCHECK_LEG0 and ULOGCHECK_LEG1 name the legs"
		return 1
	done
}

echo 'KTAP version 1'
echo '1..7'
check 'kernel probes can be set' probes_can_be_set
check 'trace rings can be read as they are' rings_are_binary
check 'the kernel listens for log daemons: connector 7:1' connector_listens
check 'the mirror target is there, in a version that takes userspace logs' mirror_target
check 'dmsetup waits for no udevd' tables_without_udev
check 'the kernel is not tainted' untainted
check 'the node has two legs' legs_are_there
[ "$number" = 7 ]
