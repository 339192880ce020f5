package org.heliostat.hal.driver;

import java.util.ArrayList;
import java.util.List;
import org.heliostat.hal.Accelerometer;
import org.heliostat.hal.Board;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.Smbus;
import org.heliostat.hal.VibrationReading;

/**
 * One ADXL345 whose FIFO keeps the last 32 samples.
 *
 * <p>A poll empties the FIFO, which is a window without gaps, and takes what comes meanwhile: 16 to
 * {@value #MOST_SAMPLES} samples; with fewer, the window before stays for a second. The root mean
 * square of a band is the sum of the window's spectral lines (discrete Fourier transform of the
 * window without its mean) within the band; all lines together give the root mean square of the
 * window (Parseval). Lines are {@code rate / samples} apart: 25 Hz at 800 Hz and 32 samples.
 */
final class Adxl345 extends I2cSampled<VibrationReading> implements Accelerometer {
  static final int DEVICE = 0x00;
  static final int RATE = 0x2C;
  static final int POWER_CONTROL = 0x2D;
  static final int INTERRUPT_SOURCE = 0x30;
  static final int DATA_FORMAT = 0x31;
  static final int DATA = 0x32;
  static final int FIFO_CONTROL = 0x38;
  static final int FIFO_STATUS = 0x39;

  static final int ADXL345 = 0xE5;
  static final int RATE_100 = 0x0A;
  static final int FULL_RESOLUTION = 0x08;
  static final int MEASURE = 0x08;
  static final int STREAM = 0x80;
  static final int OVERRUN = 0x01;

  /** Full resolution: 3.9 mg a step, 256 steps to a g (data sheet, table 1). */
  static final double METRES_PER_SECOND_SQUARED = 9.80665 / 256;

  static final int MOST_SAMPLES = 64;

  private static final int LEAST_SAMPLES = 16;

  /** Mission time for which the last window stays when a poll finds too few samples. */
  private static final long STALE_NANOS = 1_000_000_000L;

  private static final int FIFO_DEPTH = 32;
  private static final int AXES = 3;
  private static final int SAMPLE_BYTES = 2 * AXES;

  private final Adxl345Driver.Settings settings;
  private final int format;
  private final byte[] bytes = new byte[SAMPLE_BYTES];
  private final double[][] window = new double[AXES][MOST_SAMPLES];
  private final double[] from;
  private final double[] to;
  private final double[] squares;

  private final double[] rms;
  private boolean measuredBefore;
  private long measuredNanos;
  private double peak;
  private int samples;
  private boolean overrun;

  Adxl345(String name, Board board, Smbus part, Adxl345Driver.Settings settings) {
    super(name, board, part);
    this.settings = settings;
    this.format = FULL_RESOLUTION | settings.rangeCode();
    this.from = settings.bands().stream().mapToDouble(Adxl345Driver.Band::from).toArray();
    this.to = settings.bands().stream().mapToDouble(Adxl345Driver.Band::to).toArray();
    this.squares = new double[from.length];
    this.rms = new double[from.length];
  }

