# Runs PostgreSQL, and stops it when the program that owns it asks or dies, however suddenly.
#
# Arguments:       the data folder, the log, the folder to delete at the end (or nothing), how many seconds a server may
#                  take to end before it must drop everything, then the server's command.
# Standard input:  a pipe whose other end only the owner holds, who never writes. Its end means: stop.
# Standard output: the locked file of the data folder. Nothing is written to it; that this shell and every server process
#                  keep it open keeps the folder locked until the last of them has ended.
cluster=$1 log=$2 delete=$3 grace=$4
shift 4

# A service manager may signal all processes at once. The server must not lose its keeper.
trap '' HUP INT TERM
exec 3<&0 </dev/null 2>>"$log"

"$@" 3<&- 4>&1 >>"$log" 2>&1 &
postgres=$!

# Whether $postgres is still the server. While this shell lives, its child's number cannot have gone to anybody else. Should
# somebody have killed this shell, the server's own note must name the number.
is_ours() {
    kill -s 0 "$$" || { read -r noted <"$cluster/postmaster.pid" && [ "$noted" = "$postgres" ]; }
}

{
    read -r _ <&3
    signal=INT seconds=0
    # Again each second: a server that has only just been started does not hear the first ones.
    while is_ours && kill -s "$signal" "$postgres"; do
        sleep 1
        seconds=$((seconds + 1))
        [ "$seconds" -lt "$grace" ] || signal=QUIT
    done
} >/dev/null 2>&1 &
listener=$!
exec 3<&-

wait "$postgres"
status=$?
kill -s KILL "$listener" 2>/dev/null
# What failed is left to be looked at.
[ -z "$delete" ] || [ "$status" -ne 0 ] || rm -rf -- "$delete"
exit "$status"
