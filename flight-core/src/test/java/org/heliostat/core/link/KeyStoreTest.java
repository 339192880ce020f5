package org.heliostat.core.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.heliostat.core.file.Changes;
import org.heliostat.core.file.Disk;
import org.heliostat.protocol.KeyFile;
import org.heliostat.protocol.LinkKey;
import org.heliostat.protocol.Role;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class KeyStoreTest {
  @TempDir private Path folder;
  private final GroundSeal ground = new GroundSeal();

  @Test
  void beginsWithTheKeysOfTheLaunch() throws IOException {
    try (KeyStore keys = ground.store(folder)) {
      assertThat(keys.status().getGoodList()).containsExactly(257, 513, 769, 1025, 1281);
      assertThat(keys.status().getUnprovenList()).isEmpty();
      assertThat(keys.asLaunched()).isFalse();
      assertThat(keys.station().orElseThrow().id()).isEqualTo(1281);
      assertThat(keys.key(258)).isEmpty();
      assertThat(keys.key(0)).isEmpty();
    }
  }

  @Test
  void bothKeysAreGoodUntilTheNewOneHasProvenItself() throws IOException {
    try (KeyStore keys = ground.store(folder)) {
      keys.load(258, GroundSeal.secret(40));
      assertThat(keys.key(257)).isPresent();
      assertThat(keys.key(258)).isPresent();
      assertThat(keys.proven(keys.key(257).orElseThrow())).isFalse();
      assertThat(keys.status().getUnprovenList()).containsExactly(258);
    }
    // a boot in between changes nothing
    try (KeyStore keys = ground.store(folder)) {
      assertThat(keys.status().getUnprovenList()).containsExactly(258);
      LinkKey fresh = keys.key(258).orElseThrow();
      assertThat(keys.proven(fresh)).isTrue();
      assertThat(keys.proven(fresh)).isFalse();
      assertThat(keys.key(257)).isEmpty();
    }
    try (KeyStore keys = ground.store(folder)) {
      assertThat(keys.status().getGoodList()).containsExactly(258, 513, 769, 1025, 1281);
      assertThat(keys.key(257)).isEmpty();
    }
    // no copy brings the old one back
    Files.delete(folder.resolve("keys.bin"));
    try (KeyStore keys = ground.store(folder)) {
      assertThat(keys.key(257)).isEmpty();
      assertThat(keys.key(258)).isPresent();
    }
  }

  @Test
  void aSecondKeyTakesThePlaceOfOneThatHasNotProvenItself() throws IOException {
    try (KeyStore keys = ground.store(folder)) {
      keys.load(258, GroundSeal.secret(40));
      keys.load(258, GroundSeal.secret(41));
      assertThat(keys.key(258).orElseThrow().secret()).containsOnly(41);
      keys.load(1282, GroundSeal.secret(42));
      assertThat(keys.station().orElseThrow().id()).isEqualTo(1281);
      assertThat(keys.proven(keys.key(1282).orElseThrow())).isTrue();
      assertThat(keys.station().orElseThrow().id()).isEqualTo(1282);
      assertThat(keys.status().getUnprovenList()).containsExactly(258);
    }
  }

  @Test
  void whatCannotBeStoredIsNotTaken() throws IOException {
    Path gone = folder.resolve("gone");
    Files.createDirectories(gone);
    KeyFile file = new KeyFile(gone.resolve("keys.bin"), GroundSeal.BOARD_SECRET, bytes -> {});
    try (KeyStore keys =
        KeyStore.open(
            file,
            ground.launched(folder),
            new Disk("key-disk", 2, Disk.DEADLINE_NANOS),
            new Changes())) {
      Files.delete(gone);
      assertThatThrownBy(() -> keys.load(258, GroundSeal.secret(40)))
          .isInstanceOf(IOException.class);
      assertThat(keys.key(258)).isEmpty();
      Files.createDirectories(gone);
      keys.load(258, GroundSeal.secret(40));
      LinkKey fresh = keys.key(258).orElseThrow();
      Files.delete(gone.resolve("keys.bin"));
      Files.delete(gone.resolve("keys.bin.bak"));
      Files.delete(gone);
      assertThatThrownBy(() -> keys.proven(fresh)).isInstanceOf(IOException.class);
      assertThat(keys.key(257)).isPresent();
      assertThat(keys.key(258)).isPresent();
      Files.createDirectories(gone);
      assertThat(keys.proven(fresh)).isTrue();
    }
  }

  private static boolean loads(KeyStore keys, int id) {
    try {
      keys.load(id, GroundSeal.secret(42));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Else it could be done after the one that follows it, and bring the key before back. */
  @Test
  @Timeout(60)
  void nothingIsStoredBesideAWriteThatHangs() throws Exception {
    CountDownLatch hangs = new CountDownLatch(1);
    KeyFile file =
        new KeyFile(
            folder.resolve("keys.bin"),
            GroundSeal.BOARD_SECRET,
            bytes -> {
              try {
                boolean unused = hangs.await(60, TimeUnit.SECONDS);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    Changes changes = new Changes();
    try (KeyStore keys =
        KeyStore.open(
            file, ground.launched(folder), new Disk("key-disk", 2, 100_000_000L), changes)) {
      assertThatThrownBy(() -> keys.load(258, GroundSeal.secret(40))).isInstanceOf(Disk.Hung.class);
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> keys.load(258, GroundSeal.secret(41)))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("a change before this one may still be made");
      }
      assertThat(keys.key(257)).isPresent();
      assertThat(keys.key(258)).isEmpty();
      hangs.countDown();
      // once the late write has come back the next one is let in
      while (!loads(keys, 258)) {
        Thread.onSpinWait();
      }
    } finally {
      hangs.countDown();
    }
  }

  @Test
  void lostKeysAreToldOfAndThoseOfTheLaunchHold() throws IOException {
    try (KeyStore keys = ground.store(folder)) {
      keys.load(258, GroundSeal.secret(40));
      assertThat(keys.proven(keys.key(258).orElseThrow())).isTrue();
    }
    for (String name : List.of("keys.bin", "keys.bin.bak")) {
      Files.write(folder.resolve(name), new byte[50]);
    }
    try (KeyStore keys = ground.store(folder)) {
      assertThat(keys.asLaunched()).isTrue();
      assertThat(keys.key(257)).isPresent();
    }
  }

  @Test
  void withoutAnyKeysThereIsNoStore() {
    KeyFile none =
        new KeyFile(folder.resolve("none"), GroundSeal.BOARD_SECRET, new Random(1)::nextBytes);
    assertThatThrownBy(
            () ->
                KeyStore.open(
                    none, none, new Disk("key-disk", 2, Disk.DEADLINE_NANOS), new Changes()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("keys of the link");
    assertThatThrownBy(none::read).hasMessageContaining("closed");
  }

  @Test
  void itsFileEndsWithIt() throws IOException {
    KeyFile file =
        new KeyFile(folder.resolve("keys.bin"), GroundSeal.BOARD_SECRET, new Random(7)::nextBytes);
    KeyStore keys =
        KeyStore.open(
            file,
            ground.launched(folder),
            new Disk("key-disk", 2, Disk.DEADLINE_NANOS),
            new Changes());
    keys.load(258, GroundSeal.secret(40));
    keys.close();
    assertThatThrownBy(file::read).hasMessageContaining("closed");
  }

  @Test
  void everyRoleHasAKeyOfItsOwn() throws IOException {
    try (KeyStore keys = ground.store(folder)) {
      for (int id : keys.status().getGoodList()) {
        Role role = LinkKey.role(id).orElseThrow();
        assertThat(keys.key(id).orElseThrow().secret()).containsOnly(role.getNumber());
      }
    }
  }
}
