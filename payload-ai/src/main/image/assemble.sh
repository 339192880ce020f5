#!/bin/sh
# Assembles the flight image: assemble.sh SOURCE_DIR TARGET_DIR JAR_TOOL. Called by the build; TARGET_DIR/image-lib holds the jars.
set -eu
source=$1 target=$2 jar=$3
image=$target/image
rm -rf "$image"
mkdir -p "$image/lib" "$image/native"
cp "$target"/image-lib/*.jar "$target"/payload-ai-*.jar "$image/lib/"
cp "$source/image/launch.sh" "$source"/image/*.options "$image/"
cp -R "$source/image/bin" "$source/models" "$source/missions" "$image/"
chmod 755 "$image"/bin/*
unpack() { # unpack JAR FOLDER_IN_JAR: native libraries lie in the open, so that no process unpacks its own
  scratch=$target/image-unpack
  rm -rf "$scratch" && mkdir -p "$scratch"
  (cd "$scratch" && "$jar" xf "$1" "$2")
  mkdir -p "$image/native/${2##*/}"
  cp "$scratch/$2"/*.so "$image/native/${2##*/}/"
  rm -rf "$scratch"
}
for arch in linux-x64 linux-aarch64; do
  unpack "$(ls "$image"/lib/onnxruntime-*.jar)" "ai/onnxruntime/native/$arch"
done
for arch in linux-x86-64 linux-aarch64; do
  unpack "$(ls "$image"/lib/jna-*.jar)" "com/sun/jna/$arch"
done
# what the flight checks itself against, and anybody else with sha256sum -c
(cd "$image" && find . -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs sha256sum >"$target/SHA256SUMS" && mv "$target/SHA256SUMS" .)
