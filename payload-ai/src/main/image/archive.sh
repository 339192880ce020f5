#!/bin/sh
# Makes the class-data archive of the flight process: archive.sh IMAGE JAVA. Called by the build, and on a board whose JVM is another one.
# A flight without devices is flown for some seconds, after the image's missions were read; the classes that it has loaded, verified and linked are kept in a form that the JVM
# maps at the next start. A JVM that the archive does not fit starts without it.
set -eu
image=$(cd "$1" && pwd) java=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cat >"$scratch/mission.textproto" <<'END'
name: "rehearsal" spacecraft_id: 1
apps { name: "hardware" } apps { name: "time" } apps { name: "survival" } apps { name: "telemetry" } apps { name: "sequences" }
apps { name: "limits" } apps { name: "protection" } apps { name: "files" } apps { name: "uploads" } apps { name: "scrub" } apps { name: "link" }
END
"$java" -cp "$image/lib/*" org.heliostat.protocol.KeyMaker "$scratch/keys" "$scratch/station"
rm -f "$image/flight.jsa" "$image/flight.jsa.sha256"
: >"$scratch/log"
unset HELIOSTAT_RIG_WORLD JAVA_TOOL_OPTIONS
JAVA_HOME=$(cd "$(dirname "$java")/.." && pwd) HELIOSTAT_ARCHIVE=$scratch/flight.jsa "$image/bin/flight" \
  --mission "$scratch/mission.textproto" --data "$scratch/data" --run "$scratch" --keys "$scratch/keys" --broker tcp://127.0.0.1:9 >"$scratch/log" 2>&1 &
flight=$!
seconds=0
until grep -q "core/OPERATIONAL" "$scratch/log"; do
  if [ $seconds -ge 60 ] || ! kill -0 $flight 2>/dev/null; then
    kill $flight 2>/dev/null || true
    echo "the flight for the class-data archive has not come into operation:" >&2
    tail -n 20 "$scratch/log" >&2
    exit 1
  fi
  sleep 1
  seconds=$((seconds + 1))
done
kill -TERM $flight
wait $flight || true
if [ -s "$scratch/flight.jsa" ]; then
  (cd "$scratch" && sha256sum flight.jsa) >"$image/flight.jsa.sha256"
  mv "$scratch/flight.jsa" "$image/flight.jsa"
else
  echo "no class-data archive was made; flight starts without it" >&2
  tail -n 5 "$scratch/log" >&2
fi
