#!/usr/bin/perl
# Waits until the guest has the SCSI disks of some NAA designators, or is rid of them.
# Usage: find-drives SECONDS WHAT PLACE NAA... with WHAT `come` or `go`, PLACE a pattern for SCSI devices in sysfs, and NAA
# as hex digits. Prints a line `NAA /dev/sdX /dev/sgY` for each, in their order; for `go`
# nothing. Looks again at each event of the kernel (NETLINK_KOBJECT_UEVENT, group 1), for which the host must not ask.
use strict;
use warnings;

my ($seconds, $what, $place, @wanted) = @ARGV;
my ($af_netlink, $sock_dgram, $kobject_uevent) = (16, 2, 15);

# Before the first look: nothing can happen unseen in between.
socket(my $events, $af_netlink, $sock_dgram, $kobject_uevent) or die "uevents: $!\n";
bind($events, pack('S S L L', $af_netlink, 0, 0, 1)) or die "uevents: $!\n";

# The NAA designator of the unit (type 3, association 0) in VPD page 83h, as hex digits (SPC-4 7.8.6). Not `wwid`: there
# the kernel prefers others to one that is assigned locally.
sub naa_of {
	my ($device) = @_;
	open(my $file, '<:raw', "$device/vpd_pg83") or return undef;
	read($file, my $page, 65536) or return undef;
	for (my $at = 4; $at + 4 <= length $page;) {
		my ($kind, $length) = unpack('x C x C', substr($page, $at, 4));
		return unpack('H*', substr($page, $at + 4, $length)) if ($kind & 0x3f) == 3;
		$at += 4 + $length;
	}
	return undef;
}

sub node_of {
	my ($device, $class) = @_;
	my ($found) = glob("$device/$class/*");
	return undef if !defined $found;
	my $node = '/dev/' . ($found =~ s{.*/}{}r);
	return -e $node ? $node : undef;
}

# NAA -> [/dev/sdX, /dev/sgY].
sub look {
	my %found;
	for my $device (glob($place)) {
		my $naa = naa_of($device) // next;
		my ($disk, $generic) = (node_of($device, 'block'), node_of($device, 'scsi_generic'));
		$found{$naa} = [$disk, $generic] if $what eq 'go' || defined $disk && defined $generic;
	}
	return \%found;
}

my $until = time() + $seconds;
while (1) {
	my $found = look();
	my @missing = grep { $what eq 'come' ? !$found->{$_} : $found->{$_} } @wanted;
	if (!@missing) {
		print "$_ @{$found->{$_}}\n" for $what eq 'come' ? @wanted : ();
		exit 0;
	}
	my $left = $until - time();
	die "after $seconds s still to $what: @missing\n" if $left <= 0;
	my $ready = '';
	vec($ready, fileno($events), 1) = 1;
	sysread($events, my $event, 65536) if select($ready, undef, undef, $left) > 0;
}