  @Override
  protected void measure() throws HardwareFault {
    if (settingUp()
        || part.readByte(POWER_CONTROL) != MEASURE
        || part.readByte(RATE) != settings.rateCode()
        || part.readByte(DATA_FORMAT) != format
        || part.readByte(FIFO_CONTROL) != STREAM) {
      setUp();
    }
    boolean dropped = (part.readByte(INTERRUPT_SOURCE) & OVERRUN) != 0;
    int entries = entries();
    if (entries < LEAST_SAMPLES) {
      // asked again so soon, the part has too few for a spectrum; the last one stays for a while
      if (measuredBefore && board.monotonicNanos() - measuredNanos < STALE_NANOS) {
        return;
      }
      throw fault(Kind.STALE, "the part has " + entries + " samples, too few for a spectrum");
    }
    int count = 0;
    while (entries > 0 && count < MOST_SAMPLES) {
      for (int i = 0; i < entries && count < MOST_SAMPLES; i++) {
        part.readBlock(DATA, bytes, SAMPLE_BYTES);
        for (int axis = 0; axis < AXES; axis++) {
          int step = (bytes[2 * axis] & 0xff) | bytes[2 * axis + 1] << 8;
          window[axis][count] = step * METRES_PER_SECOND_SQUARED;
        }
        count++;
      }
      entries = entries();
    }
    long taken = board.monotonicNanos();
    measuredBefore = true;
    measuredNanos = taken;
    double most = withoutMean(count);
    spectrum(count);
    synchronized (sample) {
      for (int band = 0; band < squares.length; band++) {
        rms[band] = Math.sqrt(squares[band]);
      }
      peak = most;
      samples = count;
      overrun = dropped;
      taken(taken);
    }
  }

  @Override
  protected VibrationReading record(long takenNanos) {
    List<VibrationReading.Band> bands = new ArrayList<>(rms.length);
    for (int band = 0; band < rms.length; band++) {
      bands.add(new VibrationReading.Band(from[band], to[band], rms[band]));
    }
    return new VibrationReading(bands, peak, samples, overrun, takenNanos);
  }

  private int entries() throws HardwareFault {
    int entries = part.readByte(FIFO_STATUS) & 0x3f;
    // the output register holds one more
    if (entries > FIFO_DEPTH + 1) {
      throw fault(Kind.BAD_DATA, "the FIFO says it holds " + entries + " samples");
    }
    return entries;
  }

  private void setUp() throws HardwareFault {
    int device = part.readByte(DEVICE);
    if (device != ADXL345) {
      throw fault(Kind.BAD_DATA, "the device register is 0x%02x: no ADXL345".formatted(device));
    }
    setUpBegins();
    part.writeByte(POWER_CONTROL, 0);
    part.writeByte(RATE, settings.rateCode());
    part.writeByte(DATA_FORMAT, format);
    // leaving the FIFO's mode empties it
    part.writeByte(FIFO_CONTROL, 0);
    part.writeByte(FIFO_CONTROL, STREAM);
    part.writeByte(POWER_CONTROL, MEASURE);
    pause((FIFO_DEPTH + 2) * 1_000_000_000L / settings.rateHertz());
    setUpDone();
  }

  /** Takes the mean of each axis away; gives the greatest deviation from it. */
  private double withoutMean(int count) {
    double most = 0;
    for (double[] axis : window) {
      double sum = 0;
      for (int i = 0; i < count; i++) {
        sum += axis[i];
      }
      double mean = sum / count;
      for (int i = 0; i < count; i++) {
        axis[i] -= mean;
        most = Math.max(most, Math.abs(axis[i]));
      }
    }
    return most;
  }

  /** Mean squares of the bands, all axes together. */
  private void spectrum(int count) {
    for (int band = 0; band < squares.length; band++) {
      squares[band] = 0;
    }
    for (int line = 1; 2 * line <= count; line++) {
      double hertz = line * (double) settings.rateHertz() / count;
      double square = 0;
      for (double[] axis : window) {
        square += lineSquare(axis, count, line);
      }
      for (int band = 0; band < squares.length; band++) {
        if (hertz >= from[band] && hertz < to[band]) {
          squares[band] += square;
        }
      }
    }
  }

  /** Mean square of one spectral line, by Goertzel's algorithm. */
  static double lineSquare(double[] values, int count, int line) {
    double factor = 2 * Math.cos(2 * Math.PI * line / count);
    double before = 0;
    double last = 0;
    for (int i = 0; i < count; i++) {
      double next = values[i] + factor * last - before;
      before = last;
      last = next;
    }
    double power = last * last + before * before - factor * last * before;
    double mean = power / ((double) count * count);
    return 2 * line == count ? mean : 2 * mean;
  }
}
