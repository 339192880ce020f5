# Sourced by the image's executables: where the image is, which java, and how a JVM of any release from 17 on is started.
here=$(cd "$(dirname "$0")/.." && pwd)
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
case $(uname -m) in
  x86_64) onnx=linux-x64 jna=linux-x86-64 ;;
  aarch64) onnx=linux-aarch64 jna=linux-aarch64 ;;
  *) echo "the image has no native libraries for $(uname -m)" >&2; exit 2 ;;
esac
# in a fixed order: an archive of classes fits one class path alone
classes=
for jar in "$here"/lib/*.jar; do
  classes=$classes${classes:+:}$jar
done
# at a lower priority where $lower says by how much
launch() {
  exec ${lower:+nice -n "$lower"} "$java" -XX:+IgnoreUnrecognizedVMOptions --enable-native-access=ALL-UNNAMED \
    --sun-misc-unsafe-memory-access=allow -XX:+UseSerialGC -XX:-UsePerfData -XX:+ExitOnOutOfMemoryError \
    -Djava.awt.headless=true -Dheliostat.image="$here" \
    -Donnxruntime.native.path="$here/native/$onnx" \
    -Djna.boot.library.path="$here/native/$jna" -Djna.nounpack=true \
    -cp "$classes" "$@"
}
