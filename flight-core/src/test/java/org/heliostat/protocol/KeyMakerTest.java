package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyMakerTest {
  @TempDir private Path folder;

  private List<KeyFile.Entry> keys(String name, String file) throws IOException {
    byte[] secret = KeyFile.readSecret(folder.resolve(name).resolve(KeyFile.SECRET));
    return new KeyFile(folder.resolve(name).resolve(file), secret, bytes -> {})
        .read()
        .orElseThrow();
  }

  @Test
  void boardAndStationHaveTheSameKeysUnderSecretsOfTheirOwn() throws IOException {
    KeyMaker.make(folder.resolve("board"), folder.resolve("station"));
    List<KeyFile.Entry> board = keys("board", KeyFile.LAUNCHED);
    List<KeyFile.Entry> station = keys("station", KeyFile.STATION);
    assertThat(board).hasSize(5);
    for (int i = 0; i < board.size(); i++) {
      assertThat(board.get(i).unproven()).isFalse();
      assertThat(station.get(i).key().id()).isEqualTo(board.get(i).key().id());
      assertThat(station.get(i).key().secret()).isEqualTo(board.get(i).key().secret());
    }
    assertThat(board.get(0).key().secret()).isNotEqualTo(board.get(1).key().secret());
    assertThat(KeyFile.readSecret(folder.resolve("board/secret")))
        .isNotEqualTo(KeyFile.readSecret(folder.resolve("station/secret")));
    // keys that fly are not written over
    assertThatThrownBy(() -> KeyMaker.make(folder.resolve("board"), folder.resolve("other")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("already");
  }
}
