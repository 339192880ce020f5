package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageDigestTest {
  @TempDir Path folder;
  private Path image;

  @BeforeEach
  void image() throws Exception {
    image = folder.resolve("image");
    file("lib/b.jar", "bb");
    file("lib/a.jar", "a");
    file("flight", "");
  }

  private void file(String path, String content) throws IOException {
    Files.createDirectories(image.resolve(path).getParent());
    Files.writeString(image.resolve(path), content);
  }

  @Test
  void isOfPathsLengthsAndContentsInPathOrder() throws Exception {
    MessageDigest expected = MessageDigest.getInstance("SHA-256");
    try (DataOutputStream to =
        new DataOutputStream(new DigestOutputStream(OutputStream.nullOutputStream(), expected))) {
      for (String[] one :
          new String[][] {{"flight", ""}, {"lib/a.jar", "a"}, {"lib/b.jar", "bb"}}) {
        to.write(one[0].getBytes(StandardCharsets.UTF_8));
        to.write(0);
        to.writeLong(one[1].length());
        to.write(one[1].getBytes(StandardCharsets.UTF_8));
      }
    }
    assertThat(ImageDigest.of(image)).isEqualTo(HexFormat.of().formatHex(expected.digest()));
    ImageDigest.main(new String[] {image.toString(), folder.resolve("digest").toString()});
    assertThat(folder.resolve("digest")).content().isEqualToIgnoringNewLines(ImageDigest.of(image));
  }

  @Test
  void whatTheFlightMakesForItselfIsNoPartOfIt() throws Exception {
    String built = ImageDigest.of(image);
    file("flight.jsa", "classes");
    file("flight.jsa.sha256", "0");
    file(ImageDigest.REPAIRS + "/1", "half");
    assertThat(ImageDigest.of(image)).isEqualTo(built);
    file("lib/" + ImageDigest.REPAIRS + "/1", "not there");
    assertThat(ImageDigest.of(image)).isNotEqualTo(built);
  }
}
