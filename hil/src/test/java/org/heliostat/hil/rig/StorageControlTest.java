package org.heliostat.hil.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.heliostat.protocol.Scenario.FaultKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StorageControlTest {
  @TempDir private Path folder = Path.of("");

  private static long word(Path file, int index) throws IOException {
    return ByteBuffer.wrap(Files.readAllBytes(file))
        .order(ByteOrder.nativeOrder())
        .getLong(8 * index);
  }

  @Test
  void theDiskReadsWhatIsWrongAndHowMuch() throws IOException {
    Path file = Files.write(folder.resolve("storage"), new byte[16]);
    StorageControl control = StorageControl.open(file);
    control.set(FaultKind.DISK_SLOW, 700.4);
    assertThat(word(file, 0)).isEqualTo(1);
    assertThat(word(file, 1)).isEqualTo(700);
    control.set(FaultKind.DISK_HUNG, 0);
    assertThat(word(file, 0)).isEqualTo(5);
    control.clear();
    assertThat(word(file, 0)).isZero();
  }

  @Test
  void itPlaysFaultsOfTheDiskAndNoOther() throws IOException {
    StorageControl control =
        StorageControl.open(Files.write(folder.resolve("storage"), new byte[16]));
    for (FaultKind kind : FaultKind.values()) {
      assertThat(control.plays(kind)).as(kind.name()).isEqualTo(kind.name().startsWith("DISK_"));
    }
  }

  @Test
  void aFileOfAnotherSizeIsRefused() throws IOException {
    Path file = Files.write(folder.resolve("storage"), new byte[8]);
    assertThatThrownBy(() -> StorageControl.open(file)).isInstanceOf(IOException.class);
  }
}
