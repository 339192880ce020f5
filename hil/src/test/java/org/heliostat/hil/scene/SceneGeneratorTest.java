package org.heliostat.hil.scene;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.nio.ShortBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class SceneGeneratorTest {
  private static final int SIZE = 128;

  private final SceneGenerator generator = new SceneGenerator(42);

  @Test
  void sameSeedSameBytes() throws Exception {
    Scene once = generator.scene(3, SIZE, 96);
    Scene again = new SceneGenerator(42).scene(3, SIZE, 96);
    assertThat(digest(again)).isEqualTo(digest(once));
    assertThat(digest(new SceneGenerator(43).scene(3, SIZE, 96))).isNotEqualTo(digest(once));
    assertThat(digest(generator.scene(4, SIZE, 96))).isNotEqualTo(digest(once));
  }

  /**
   * A changed digest means changed training data and changed scores of every recorded flight: say
   * so in the commit.
   */
  @Test
  void digestIsPinned() throws Exception {
    assertThat(digest(new SceneGenerator(1).scene(0, SIZE, SIZE)))
        .isEqualTo("7e3a36a577b0f792c7df3da7d7c376b717f65d2654b4046d717d97ddd0d8996e");
  }

  @Test
  void samplesAreTwelveBit() {
    for (int index = 0; index < 24; index++) {
      Scene scene = generator.scene(index, SIZE, SIZE);
      for (SceneBand band : SceneBand.values()) {
        ShortBuffer samples = scene.band(band);
        for (int at = 0; at < samples.limit(); at++) {
          assertThat((int) samples.get(at)).isBetween(0, 4095);
        }
      }
    }
  }

  @Test
  void nodataIsZeroInAllBandsAndOnlyThere() {
    int edges = 0;
    for (int index = 0; index < 40; index++) {
      Scene scene = generator.scene(index, SIZE, SIZE);
      ByteBuffer truth = scene.truth();
      boolean edge = false;
      for (int at = 0; at < truth.limit(); at++) {
        boolean nodata = truth.get(at) == SceneClass.NODATA.code();
        edge |= nodata;
        for (SceneBand band : SceneBand.values()) {
          if ((scene.band(band).get(at) == 0) != nodata) {
            throw new AssertionError("scene " + index + " pixel " + at + " band " + band);
          }
        }
      }
      edges += edge ? 1 : 0;
    }
    assertThat(edges).isBetween(2, 20);
  }

  @Test
  void truthFollowsCloudOpacity() {
    for (int index = 0; index < 24; index++) {
      Scene scene = generator.scene(index, SIZE, SIZE);
      ByteBuffer truth = scene.truth();
      ByteBuffer opacity = scene.cloudOpacity();
      for (int at = 0; at < truth.limit(); at++) {
        int level = opacity.get(at) & 0xFF;
        // 0.05 of 255 is 12.75: 13 may be just below or just above
        if (level > 13) {
          assertThat(truth.get(at)).isEqualTo(SceneClass.CLOUD.code());
        } else if (level < 13) {
          assertThat(truth.get(at)).isNotEqualTo(SceneClass.CLOUD.code());
        }
      }
    }
  }

  @Test
  void cloudCoverSpreads() {
    int clear = 0;
    int broken = 0;
    int overcast = 0;
    for (int index = 0; index < 200; index++) {
      double cover = generator.scene(index, 64, 64).cloudFraction();
      clear += cover < 0.05 ? 1 : 0;
      broken += cover >= 0.05 && cover < 0.8 ? 1 : 0;
      overcast += cover >= 0.8 ? 1 : 0;
    }
    assertThat(clear).isBetween(20, 80);
    assertThat(broken).isBetween(90, 160);
    assertThat(overcast).isBetween(5, 60);
  }

  @Test
  void everyClassTurnsUp() {
    boolean[] seen = new boolean[SceneClass.values().length];
    for (int index = 0; index < 80; index++) {
      ByteBuffer truth = generator.scene(index, SIZE, SIZE).truth();
      while (truth.hasRemaining()) {
        seen[truth.get()] = true;
      }
    }
    for (SceneClass what : SceneClass.values()) {
      assertThat(seen[what.code()]).as(what.name()).isTrue();
    }
  }

  /** What the classes look like on average must agree with what is known of them. */
  @Test
  void spectraAreSane() {
    double[][] sum = new double[SceneClass.values().length][SceneBand.values().length];
    long[] count = new long[sum.length];
    for (int index = 0; index < 120; index++) {
      Scene scene = generator.scene(index, 96, 96);
      ByteBuffer truth = scene.truth();
      for (int at = 0; at < truth.limit(); at++) {
        int what = truth.get(at);
        count[what]++;
        for (SceneBand band : SceneBand.values()) {
          sum[what][band.index()] += scene.band(band).get(at) * scene.reflectanceScale();
        }
      }
    }
    assertThat(mean(sum, count, SceneClass.VEGETATION, SceneBand.NIR))
        .isGreaterThan(2.5 * mean(sum, count, SceneClass.VEGETATION, SceneBand.RED));
    assertThat(mean(sum, count, SceneClass.WATER, SceneBand.SWIR16)).isLessThan(0.06);
    assertThat(mean(sum, count, SceneClass.WATER, SceneBand.BLUE)).isBetween(0.07, 0.2);
    assertThat(mean(sum, count, SceneClass.CLOUD, SceneBand.BLUE)).isGreaterThan(0.3);
    assertThat(mean(sum, count, SceneClass.CLOUD, SceneBand.SWIR22))
        .isLessThan(mean(sum, count, SceneClass.CLOUD, SceneBand.NIR));
    assertThat(mean(sum, count, SceneClass.SHADOW, SceneBand.NIR))
        .isLessThan(mean(sum, count, SceneClass.LAND, SceneBand.NIR));
    assertThat(mean(sum, count, SceneClass.HOTSPOT, SceneBand.SWIR22)).isGreaterThan(0.5);
    assertThat(mean(sum, count, SceneClass.SHIP, SceneBand.NIR))
        .isGreaterThan(3 * mean(sum, count, SceneClass.WATER, SceneBand.NIR));
  }

  @Test
  void pixelAccessAgreesWithViews() {
    Scene scene = generator.scene(1, 32, 16);
    assertThat(scene.sample(SceneBand.RED, 5, 7))
        .isEqualTo(scene.band(SceneBand.RED).get(7 * 32 + 5));
    assertThat(scene.truthAt(5, 7).code()).isEqualTo(scene.truth().get(7 * 32 + 5));
    assertThat(scene.band(SceneBand.RED).isReadOnly()).isTrue();
    assertThat(scene.truth().isReadOnly()).isTrue();
  }

  @Test
  void badArgumentsAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> generator.scene(-1, 64, 64))
        .withMessageContaining("index");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> generator.scene(0, 15, 64))
        .withMessageContaining("15x64");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SceneClass.ofCode(9))
        .withMessageContaining("9");
  }

  private static double mean(double[][] sum, long[] count, SceneClass what, SceneBand band) {
    return sum[what.code()][band.index()] / count[what.code()];
  }

  private static String digest(Scene scene) throws Exception {
    MessageDigest sha = MessageDigest.getInstance("SHA-256");
    for (SceneBand band : SceneBand.values()) {
      ShortBuffer samples = scene.band(band);
      ByteBuffer bytes = ByteBuffer.allocate(samples.remaining() * 2);
      bytes.asShortBuffer().put(samples);
      sha.update(bytes);
    }
    sha.update(scene.truth());
    sha.update(scene.cloudOpacity());
    return HexFormat.of().formatHex(sha.digest());
  }
}
