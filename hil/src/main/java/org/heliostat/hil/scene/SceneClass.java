package org.heliostat.hil.scene;

/** What a pixel of a scene really is. The code is what truth files hold. */
public enum SceneClass {
  /** Outside the swath: every band holds 0. */
  NODATA(0),
  /** Soil, rock, dry grass or built-up land. */
  LAND(1),
  /** Sea, lake or river. */
  WATER(2),
  /** Green vegetation covers more than half of the pixel. */
  VEGETATION(3),
  /**
   * Cloud whose reflected part of the light is at least {@link SceneGenerator#CLOUD_TRUTH_OPACITY}.
   */
  CLOUD(4),
  /** Clear of cloud, but a cloud takes at least half of the direct sunlight away. */
  SHADOW(5),
  /** A vessel on water. */
  SHIP(6),
  /** A fire: emission in the shortwave infrared. */
  HOTSPOT(7),
  /** Snow, salt or bright sand: surfaces as bright as cloud in the visible. */
  BRIGHT(8);

  private final byte code;

  SceneClass(int code) {
    this.code = (byte) code;
  }

  /** The code in truth files: 0 for nodata, 4 for cloud. */
  public byte code() {
    return code;
  }

  /**
   * The class of a code.
   *
   * @throws IllegalArgumentException if no class has this code
   */
  public static SceneClass ofCode(int code) {
    for (SceneClass candidate : values()) {
      if (candidate.code == code) {
        return candidate;
      }
    }
    throw new IllegalArgumentException("no scene class has code " + code);
  }
}
