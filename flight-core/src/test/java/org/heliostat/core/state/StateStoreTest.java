package org.heliostat.core.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.heliostat.core.file.CheckedFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateStoreTest {
  @TempDir private Path folder;

  @Test
  void whatIsUpdatedNowIsThereAfterARestart() throws Exception {
    Path file = folder.resolve("state.bin");
    StateStore store = StateStore.open(file);
    assertThat(store.lost()).isFalse();
    store.updateNow(next -> next.setBoots(7));
    store.update(next -> next.setBoots(8));
    assertThat(store.get().getBoots()).isEqualTo(8);
    assertThat(StateStore.open(file).get().getBoots()).isEqualTo(7);
  }

  @Test
  void aStateThatDoesNotReadIsLostAndBegunAnew() throws Exception {
    Path file = folder.resolve("state.bin");
    // whole, but no state
    new CheckedFile(file).write(new byte[] {-1, -1, -1});
    StateStore store = StateStore.open(file);
    assertThat(store.lost()).isTrue();
    assertThat(store.get().getBoots()).isZero();
  }

  @Test
  void whatCouldNotBeWrittenIsWrittenWithTheNextSave() throws Exception {
    Path later = folder.resolve("later");
    StateStore store = StateStore.open(later.resolve("state.bin"));
    assertThatThrownBy(() -> store.updateNow(next -> next.setBoots(3)))
        .isInstanceOf(IOException.class);
    assertThat(store.get().getBoots()).isEqualTo(3);
    Files.createDirectories(later);
    store.save();
    assertThat(StateStore.open(later.resolve("state.bin")).get().getBoots()).isEqualTo(3);
  }
}
