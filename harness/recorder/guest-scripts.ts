/** What runs in the guest: POSIX shell on plain tracefs, and a reader in Perl, which every Debian carries. */
import { DISABLE_ORDER, GROUP, PROBE_NAMES, probeDefinitions, SENT_FILTER } from './probes.js';

const TRACEFS = '/sys/kernel/tracing';
const INSTANCE = `${TRACEFS}/instances/${GROUP}`;
/** Directory in tracefs of the event at the entry of a request; its `id` is what perf_event_open(2) wants. */
export const CONSULT_EVENT = `${TRACEFS}/events/${GROUP}/consult`;
/** Process ids of the readers, for the next arming to end them. */
const PIDS = `/tmp/${GROUP}-recorder.pids`;

/** Writing a line to this file puts a marker into the recording. */
export const MARKER_PATH = `${INSTANCE}/trace_marker`;

/** The recorder's own markers; the user's markers must not start with this. */
export const OWN_MARKER = `${GROUP}:`;
/** All probes are set. */
export const BEGIN_MARKER = `${OWN_MARKER}begin`;
/** All probes are still set, for the last time. */
export const END_MARKER = `${OWN_MARKER}end`;

/** Where the reader of one CPU says why it ended. */
function complaintPath(cpu: number | string): string {
  return `/tmp/${GROUP}-recorder.${cpu}.err`;
}

/**
 * Copies pages of trace_pipe_raw to a port. Arguments: trace file, port, preamble, pause in seconds.
 *
 * Each read() gives one page. A reader that waits in read() is woken by every single event, which makes a busy log
 * eight times slower (docs/recorder.md); so after the first page it lets events gather for `pause`, then takes all
 * there is through a second, non-blocking descriptor, and writes at most 32 KiB at a time, which is what the port
 * takes in one piece. The trace file is opened by name and its descriptors are never duplicated: on recent
 * kernels the close of any duplicate ends the reading of all. A read of 0 bytes is not yet the end: the kernel gives that
 * too when an event comes between its look for a page and its look whether the buffer is empty (seen in 6 of 153 tests on
 * 7.1 to 7.3-rc7, never before). Holds no single quote.
 */
export const READER = `
my ($in, $out, $preamble, $pause) = @ARGV;
my $buffer = "$preamble\\n";
sysopen(my $port, $out, 1) or die "$out: $!";
sysopen(my $wait, $in, 0) or die "$in: $!";
sysopen(my $poll, $in, 2048) or die "$in: $!";
sub deliver {
  my $done = 0;
  while ($done < length $buffer) {
    my $n = syswrite($port, $buffer, length($buffer) - $done, $done);
    defined $n or die "$out: $!";
    $done += $n;
  }
  $buffer = "";
}
deliver();
my $nothing = 0;
while ($nothing < 500) {
  defined sysread($wait, $buffer, 65536) or die "$in: $!";
  select(undef, undef, undef, $pause);
  while (sysread($poll, $buffer, 65536, length $buffer)) {
    deliver() if length $buffer >= 32768;
  }
  $nothing = length $buffer ? 0 : $nothing + 1;
  deliver();
}
die "$in: the trace ended";
`;

/** Seconds for which the reader lets events gather. */
const PAUSE_SECONDS = 0.01;

/** What the arm script needs to know. */
export interface ArmScriptOptions {
  readonly cpus: number;
  /** Ring buffer of each CPU. */
  readonly bufferKiB: number;
  /** Line that the readers write first; unique for this arming. */
  readonly preamble: string;
}

/**
 * Sets the probes and starts the readers. Prints sections `== name`, or on failure `== failed STEP`, what went wrong,
 * and `== error_log`; exits 1 then. Removes what an earlier arming left behind.
 */
