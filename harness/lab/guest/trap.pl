# Sends a signal to a process at exactly the COUNT-th request of the kernel's userspace logs from now on, before the
# request is on its way (docs/faults.md). A perf event counts hits of the recorder's probe at the entry of
# dm_consult_userspace; at the COUNT-th one the kernel itself signals the owner of the event's descriptor, from an
# interrupt of the thread that makes the request. With one CPU nobody else runs in between.
#
# Arguments: EVENT PID SIGNAL COUNT FILTER MARKER-FILE MARKER FIFO
# EVENT is the directory of the probe's event in tracefs, FILTER an event filter or ''. Writes MARKER to MARKER-FILE at
# the moment from which requests count. Prints 'set'; then 'sprung TID NS', the thread and the guest's CLOCK_MONOTONIC,
# or, when somebody has written to FIFO before that, 'removed SEEN', the number of requests that counted so far.
# System calls and structures by number: x86_64, struct perf_event_attr of 96 bytes (PERF_ATTR_SIZE_VER3).
use strict;
use warnings;

my ($event, $pid, $signal, $count, $filter, $marker_file, $marker, $fifo) = @ARGV;
my ($sys_mmap, $sys_sched_setscheduler, $sys_perf_event_open) = (9, 144, 298);
my ($ioc_refresh, $ioc_set_filter) = (0x2402, 0x40082406);
my ($f_setfl, $f_setown, $f_setsig, $o_async) = (4, 8, 10, 0x2000);
my ($sched_other, $sched_fifo) = (0, 1);
my ($type_tracepoint, $sample_tid_and_time, $disabled, $use_clockid, $clock_monotonic) = (2, 2 | 4, 1, 1 << 25, 1);
my ($page, $head_at, $record_sample) = (4096, 1024, 9);
$| = 1;

sub text_of {
	my ($path) = @_;
	open(my $file, '<', $path) or die "$path: $!\n";
	my $text = <$file>;
	chomp $text;
	return $text;
}

# Counts are kept for each CPU, and another CPU could run the daemon before the interrupt.
my $online = text_of('/sys/devices/system/cpu/online');
die "a trap is exact on one CPU only; this node has $online\n" if $online ne '0';

my $attr = pack('L L Q Q Q Q Q L L Q Q Q Q L l',
	$type_tracepoint, 96, text_of("$event/id"), $count, $sample_tid_and_time, 0, $disabled | $use_clockid,
	1, 0, 0, 0, 0, 0, 0, $clock_monotonic);
my $fd = syscall($sys_perf_event_open, $attr, -1, 0, -1, 0);
die "perf_event_open: $!\n" if $fd < 0;
open(my $perf, '+<&=', $fd) or die "perf event: $!\n";
my $address = syscall($sys_mmap, 0, 2 * $page, 3, 1, $fd, 0);
die "mmap of the perf event: $!\n" if $address == -1;
if ($filter ne '') {
	ioctl($perf, $ioc_set_filter, "$filter\0") or die "the filter '$filter': $!\n";
}
fcntl($perf, $f_setown, $pid + 0) or die "process $pid: $!\n";
fcntl($perf, $f_setsig, $signal + 0) or die "signal $signal: $!\n";
fcntl($perf, $f_setfl, $o_async) or die "O_ASYNC: $!\n";
sysopen(my $removal, $fifo, 2) or die "$fifo: $!\n";
open(my $markers, '>', $marker_file) or die "$marker_file: $!\n";
$markers->autoflush(1);

sub schedule {
	my ($policy, $priority) = @_;
	my $parameters = pack('i', $priority);
	syscall($sys_sched_setscheduler, 0, $policy, $parameters) == 0 or die "sched_setscheduler: $!\n";
}

# No request can come between the marker and the moment from which they count: nobody else runs.
schedule($sched_fifo, 1);
print $markers "$marker\n";
ioctl($perf, $ioc_refresh, 1) or die "PERF_EVENT_IOC_REFRESH: $!\n";
schedule($sched_other, 0);
print "set\n";

sub bytes_at {
	my ($offset, $length) = @_;
	return unpack("P$length", pack('J', $address + $offset));
}

while (1) {
	my $readable = '';
	vec($readable, fileno($_), 1) = 1 for $perf, $removal;
	next if select($readable, undef, undef, undef) < 0;
	if (unpack('Q', bytes_at($head_at, 8)) > 0) {
		my ($type, undef, undef, undef, $tid, $time) = unpack('L S S L L Q', bytes_at($page, 24));
		die "a perf record of type $type\n" if $type != $record_sample;
		print "sprung $tid $time\n";
		exit 0;
	}
	next unless vec($readable, fileno($removal), 1);
	sysread($perf, my $seen, 8) == 8 or die "the count of the perf event: $!\n";
	print 'removed ', unpack('Q', $seen), "\n";
	exit 0;
}
