#!/usr/bin/perl
# A userspace dirty-log daemon for device-mapper mirrors (clustered-core), written from
# include/uapi/linux/dm-log-userspace.h. Needs nothing but perl-base. Run it as root; it stays in the foreground.
use strict;
use warnings;

my %TYPE = (
    CTR                  => 1,
    DTR                  => 2,
    PRESUSPEND           => 3,
    POSTSUSPEND          => 4,
    RESUME               => 5,
    GET_REGION_SIZE      => 6,
    IS_CLEAN             => 7,
    IN_SYNC              => 8,
    FLUSH                => 9,
    MARK_REGION          => 10,
    CLEAR_REGION         => 11,
    GET_RESYNC_WORK      => 12,
    SET_REGION_SYNC      => 13,
    GET_SYNC_COUNT       => 14,
    STATUS_INFO          => 15,
    STATUS_TABLE         => 16,
    IS_REMOTE_RECOVERING => 17,
);
my ($AF_NETLINK, $SOCK_DGRAM, $NETLINK_CONNECTOR) = (16, 2, 11);
my ($CN_IDX_DM, $CN_VAL_DM_USERSPACE_LOG)         = (7, 1);
my $NLMSG_DONE = 3;
my ($ESRCH, $EINTR, $EINVAL, $ENOBUFS) = (3, 4, 22, 105);

# struct nlmsghdr, struct cn_msg, struct dm_ulog_request (uuid is char[129], then 3 bytes of padding).
my $NLMSGHDR = 'L S S L L';
my $CN_MSG   = 'L L L L S S';
my $REQUEST  = 'Q a129 x3 L l L L L';
my ($NLMSGHDR_SIZE, $CN_MSG_SIZE, $REQUEST_SIZE) = (16, 20, 160);

# What is known of each log: region_size, region_count, sync and clean (bit vectors), state, recovering, search.
my %logs;

sub say_event { print join(' ', @_), "\n" }

# A refusal travels as an exception: { error => errno, data => reply payload }.
sub refuse {
    my ($error, $data) = @_;
    die { error => $error, data => defined $data ? $data : '' };
}

