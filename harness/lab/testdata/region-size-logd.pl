#!/usr/bin/perl
# A userspace dirty-log daemon for the self tests: it accepts every log and answers GET_REGION_SIZE with the number
# that it is given, whatever the table says. 0 makes the kernel divide by zero in the constructor (spec 4); a small
# number and a huge mirror give more regions than the kernel's search for a bucket count can stand.
use strict;
use warnings;

my ($region_size) = @ARGV;
my ($CTR, $GET_REGION_SIZE, $CN_IDX_DM) = (1, 6, 7);
my ($NLMSGHDR, $CN_MSG, $REQUEST) = ('L S S L L', 'L L L L S S', 'Q a129 x3 L l L L L');

$| = 1;
socket(my $socket, 16, 2, 11) or die "socket: $!\n";
bind($socket, pack('S S L L', 16, 0, 0, 1 << ($CN_IDX_DM - 1))) or die "bind: $!\n";
print "listening\n";
while (1) {
    defined recv($socket, my $datagram, 65536, 0) or die "recv: $!\n";
    next if length $datagram < 196;
    my ($luid, $uuid, $version, undef, $seq, $type) = unpack($REQUEST, substr($datagram, 36));
    my $payload = ($type & 0xff) == $GET_REGION_SIZE ? pack('Q', $region_size) : '';
    my $reply = pack($REQUEST, $luid, $uuid, $version, 0, $seq, $type, length $payload) . $payload;
    my $connector = pack($CN_MSG, $CN_IDX_DM, 1, $seq, 0, length $reply, 0) . $reply;
    send($socket, pack($NLMSGHDR, 16 + length $connector, 3, 0, $seq, 0) . $connector, 0);
}
