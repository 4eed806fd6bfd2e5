# Joins the connector group of userspace logs (7, spec 2.1) as some user, and receives what the kernel multicasts to it.
#
# Arguments: FIFO UID WAY...
# Each WAY gets a socket of its own: 'bind' binds it with the mask of the group, 'membership' binds it without groups and
# adds the group by setsockopt. A UID other than 0 is taken for good, with the group of the same number and no others.
# Prints 'as UID CAPABILITIES', as the kernel tells them of this process; for each WAY 'try WAY CALL ERRNO', where
# CALL is what was called last: socket, address (the bind without groups) or join, and ERRNO 0 when it succeeded; then
# 'listening'. It listens on the sockets that could not join as well: nothing may arrive there. When somebody has
# written to FIFO, 'heard WAY HEX' for each datagram that arrived before that, and ends.
use strict;
use warnings;
use POSIX ();

my ($af_netlink, $sock_dgram, $netlink_connector, $group, $mask) = (16, 2, 11, 7, 0x40);
my ($sol_netlink, $add_membership, $sol_socket, $so_rcvbufforce) = (270, 1, 1, 33);
my ($msg_dontwait, $enobufs) = (0x40, 105);
$| = 1;

my ($fifo, $uid, @ways) = @ARGV;
sysopen(my $end, $fifo, 2) or die "$fifo: $!\n";
if ($uid != 0) {
	POSIX::setgid($uid) or die "setgid: $!\n";
	$) = "$uid $uid";
	POSIX::setuid($uid) or die "setuid: $!\n";
}
open(my $status, '<', '/proc/self/status') or die "/proc/self/status: $!\n";
my %status = map { /^(\w+):\s+(.*)$/ ? ($1 => $2) : () } <$status>;
# Permitted, not effective: with what is permitted it could help itself.
print 'as ', (split ' ', $status{Uid})[1], " $status{CapPrm}\n";

sub address {
	return pack('S S L L', $af_netlink, 0, 0, $_[0]);
}

# The last call and its errno.
sub join_group {
	my ($socket, $way) = @_;
	return ('join', bind($socket, address($mask)) ? 0 : $! + 0) if $way eq 'bind';
	return ('address', $! + 0) if !bind($socket, address(0));
	return ('join', setsockopt($socket, $sol_netlink, $add_membership, pack('L', $group)) ? 0 : $! + 0);
}

my %sockets;
for my $way (@ways) {
	my ($call, $errno) = ('socket', 0);
	if (socket(my $socket, $af_netlink, $sock_dgram, $netlink_connector)) {
		setsockopt($socket, $sol_socket, $so_rcvbufforce, pack('l', 1 << 20)); # only root may
		$sockets{$way} = $socket;
		($call, $errno) = join_group($socket, $way);
	} else {
		$errno = $! + 0;
	}
	print "try $way $call $errno\n";
}
print "listening\n";

# All that is there now.
sub drain {
	for my $way (@ways) {
		my $socket = $sockets{$way} or next;
		while (1) {
			if (defined recv($socket, my $datagram, 65536, $msg_dontwait)) {
				print "heard $way ", unpack('H*', $datagram), "\n";
			} elsif ($! != $enobufs) {
				last;
			}
		}
	}
}

while (1) {
	my $readable = '';
	vec($readable, fileno($_), 1) = 1 for $end, values %sockets;
	next if select($readable, undef, undef, undef) < 0;
	my $over = vec($readable, fileno($end), 1);
	drain();
	exit 0 if $over;
}
