package org.heliostat.hil.power;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VolatileDiskTest {
  private static final int SECTOR = VolatileDisk.SECTOR;
  private static final int SECTORS = 64;

  @TempDir private Path folder = Path.of("");
  private Path image = folder;

  @BeforeEach
  void make() throws IOException {
    image = Files.write(folder.resolve("disk.img"), new byte[SECTORS * SECTOR]);
  }

  private static byte[] filled(int sectors, int value) {
    byte[] bytes = new byte[sectors * SECTOR];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  private byte onImage(int sector) throws IOException {
    return Files.readAllBytes(image)[sector * SECTOR];
  }

  @Test
  void whatWasWrittenIsReadAlsoWhereOnlyThePartOfARead() throws Exception {
    try (VolatileDisk disk = new VolatileDisk(image)) {
      disk.write(2 * SECTOR, filled(2, 7));
      byte[] read = disk.read(SECTOR, 4 * SECTOR);
      assertThat(read[0]).isZero();
      assertThat(read[SECTOR]).isEqualTo((byte) 7);
      assertThat(read[3 * SECTOR - 1]).isEqualTo((byte) 7);
      assertThat(read[3 * SECTOR]).isZero();
      assertThat(disk.bytes()).isEqualTo(SECTORS * SECTOR);
    }
  }

  @Test
  void onlyAFlushBringsItToTheImage() throws Exception {
    try (VolatileDisk disk = new VolatileDisk(image)) {
      disk.write(0, filled(1, 7));
      assertThat(onImage(0)).isZero();
      disk.flush();
      assertThat(onImage(0)).isEqualTo((byte) 7);
    }
  }

  @Test
  void aCutKeepsWhatWasFlushedAndTakesAnyOfTheRest() throws Exception {
    Set<Integer> kept = new HashSet<>();
    for (int seed = 0; seed < 60; seed++) {
      make();
      try (VolatileDisk disk = new VolatileDisk(image)) {
        disk.write(0, filled(4, 1));
        disk.flush();
        disk.write(4 * SECTOR, filled(8, 2));
        VolatileDisk.Cut cut = disk.cut(new Random(seed));
        assertThat(cut.unflushed()).isEqualTo(8);
        int there = 0;
        for (int sector = 0; sector < 12; sector++) {
          if (sector < 4) {
            assertThat(onImage(sector)).isEqualTo((byte) 1);
          } else {
            there += onImage(sector) == 2 ? 1 : 0;
          }
        }
        assertThat(there).isEqualTo(8 - cut.lost());
        kept.add(there);
      }
    }
    // nothing, all, and halves
    assertThat(kept).contains(0, 8).hasSizeGreaterThan(4);
  }

  @Test
  void aCutTakesAWriteOverAFlushedSectorBack() throws Exception {
    int old = 0;
    for (int seed = 0; seed < 20; seed++) {
      make();
      try (VolatileDisk disk = new VolatileDisk(image)) {
        disk.write(0, filled(1, 1));
        disk.flush();
        disk.write(0, filled(1, 2));
        VolatileDisk.Cut cut = disk.cut(new Random(seed));
        assertThat(onImage(0)).isEqualTo((byte) (cut.lost() == 1 ? 1 : 2));
        old += cut.lost();
      }
    }
    assertThat(old).isBetween(1, 19);
  }

  @Test
  void withoutPowerNothingWorks() throws Exception {
    try (VolatileDisk disk = new VolatileDisk(image)) {
      VolatileDisk.Cut cut = disk.cut(new Random(1));
      assertThat(cut).isEqualTo(new VolatileDisk.Cut(0, 0));
      assertThatThrownBy(() -> disk.read(0, SECTOR)).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> disk.write(0, filled(1, 1))).isInstanceOf(IOException.class);
      assertThatThrownBy(disk::flush).isInstanceOf(IOException.class);
    }
  }

  @Test
  void placesThatAreNoneAreRefused() throws Exception {
    try (VolatileDisk disk = new VolatileDisk(image)) {
      for (long offset : new long[] {-SECTOR, 1, (long) SECTORS * SECTOR}) {
        assertThatThrownBy(() -> disk.read(offset, SECTOR)).isInstanceOf(IOException.class);
      }
      assertThatThrownBy(() -> disk.write(0, new byte[3])).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> disk.read(0, -SECTOR)).isInstanceOf(IOException.class);
    }
    Path odd = Files.write(folder.resolve("odd.img"), new byte[700]);
    assertThatThrownBy(() -> new VolatileDisk(odd)).isInstanceOf(IOException.class);
  }
}
