#!/usr/bin/perl
# The daemon's own self test, as its vendor might ship one: prints TAP; of ulogcheck it knows
# only the variables that name the disks. It runs beside the daemon, in a node where nobody else uses the device mapper.
use strict;
use warnings;

my $count = 0;
sub result {
    my ($ok, $name, @remarks) = @_;
    $count++;
    print $ok ? "ok $count - $name\n" : "not ok $count - $name\n";
    print "# $_\n" for map { split /\n/ } @remarks;
}

$| = 1;
my ($pid) = map { m{/proc/(\d+)/cmdline} } grep {
    open my $file, '<', $_ or next;
    (readline($file) // '') =~ /outsider-logd\.pl/;
} glob '/proc/[0-9]*/cmdline';
result(defined $pid, 'the daemon runs');
my $sectors = 16 * 128;
my @legs = grep { defined && -b } @ENV{qw(ULOGCHECK_LEG0 ULOGCHECK_LEG1)};
if (@legs < 2) {
    print "ok ", ++$count, " - a mirror # SKIP needs two disks\n";
} else {
    my $table = "0 $sectors mirror userspace 4 outsider-self-test clustered-core 128 nosync 2 $legs[0] 0 $legs[1] 0";
    my $said = qx{dmsetup create self-test --table '$table' 2>&1};
    result($? == 0, 'a mirror is created', $said);
    my $status = qx{dmsetup status self-test 2>&1};
    result($status =~ m{ 16/16 }, 'all of its 16 regions are in sync', $status);
    $said = qx{dmsetup remove self-test 2>&1};
    result($? == 0, 'it is removed', $said);
}
result(kill(0, $pid // 0), 'the daemon still runs');
print "1..$count\n";
