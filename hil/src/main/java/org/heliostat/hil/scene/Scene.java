package org.heliostat.hil.scene;

import java.nio.ByteBuffer;
import java.nio.ShortBuffer;

/**
 * One frame of a simulated instrument with its truth. Immutable; safe for use by many threads.
 *
 * <p>Samples are 12-bit numbers, row after row from the top left; 0 is nodata. TOA reflectance =
 * sample x {@link #reflectanceScale()}.
 */
public final class Scene {
  private final int width;
  private final int height;
  private final short[][] bands;
  private final byte[] truth;
  private final byte[] cloudOpacity;
  private final double sunZenithDegrees;
  private final double sunAzimuthDegrees;
  private final double groundSampleMetres;

  Scene(int width, int height, short[][] bands, byte[] truth, byte[] cloudOpacity, Recipe recipe) {
    this.width = width;
    this.height = height;
    this.bands = bands;
    this.truth = truth;
    this.cloudOpacity = cloudOpacity;
    this.sunZenithDegrees = recipe.sunZenithDegrees;
    this.sunAzimuthDegrees = recipe.sunAzimuthDegrees;
    this.groundSampleMetres = recipe.groundSampleMetres;
  }

  /** Columns. */
  public int width() {
    return width;
  }

  /** Rows. */
  public int height() {
    return height;
  }

  /** A read-only view of one band's samples (0 to 4095), {@code width * height} of them. */
  public ShortBuffer band(SceneBand band) {
    return ShortBuffer.wrap(bands[band.index()]).asReadOnlyBuffer();
  }

  /** One sample, 0 to 4095. */
  public int sample(SceneBand band, int x, int y) {
    return bands[band.index()][index(x, y)];
  }

  /**
   * A read-only view of the class codes ({@link SceneClass#code()}), {@code width * height} of
   * them.
   */
  public ByteBuffer truth() {
    return ByteBuffer.wrap(truth).asReadOnlyBuffer();
  }

  /** What is really there. */
  public SceneClass truthAt(int x, int y) {
    return SceneClass.ofCode(truth[index(x, y)]);
  }

  /**
   * A read-only view of the part of the light that cloud reflects at each pixel, as 0 (none) to 255
   * (all), unsigned.
   */
  public ByteBuffer cloudOpacity() {
    return ByteBuffer.wrap(cloudOpacity).asReadOnlyBuffer();
  }

  /** Part of the valid pixels that is cloud, 0 to 1; 0 for a frame without valid pixels. */
  public double cloudFraction() {
    int valid = 0;
    int cloud = 0;
    for (byte code : truth) {
      if (code != SceneClass.NODATA.code()) {
        valid++;
        if (code == SceneClass.CLOUD.code()) {
          cloud++;
        }
      }
    }
    return valid == 0 ? 0 : (double) cloud / valid;
  }

  /** TOA reflectance of one count. */
  public double reflectanceScale() {
    return SceneGenerator.REFLECTANCE_SCALE;
  }

  /** Angle between the sun and the vertical, degrees. */
  public double sunZenithDegrees() {
    return sunZenithDegrees;
  }

  /** Direction to the sun, degrees clockwise from north (the top of the frame). */
  public double sunAzimuthDegrees() {
    return sunAzimuthDegrees;
  }

  /** Distance between neighbouring pixels on the ground, metres. */
  public double groundSampleMetres() {
    return groundSampleMetres;
  }

  private int index(int x, int y) {
    if (x < 0 || x >= width || y < 0 || y >= height) {
      throw new IndexOutOfBoundsException("pixel " + x + "," + y + " of " + width + "x" + height);
    }
    return y * width + x;
  }
}
