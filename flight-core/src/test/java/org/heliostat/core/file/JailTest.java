package org.heliostat.core.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JailTest {
  @TempDir Path folder;

  private Jail jail() throws Exception {
    Files.createDirectories(folder.resolve("files/sub"));
    Files.writeString(folder.resolve("files/a"), "a");
    Files.writeString(folder.resolve("secret"), "s");
    return new Jail(folder.resolve("files"));
  }

  private void refused(Jail jail, String path, String why) {
    assertThatThrownBy(() -> jail.resolve(path))
        .isInstanceOf(Jail.Refused.class)
        .hasMessageContaining(why);
  }

  @Test
  void letsInWhatLiesInIt() throws Exception {
    Jail jail = jail();
    assertThat(jail.resolve("")).isEqualTo(jail.root());
    assertThat(jail.resolve("./sub//b")).isEqualTo(jail.root().resolve("sub/b"));
    assertThat(jail.file("a")).isEqualTo(jail.root().resolve("a"));
  }

  @Test
  void letsNobodyOut() throws Exception {
    Jail jail = jail();
    refused(jail, "../secret", "leads out");
    refused(jail, "sub/../../secret", "leads out");
    refused(jail, "sub/..", "leads out");
    refused(jail, folder.resolve("secret").toString(), "is not relative");
    refused(jail, "a\0b", "is no path");
    refused(jail, "a".repeat(257), "longer");
    assertThatThrownBy(() -> jail.file("sub")).hasMessageContaining("is no file");
    assertThatThrownBy(() -> jail.file("none")).hasMessageContaining("is no file");
  }

  @Test
  void followsNoLink() throws Exception {
    Jail jail = jail();
    Files.createSymbolicLink(jail.root().resolve("link"), folder.resolve("secret"));
    Files.createSymbolicLink(jail.root().resolve("out"), folder);
    Files.createSymbolicLink(jail.root().resolve("dangling"), Path.of("nowhere"));
    refused(jail, "link", "over a link");
    refused(jail, "out/secret", "over a link");
    refused(jail, "dangling", "over a link");
  }

  @Property(tries = 500, seed = "1")
  void whateverThePathItStaysInside(
      @ForAll @StringLength(max = 40) @CharRange(from = '.', to = '/') String dots,
      @ForAll @StringLength(max = 40) String any) {
    Jail jail = new Jail(Path.of("target/jail"));
    for (String path : new String[] {dots, any, dots + any}) {
      try {
        assertThat(jail.resolve(path).normalize().startsWith(jail.root())).isTrue();
      } catch (Jail.Refused e) {
        assertThat(e).hasMessageNotContaining("null");
      }
    }
  }
}
