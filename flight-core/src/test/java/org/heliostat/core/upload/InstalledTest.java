package org.heliostat.core.upload;

import static org.assertj.core.api.Assertions.assertThat;

import org.heliostat.protocol.InstalledFile;
import org.heliostat.protocol.InstalledList;
import org.junit.jupiter.api.Test;

class InstalledTest {
  private static InstalledList.Builder full() {
    InstalledList.Builder list = InstalledList.newBuilder();
    for (int i = 0; i < Installed.MOST; i++) {
      list.addFiles(InstalledFile.newBuilder().setPath("f" + i).setVersion(2));
    }
    return list;
  }

  @Test
  void aListThatIsFullForgetsNoPathForANewOne() {
    Installed installed = new Installed(full().build());
    assertThat(installed.problem("new", 1)).contains("1024 paths have had a file already");
    assertThat(installed.problem("f1023", 2)).isEmpty();
    assertThat(installed.allow("f0", 1)).isEmpty();
    assertThat(installed.problem("f0", 1)).isEmpty();
  }

  @Test
  void norDoesOneThatHasLostWhatStoodInIt() {
    Installed installed = new Installed(full().setLost(true).build());
    assertThat(installed.allow("new", 1)).contains("1024 paths have had a file already");
    assertThat(installed.problem("new", 1)).get().asString().contains("RollBackFile");
  }
}
