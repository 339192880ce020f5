package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyFileTest {
  private static final byte[] SECRET = new byte[LinkKey.SECRET_BYTES];

  @TempDir private Path folder;
  private Path path = Path.of("");
  private KeyFile file = new KeyFile(path, SECRET, bytes -> {});

  @BeforeEach
  void place() {
    path = folder.resolve("keys.bin");
    file = new KeyFile(path, SECRET, new Random(1)::nextBytes);
  }

  private static KeyFile.Entry key(int id, boolean unproven) {
    byte[] secret =
        "a secret of thirty-two bytes: %03d"
            .formatted(id % 1000)
            .getBytes(StandardCharsets.US_ASCII);
    return new KeyFile.Entry(new LinkKey(id, Arrays.copyOf(secret, 32)), unproven);
  }

  private static List<String> ids(Optional<List<KeyFile.Entry>> keys) {
    return keys.stream()
        .flatMap(List::stream)
        .map(entry -> entry.key().id() + (entry.unproven() ? " unproven" : ""))
        .toList();
  }

  @Test
  void keepsKeysForTheirOwnerAlone() throws IOException {
    assertThat(file.exists()).isFalse();
    assertThat(file.read()).isEmpty();
    file.write(List.of(key(257, false), key(258, true)));
    assertThat(ids(file.read())).containsExactly("257", "258 unproven");
    assertThat(file.read().orElseThrow().get(0).key().secret())
        .isEqualTo(key(257, false).key().secret());
    file.write(List.of(key(258, false)));
    assertThat(ids(file.read())).containsExactly("258");
    for (String name : List.of("keys.bin", "keys.bin.bak")) {
      Path one = folder.resolve(name);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(one)))
          .isEqualTo("rw-------");
      assertThat(new String(Files.readAllBytes(one), StandardCharsets.ISO_8859_1))
          .doesNotContain("thirty-two");
    }
    assertThat(folder.resolve("keys.bin.new")).doesNotExist();
  }

  @Test
  void damageAnywhereFallsBackToTheCopyWhichKnowsNoKeyThatIsGone() throws IOException {
    file.write(List.of(key(257, false)));
    file.write(List.of(key(258, false)));
    byte[] whole = Files.readAllBytes(path);
    for (int at = 0; at < whole.length; at++) {
      byte[] changed = whole.clone();
      changed[at] ^= 4;
      Files.write(path, changed);
      assertThat(ids(file.read())).as("byte %d", at).containsExactly("258");
      Files.write(path, Arrays.copyOf(whole, at));
      assertThat(ids(file.read())).as("cut at %d", at).containsExactly("258");
    }
    Files.delete(path);
    assertThat(ids(file.read())).containsExactly("258");
    assertThat(file.exists()).isTrue();
  }

  /** Writes, and is cut off before the copy; what random numbers are for is the seal of each. */
  private void writeUpToTheCopy(List<KeyFile.Entry> keys) {
    AtomicInteger seals = new AtomicInteger();
    KeyFile cut =
        new KeyFile(
            path,
            SECRET,
            bytes -> {
              if (seals.incrementAndGet() == 2) {
                throw new UncheckedIOException(new IOException("the power goes"));
              }
            });
    assertThatThrownBy(() -> cut.write(keys)).isInstanceOf(UncheckedIOException.class);
  }

  @Test
  void aWriteThatIsCutOffBeforeTheCopyLeavesTheKeysBefore() throws IOException {
    file.write(List.of(key(257, false)));
    writeUpToTheCopy(List.of(key(258, false)));
    assertThat(ids(file.read())).containsExactly("258");
    Files.delete(path);
    assertThat(ids(file.read())).containsExactly("257");
  }

  @Test
  void aDamagedFileDoesNotTakeThePlaceOfTheGoodOneBefore() throws IOException {
    file.write(List.of(key(257, false)));
    Files.write(path, new byte[10]);
    writeUpToTheCopy(List.of(key(259, false)));
    Files.delete(path);
    assertThat(ids(file.read())).containsExactly("257");
  }

  @Test
  void whatIsNoKeyFileIsNone() throws IOException {
    Files.createDirectory(path);
    assertThat(file.read()).isEmpty();
    Files.delete(path);
    Files.write(path, new byte[4096]);
    assertThat(file.read()).isEmpty();
    file.write(Collections.nCopies(32, key(257, false)));
    assertThat(ids(file.read())).hasSize(32);
    assertThatThrownBy(() -> file.write(Collections.nCopies(33, key(257, false))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(ids(file.read())).hasSize(32);
  }

  @Test
  void anotherSecretOpensNothing() throws IOException {
    file.write(List.of(key(257, false)));
    byte[] other = SECRET.clone();
    other[31] = 1;
    assertThat(new KeyFile(path, other, bytes -> {}).read()).isEmpty();
  }

  private static byte[] secretOf(KeyFile closed) throws ReflectiveOperationException {
    Field field = KeyFile.class.getDeclaredField("sealSecret");
    field.setAccessible(true);
    return (byte[]) field.get(closed);
  }

  @Test
  void theSecretIsWipedAtTheEndAndNothingIsSealedWithWhatIsLeft() throws Exception {
    Path secret = folder.resolve("secret");
    KeyFile.makeSecret(secret, new Random(3)::nextBytes);
    KeyFile closed = KeyFile.open(path, secret, new Random(1)::nextBytes);
    closed.write(List.of(key(257, false)));
    closed.close();
    assertThat(secretOf(closed)).containsOnly(0);
    byte[] left = Files.readAllBytes(path);
    assertThatThrownBy(closed::read).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> closed.write(List.of(key(258, false))))
        .isInstanceOf(IllegalStateException.class);
    assertThat(path).hasBinaryContent(left);
  }

  @Test
  void aWriteThatIsUnderWayAtTheEndIsWhole() throws IOException {
    byte[] secret = SECRET.clone();
    secret[0] = 1;
    List<KeyFile> hangs = new ArrayList<>();
    // random numbers are asked for in the middle of it
    hangs.add(new KeyFile(path, secret, bytes -> hangs.get(0).close()));
    hangs.get(0).write(List.of(key(257, false)));
    assertThat(ids(new KeyFile(path, secret, bytes -> {}).read())).containsExactly("257");
    Files.delete(path);
    assertThat(ids(new KeyFile(path, secret, bytes -> {}).read())).containsExactly("257");
  }

  @Test
  void aSecretStandsInAFileOfItsOwn() throws IOException {
    Path secret = folder.resolve("secret");
    KeyFile.makeSecret(secret, new Random(3)::nextBytes);
    byte[] expected = new byte[LinkKey.SECRET_BYTES];
    new Random(3).nextBytes(expected);
    assertThat(KeyFile.readSecret(secret)).isEqualTo(expected);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(secret)))
        .isEqualTo("rw-------");
    Files.write(secret, new byte[31]);
    assertThatThrownBy(() -> KeyFile.readSecret(secret)).isInstanceOf(IOException.class);
  }
}
