#!/usr/bin/perl
# The puppet's half in the guest: carries datagrams between the kernel's connector and a virtio port, and decides
# nothing. Needs nothing but perl-base. Frames: docs/puppet.md.
#
#   perl relay.pl PORT PID_FILE LOG_FILE
#
# Goes into the background as soon as it is bound to group 7 and prints its process id then. Where one that was
# started in the same words lives already, prints the process id of that one.
use strict;
use warnings;
use POSIX ();

my ($AF_NETLINK, $SOCK_DGRAM, $NETLINK_CONNECTOR)  = (16, 2, 11);
my ($SOL_SOCKET, $SO_RCVBUFFORCE, $RECEIVE_BUFFER) = (1, 33, 8 << 20);
my ($MSG_DONTWAIT, $CN_IDX_DM)                     = (0x40, 7);
my ($EINTR, $EAGAIN, $ENOBUFS)                     = (4, 11, 105);
# What the port takes in one write.
my $PORT_PIECE = 32768;
my $LARGEST    = 65536;

my ($port_path, $pid_path, $log_path) = @ARGV;
defined $log_path or die "usage: relay.pl PORT PID_FILE LOG_FILE\n";

my ($port, $kernel);
# Bytes from the host that are no whole frame yet, and the greeting that must come back before they count.
my ($inbound, $awaited, $greetings) = ('', '', 0);

sub contents {
    my ($path) = @_;
    open(my $file, '<', $path) or return '';
    local $/ = undef;
    my $text = <$file>;
    return defined $text ? $text : '';
}

sub complain { print STDERR join(' ', @_), "\n" }

sub prepare {
    socket($kernel, $AF_NETLINK, $SOCK_DGRAM, $NETLINK_CONNECTOR) or die "socket: $!\n";
    setsockopt($kernel, $SOL_SOCKET, $SO_RCVBUFFORCE, pack('l', $RECEIVE_BUFFER)) or die "SO_RCVBUFFORCE: $!\n";
    bind($kernel, pack('S S L L', $AF_NETLINK, 0, 0, 1 << ($CN_IDX_DM - 1))) or die "bind: $!\n";
    # Once, for both directions: a port that is polled through two descriptors loses wake-ups.
    open($port, '+<:raw', $port_path) or die "$port_path: $!\n";
    open(my $pid_file, '>', $pid_path) or die "$pid_path: $!\n";
    print $pid_file "$$\n";
    close($pid_file) or die "$pid_path: $!\n";
    if (open(my $score, '>', '/proc/self/oom_score_adj')) { print $score '-1000' }
}

sub put {
    my ($bytes) = @_;
    my $done = 0;
    while ($done < length $bytes) {
        my $n = syswrite($port, $bytes, length($bytes) - $done, $done);
        if (defined $n) { $done += $n }
        elsif ($! != $EINTR) { die "$port_path: write: $!\n" }
    }
}

# Says to the host that a relay is here. The write waits until the host has connected. What comes from the host
# before it has sent the greeting back was meant for a relay that died, and may begin within a frame.
sub greet {
    $greetings++;
    my $nonce = pack('L L', $$, $greetings);
    $inbound = '';
    $awaited = pack('N', length $nonce) . $nonce;
    put($awaited);
}

sub from_kernel {
    my $frames = '';
    while (length $frames < $PORT_PIECE / 2) {
        my $from = recv($kernel, my $datagram, $LARGEST, $MSG_DONTWAIT);
        if (!defined $from) {
            last if $! == $EAGAIN;
            if    ($! == $ENOBUFS) { complain('requests were lost: the receive buffer was full') }
            elsif ($! != $EINTR)   { die "recv: $!\n" }
            next;
        }
        # Only the kernel has port 0.
        my (undef, undef, $sender) = unpack('S S L L', $from);
        $frames .= pack('N', length $datagram) . $datagram if $sender == 0;
    }
    put($frames) if length $frames;
}

sub from_host {
    my $n = sysread($port, $inbound, $LARGEST, length $inbound);
    if (!defined $n) {
        return if $! == $EINTR || $! == $EAGAIN;
        die "$port_path: read: $!\n";
    }
    # The end of the file: the host has gone. It may come back.
    return greet() if $n == 0;
    if (length $awaited) {
        my $at = index($inbound, $awaited);
        return if $at < 0;
        $inbound = substr($inbound, $at + length $awaited);
        $awaited = '';
    }
    while (length $inbound >= 4) {
        my $size = unpack('N', $inbound);
        last if length($inbound) < 4 + $size;
        my $datagram = substr($inbound, 4, $size);
        $inbound = substr($inbound, 4 + $size);
        defined send($kernel, $datagram, 0) or complain("a datagram of $size bytes was not sent:", "$!");
    }
}

sub relay {
    greet();
    my $both = '';
    vec($both, fileno($port),   1) = 1;
    vec($both, fileno($kernel), 1) = 1;
    while (1) {
        my $readable = $both;
        if (select($readable, undef, undef, undef) < 0) {
            next if $! == $EINTR;
            die "select: $!\n";
        }
        from_kernel() if vec($readable, fileno($kernel), 1);
        from_host()   if vec($readable, fileno($port),   1);
    }
}

my ($known) = contents($pid_path) =~ /\A(\d+)\n/;
if (defined $known && $known != $$ && contents("/proc/$known/cmdline") eq contents('/proc/self/cmdline')) {
    print "$known\n";
    exit 0;
}

pipe(my $verdict, my $tell) or die "pipe: $!\n";
my $pid = fork();
defined $pid or die "fork: $!\n";
if ($pid != 0) {
    close($tell);
    my $said = do { local $/ = undef; <$verdict> };
    if (defined $said && $said eq "bound\n") {
        print "$pid\n";
        exit 0;
    }
    die defined $said && $said ne '' ? $said : "the relay ended before it was bound\n";
}
close($verdict);
eval { prepare(); 1 } or do {
    print $tell $@;
    close($tell);
    POSIX::_exit(1);
};
POSIX::setsid();
open(STDIN,  '<',  '/dev/null');
open(STDOUT, '>',  '/dev/null');
open(STDERR, '>>', $log_path);
print $tell "bound\n";
close($tell);
relay();
