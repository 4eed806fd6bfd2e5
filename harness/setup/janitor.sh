# The janitor: ends and removes what its owner left behind. Started by janitor.mjs, which tells why and when.
#
# $1: the owner's mark; processes that it started, and theirs, have ULOGCHECK_OWNER=$1 in their environment.
# fd 3: the ledger, with lines
#   +s PID STARTTIME   an owned process, leader of a session of its own (STARTTIME: field 22 of /proc/PID/stat)
#   +p PATH            a file or directory to remove
# Lines that begin otherwise are struck out; one without a newline was never finished.
# fd 4: a pipe whose other end only the owner holds.
#
# It is a pair: the process that the owner started has a copy do the work, and another one when somebody kills that;
# when the first is killed, the owner starts another pair, and until then the copy is there. So there is no moment at
# which the death of one of them, and the owner's right after it, leaves nobody.

gone() { [ ! -e "$1" ] && [ ! -L "$1" ]; }

# Removes a file or tree. Never crosses into another file system: a bind mount in a half-made root file system
# must not take the host's files with it. What does not go is tried again after giving ourselves the right to
# write to its directories, and again with our subordinate uids mapped, because tools that build root file
# systems in a user namespace leave files of those.
remove() {
  gone "$1" && return
  rm -rf --one-file-system -- "$1" 2>/dev/null
  gone "$1" && return
  chmod -R u+rwX -- "$1" 2>/dev/null
  rm -rf --one-file-system -- "$1" 2>/dev/null
  gone "$1" && return
  unshare --user --map-root-user --map-auto rm -rf --one-file-system -- "$1" 2>/dev/null
}

# "stat PID" sets state, session and start. The name in the second field may contain anything, even newlines.
stat() {
  text=
  { while IFS= read -r part; do text="$text $part"; done <"/proc/$1/stat"; } 2>/dev/null
  set -- ${text##*) }
  [ $# -ge 20 ] || return 1
  state=$1 session=$4 start=${20}
}

# Kills the living members of our sessions and whoever carries our mark; true when there was none.
#
# A session whose leader's number now belongs to a process with another start time was over long ago: left alone.
# If there is no process of that number, members that are left are ours, because the kernel does not give a
# number away again while a session carries it. The mark finds those that made a session of their own (daemons).
sweep() {
  none=0
  ours=' '
  for entry in $sessions; do
    leader=${entry%:*}
    if stat "$leader"; then
      [ "$start" = "${entry#*:}" ] || continue
      kill -s KILL -- "-$leader" 2>/dev/null
    fi
    ours="$ours$entry "
  done
  sessions=$ours
  if [ "$sessions" != ' ' ]; then
    for directory in /proc/[0-9]*; do
      pid=${directory#/proc/}
      stat "$pid" || continue
      case $state in Z | X) continue ;; esac
      case $sessions in *" $session:"*) ;; *) continue ;; esac
      since=${sessions#*" $session:"}
      [ "$start" -ge "${since%% *}" ] || continue
      kill -s KILL "$pid" 2>/dev/null
      none=1
    done
  fi
  for file in $(grep -lzsxF -- "ULOGCHECK_OWNER=$mark" /proc/[0-9]*/environ); do
    pid=${file#/proc/}
    kill -s KILL "${pid%/environ}" 2>/dev/null
    none=1
  done
  return $none
}

# Waits until the owner is gone; then ends and removes what it left. May be done by two at a time: an old pair's copy,
# and the new pair's.
work() {
  # Nothing is ever written to the pipe.
  while IFS= read -r line; do :; done <&4
  exec 4<&-

  sessions=' ' # " PID:STARTTIME PID:STARTTIME ... "
  while IFS= read -r line; do
    case $line in
    '+s '*)
      set -- $line
      [ "$2" -gt 1 ] && sessions="$sessions$2:$3 "
      ;;
    esac
  done </proc/self/fd/3

  # Death by SIGKILL takes a moment, and files must not be removed under a process that still makes new ones.
  rounds=0
  until sweep || [ $rounds -ge 200 ]; do
    rounds=$((rounds + 1))
    sleep 0.02
  done

  while IFS= read -r line; do
    case $line in '+p /'?*) remove "${line#+p }" ;; esac
  done </proc/self/fd/3
}

main() {
  mark=$1
  # Whatever ends our owner (Ctrl-C, hang-up) must not end us.
  trap '' HUP INT TERM QUIT PIPE
  until (
    work
    exit 0
  ); do :; done
}

# In a function, and left on the same line, so that sh has read all of this file before it waits: the file may
# change in the meantime.
main "$1"; exit