export function armScript({ cpus, bufferKiB, preamble }: ArmScriptOptions): string {
  const withModule = probeDefinitions('dm_log_userspace:');
  const builtIn = probeDefinitions('');
  const all = [...Array(cpus).keys()];
  return `
T=${TRACEFS}; I=${INSTANCE}
failed() { printf '== failed %s\\n%s\\n== error_log\\n' "$1" "$2"; cat $T/error_log $I/error_log 2>/dev/null; exit 1; }
put() { problem=$( { printf '%s\\n' "$3" >> "$2"; } 2>&1 ) || failed "$1" "writing '$3' to $2 failed: $problem"; }
section() { printf '== %s\\n' "$1"; cat "$2" || failed tracefs "cannot read $2"; }
[ -e $T/instances ] || mount -t tracefs tracefs $T 2>/dev/null
[ -e $T/instances ] || failed tracefs "there is no $T/instances: the kernel lacks tracefs with instances (CONFIG_TRACING)"
[ -e $T/kprobe_events ] || failed kprobes "there is no $T/kprobe_events: the kernel lacks CONFIG_KPROBE_EVENTS"
for tool in perl setsid taskset; do command -v $tool >/dev/null || failed tools "the guest has no $tool"; done
for cpu in ${all.join(' ')}; do
  [ -e ${portPath('$cpu')} ] || failed port "there is no ${portPath('$cpu')}"
done
if [ -e ${PIDS} ]; then kill -9 $(cat ${PIDS}) 2>/dev/null; rm -f ${PIDS}; fi
if [ -d $I ]; then
  for e in ${PROBE_NAMES.join(' ')}; do [ ! -e $I/events/${GROUP}/$e ] || echo 0 > $I/events/${GROUP}/$e/enable; done
  tries=0
  until rmdir $I 2>/dev/null; do
    tries=$((tries+1)); [ $tries -lt 200 ] || failed instance "$I of an earlier recorder cannot be removed"
    sleep 0.02
  done
fi
for e in ${PROBE_NAMES.join(' ')}; do
  [ ! -d $T/events/${GROUP}/$e ] || put probe $T/kprobe_events "-:${GROUP}/$e"
done
: > $T/error_log
mkdir $I || failed instance "cannot make $I"
put instance $I/trace_clock mono
put instance $I/buffer_size_kb ${bufferKiB}
put instance $I/tracing_on 1
if [ -d /sys/module/dm_log_userspace ]; then
${PROBE_NAMES.map((name) => `  put probe $T/kprobe_events '${withModule[name]}'`).join('\n')}
else
  put module $T/kprobe_events '${builtIn.consult}'
${PROBE_NAMES.filter((name) => name !== 'consult')
  .map((name) => `  put probe $T/kprobe_events '${builtIn[name]}'`)
  .join('\n')}
fi
put probe $I/events/${GROUP}/sent/filter '${SENT_FILTER}'
section header_page $T/events/header_page
section header_event $T/events/header_event
for e in ${PROBE_NAMES.join(' ')}; do section $e $T/events/${GROUP}/$e/format; done
section print $T/events/ftrace/print/format
for cpu in ${all.join(' ')}; do
  setsid perl -e '${READER}' $I/per_cpu/cpu$cpu/trace_pipe_raw ${portPath('$cpu')} '${preamble}' ${PAUSE_SECONDS} \\
    </dev/null >/dev/null 2>${complaintPath('$cpu')} &
  echo $! >> ${PIDS}
  { echo -1000 > /proc/$!/oom_score_adj; } 2>/dev/null
done
for e in ${PROBE_NAMES.join(' ')}; do put probe $I/events/${GROUP}/$e/enable 1; done
put stream ${MARKER_PATH} ${BEGIN_MARKER}
echo '== armed'
`;
}

/**
 * Marks the end, takes the probes away, then writes one more marker on each CPU: when these have arrived,
 * everything has. Prints what countsScript prints, twice, before and after that, with a line `== stopped` between.
 */
export function stopScript(cpus: number, drained: (cpu: number) => string): string {
  const lines = [...Array(cpus).keys()].map((cpu) => markOn(cpu, cpus, drained(cpu)));
  return `
${countsScript(cpus)}
echo ${END_MARKER} > ${MARKER_PATH}
for e in ${DISABLE_ORDER.join(' ')}; do echo 0 > ${INSTANCE}/events/${GROUP}/$e/enable; done
${lines.join('\n')}
echo '${STOPPED}'
${countsScript(cpus)}
`;
}

/** Stands between the counts before and after the probes were taken away. */
export const STOPPED = '== stopped';

/** As countsScript, and then a marker on each CPU: when these have arrived, so has everything that was counted. */
export function countsSoFarScript(cpus: number, counted: (cpu: number) => string): string {
  const lines = [...Array(cpus).keys()].map((cpu) => markOn(cpu, cpus, counted(cpu)));
  return [countsScript(cpus), ...lines].join('\n');
}

/** Writes one marker on each CPU. */
export function tickScript(cpus: number, text: string): string {
  return ['set -e', ...[...Array(cpus).keys()].map((cpu) => markOn(cpu, cpus, text))].join('\n');
}

/** Prints how often each probe fired and was missed, and what each ring buffer lost; see counts.ts. */
export function countsScript(cpus: number): string {
  const stats = [...Array(cpus).keys()].map(
    (cpu) => `echo '== stats ${cpu}'; cat ${INSTANCE}/per_cpu/cpu${cpu}/stats`,
  );
  return ['set -e', `echo '== profile'; cat ${TRACEFS}/kprobe_profile`, ...stats].join('\n');
}

/** Prints what the readers complained about. */
export function complaintsScript(cpus: number): string {
  return `cat ${[...Array(cpus).keys()].map(complaintPath).join(' ')} 2>/dev/null; true`;
}

function markOn(cpu: number, cpus: number, text: string): string {
  const write = `echo ${text} > ${MARKER_PATH}`;
  return cpus === 1 ? write : `taskset -c ${cpu} sh -c '${write}'`;
}

function portPath(cpu: string): string {
  return `/dev/virtio-ports/${GROUP}.recorder.${cpu}`;
}

/** Cuts the output of these scripts into its `== name` sections. */
export function sections(output: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const part of output.split(/^== /m).slice(1)) {
    const end = part.indexOf('\n');
    found.set(end === -1 ? part : part.slice(0, end), end === -1 ? '' : part.slice(end + 1));
  }
  return found;
}
