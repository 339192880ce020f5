# Sourced by the image's executables: where the image is, which java, and how a JVM of any release from 17 on is started.
here=$(cd "$(dirname "$0")/.." && pwd)
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
case $(uname -m) in
  x86_64) onnx=linux-x64 jna=linux-x86-64 ;;
  aarch64) onnx=linux-aarch64 jna=linux-aarch64 ;;
  *) echo "the image has no native libraries for $(uname -m)" >&2; exit 2 ;;
esac
# nothing that the environment happens to hold
before=
# in a fixed order: an archive of classes fits one class path alone
classes=
for jar in "$here"/lib/*.jar; do
  classes=$classes${classes:+:}$jar
done
# by way of $before, where it names a program that changes something first
launch() {
  exec $before "$java" "@$here/jvm.options" -Dheliostat.image="$here" \
    -Donnxruntime.native.path="$here/native/$onnx" \
    -Djna.boot.library.path="$here/native/$jna" -Djna.nounpack=true \
    -cp "$classes" "$@"
}
