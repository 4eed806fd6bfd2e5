#!/usr/bin/perl
# Sends SCSI commands to one device with the SG_IO ioctl, one after the other. Usage: sgio DEVICE
# Says "ready", or why not, in a line of its own; then frames, little endian, lengths without the length field itself:
#   in   u32 length, u32 id, i8 direction (-1 none, -2 to the device, -3 from it), u8 bytes of CDB, u32 timeout in ms,
#        u32 bytes of data, CDB, data-out
#   out  u32 length, u32 id, i32 errno of the ioctl, u8 status, u8 masked status, u8 message status, u8 bytes of sense,
#        u16 host status, u16 driver status, i32 residual, u32 duration in ms, u32 info, u64 begin, u64 end
#        (CLOCK_MONOTONIC, ns), sense, data-in
# With an errno all between it and begin is 0. Ends with its standard input.
use strict;
use warnings;
use Fcntl;

my ($device) = @ARGV;
my ($sys_clock_gettime, $clock_monotonic, $sg_io) = (228, 1, 0x2285);
my $sense_bytes = 252;
$| = 1;
binmode STDIN;
binmode STDOUT;
sysopen(my $disk, $device, O_RDWR | O_NONBLOCK) or do { print "$device: $!\n"; exit 1 };
print "ready\n";

sub now {
	my $time = pack('q q', 0, 0);
	syscall($sys_clock_gettime, $clock_monotonic, $time) == 0 or die "clock_gettime: $!";
	my ($seconds, $nanoseconds) = unpack('q q', $time);
	return $seconds * 1_000_000_000 + $nanoseconds;
}

# struct sg_io_hdr of x86_64, 88 bytes. P packs the address of a string, which must stay where it is meanwhile.
sub execute {
	my ($id, $direction, $timeout, $cdb, $data) = @_;
	my $sense = "\0" x $sense_bytes;
	my $header = pack('i i C C S L', ord 'S', $direction, length $cdb, $sense_bytes, 0, length $data)
		. (length $data ? pack('P', $data) : pack('Q', 0))
		. pack('P P L L i x4 Q', $cdb, $sense, $timeout, 0, 0, 0)
		. "\0" x 24;
	my $begin = now();
	my $done = ioctl($disk, $sg_io, $header);
	my $end = now();
	my $errno = $done ? 0 : $! + 0;
	my $results = $done ? substr($header, 64, 20) : "\0" x 20;
	my ($written, $residual) = unpack('x3 C x4 l', $results);
	$sense = substr($sense, 0, $written);
	$data = '' if $direction != -3 || !$done;
	substr($data, -$residual) = '' if $residual > 0 && $residual <= length $data;
	my $answer = pack('V l<', $id, $errno) . $results . pack('q q', $begin, $end) . $sense . $data;
	print STDOUT pack('V', length $answer), $answer;
}

my $received = '';
while (sysread(STDIN, $received, 1 << 20, length $received)) {
	while (length $received >= 4) {
		my $length = unpack('V', $received);
		last if length $received < 4 + $length;
		my ($id, $direction, $cdb_length, $timeout, $bytes) = unpack('x4 V c C V V', $received);
		my $cdb = substr($received, 18, $cdb_length);
		my $data = substr($received, 18 + $cdb_length, 4 + $length - 18 - $cdb_length);
		substr($received, 0, 4 + $length, '');
		$data = "\0" x $bytes if $direction == -3;
		execute($id, $direction, $timeout, $cdb, $data);
	}
}