sub construct {
    my ($uuid, $text) = @_;
    my $reconnect = ($text =~ s/\0\z//);
    $text =~ /\A([1-9]\d*) clustered-core ([1-9]\d*)((?: (?:sync|nosync|block_on_error))*)\z/
        or refuse($EINVAL);
    my ($length, $region_size, $options) = ($1, $2, $3);
    refuse($EINVAL) if $region_size & ($region_size - 1);
    # A log that is in use and constructed again: the kernel lost sight of us for a while.
    return '' if $reconnect && $logs{$uuid} && $logs{$uuid}{text} eq $text;
    my $count = int(($length + $region_size - 1) / $region_size);
    my $bits  = $options =~ /\bnosync\b/ ? "\xff" x int(($count + 7) / 8) : "\0" x int(($count + 7) / 8);
    $logs{$uuid} = {
        text         => $text,
        region_size  => $region_size,
        region_count => $count,
        sync         => $bits,
        clean        => $bits,
        sync_count   => $options =~ /\bnosync\b/ ? $count : 0,
        state        => 'suspended',
        search       => 0,
    };
    say_event('ctr', $uuid, $text);
    return '';
}

sub resume {
    my ($log) = @_;
    if ($log->{state} ne 'active') {
        $log->{state}  = 'active';
        $log->{search} = 0;
        delete $log->{recovering};
    }
    return '';
}

# Region numbers of a payload; each must exist.
sub regions {
    my ($log, $data) = @_;
    refuse($EINVAL) if length($data) % 8;
    my @regions = unpack('Q*', $data);
    for (@regions) { refuse($EINVAL) if $_ >= $log->{region_count} }
    return @regions;
}

sub one_region {
    my ($log, $data) = @_;
    refuse($EINVAL) if length($data) != 8;
    return (regions($log, $data))[0];
}

sub first_out_of_sync {
    my ($log, $from) = @_;
    for (my $region = $from; $region < $log->{region_count}; $region++) {
        return $region unless vec($log->{sync}, $region, 1);
    }
    return undef;
}

sub get_resync_work {
    my ($log) = @_;
    return pack('q Q', 0, 0) if $log->{state} ne 'active';
    $log->{recovering} = first_out_of_sync($log, $log->{search}) unless defined $log->{recovering};
    return defined $log->{recovering} ? pack('q Q', 1, $log->{recovering}) : pack('q Q', 0, 0);
}

sub set_region_sync {
    my ($log, $data) = @_;
    refuse($EINVAL) if length($data) != 16;
    my ($region, $in_sync) = unpack('Q q', $data);
    refuse($EINVAL) if $region >= $log->{region_count} || ($in_sync != 0 && $in_sync != 1);
    $log->{sync_count} += $in_sync - vec($log->{sync}, $region, 1);
    vec($log->{sync}, $region, 1) = $in_sync;
    vec($log->{clean}, $region, 1) = 0 unless $in_sync;
    if (defined $log->{recovering} && $log->{recovering} == $region) {
        delete $log->{recovering};
        $log->{search} = $region + 1;
    }
    return '';
}

sub in_sync_hint {
    my ($log) = @_;
    return $log->{region_count} if $log->{state} ne 'active' || $log->{sync_count} == $log->{region_count};
    return first_out_of_sync($log, 0);
}

sub mark {
    my ($log, $data) = @_;
    vec($log->{clean}, $_, 1) = 0 for regions($log, $data);
    return '';
}

sub clear {
    my ($log, $data) = @_;
    vec($log->{clean}, $_, 1) = vec($log->{sync}, $_, 1) for regions($log, $data);
    return '';
}

my %handlers = (
    $TYPE{PRESUSPEND}      => sub { $_[0]{state} = 'quiescing' if $_[0]{state} eq 'active'; '' },
    $TYPE{POSTSUSPEND}     => sub { $_[0]{state} = 'suspended'; '' },
    $TYPE{RESUME}          => \&resume,
    $TYPE{GET_REGION_SIZE} => sub { pack('Q', $_[0]{region_size}) },
    $TYPE{IS_CLEAN}        => sub { pack('q', vec($_[0]{clean}, one_region(@_), 1)) },
    $TYPE{IN_SYNC}         => sub { pack('q', vec($_[0]{sync},  one_region(@_), 1)) },
    $TYPE{FLUSH}           => \&mark,
    $TYPE{MARK_REGION}     => \&mark,
    $TYPE{CLEAR_REGION}    => \&clear,
    $TYPE{GET_RESYNC_WORK} => \&get_resync_work,
    $TYPE{SET_REGION_SYNC} => \&set_region_sync,
    $TYPE{GET_SYNC_COUNT}  => sub { pack('Q', $_[0]{sync_count}) },
    $TYPE{STATUS_INFO}     => sub { "1 clustered-core\0" },
    $TYPE{STATUS_TABLE}    => sub { "clustered-core $_[0]{region_size}\0" },
    $TYPE{IS_REMOTE_RECOVERING} => sub { one_region(@_); pack('q Q', 0, in_sync_hint($_[0])) },
);

# Reply size by type, for telling the kernel that it has to construct the log again.
my %reply_size = (
    (map { $TYPE{$_} => 0 } qw(FLUSH MARK_REGION CLEAR_REGION SET_REGION_SYNC)),
    (map { $TYPE{$_} => 8 } qw(IS_CLEAN IN_SYNC GET_SYNC_COUNT)),
    (map { $TYPE{$_} => 16 } qw(GET_RESYNC_WORK IS_REMOTE_RECOVERING)),
    (map { $TYPE{$_} => 64 } qw(STATUS_INFO STATUS_TABLE)),
);

# The answer to one request: (error, payload).
sub handle {
    my ($type, $uuid, $data) = @_;
    my $answer = eval {
        if ($type == $TYPE{CTR}) { construct($uuid, $data) }
        else {
            my $log = $logs{$uuid};
            if (!$log) {
                refuse($EINVAL) unless exists $reply_size{$type};
                refuse($ESRCH, "\0" x $reply_size{$type});
            }
            if ($type == $TYPE{DTR}) {
                delete $logs{$uuid};
                say_event('dtr', $uuid);
                '';
            }
            elsif (my $handler = $handlers{$type}) { $handler->($log, $data) }
            else                                   { refuse($EINVAL) }
        }
    };
    return (0, $answer) if defined $answer;
    die $@ unless ref $@ eq 'HASH';
    say_event('refused', $type, $uuid, $@->{error});
    return (-$@->{error}, $@->{data});
}

# The reply to one datagram from the kernel, or undef if it is none of our business.
sub reply_to {
    my ($datagram) = @_;
    return undef if length($datagram) < $NLMSGHDR_SIZE + $CN_MSG_SIZE + $REQUEST_SIZE;
    my ($idx, $val) = unpack($CN_MSG, substr($datagram, $NLMSGHDR_SIZE, $CN_MSG_SIZE));
    return undef if $idx != $CN_IDX_DM || $val != $CN_VAL_DM_USERSPACE_LOG;
    my $body = substr($datagram, $NLMSGHDR_SIZE + $CN_MSG_SIZE);
    my ($luid, $uuid, $version, undef, $seq, $type, $size) = unpack($REQUEST, $body);
    return undef if $size > length($body) - $REQUEST_SIZE;
    $uuid =~ s/\0.*//s;
    my ($error, $payload) = handle($type & 0xff, $uuid, substr($body, $REQUEST_SIZE, $size));
    my $reply = pack($REQUEST, $luid, $uuid, $version, $error, $seq, $type, length $payload) . $payload;
    my $connector = pack($CN_MSG, $idx, $val, $seq, 0, length $reply, 0) . $reply;
    return pack($NLMSGHDR, $NLMSGHDR_SIZE + length $connector, $NLMSG_DONE, 0, $seq, 0) . $connector;
}

$| = 1;
socket(my $socket, $AF_NETLINK, $SOCK_DGRAM, $NETLINK_CONNECTOR) or die "socket: $!\n";
bind($socket, pack('S S L L', $AF_NETLINK, 0, 0, 1 << ($CN_IDX_DM - 1))) or die "bind: $!\n";
say_event('listening');
while (1) {
    my $from = recv($socket, my $datagram, 65536, 0);
    if (!defined $from) {
        next if $! == $EINTR || $! == $ENOBUFS;
        die "recv: $!\n";
    }
    # Only the kernel has port 0.
    my (undef, undef, $port) = unpack('S S L L', $from);
    next if $port != 0;
    my $reply = reply_to($datagram);
    next unless defined $reply;
    defined send($socket, $reply, 0) or say_event('reply lost:', $!);
}
