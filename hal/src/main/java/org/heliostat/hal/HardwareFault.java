package org.heliostat.hal;

/** A device did not give what was asked of it. */
public final class HardwareFault extends Exception {
  private static final long serialVersionUID = 1L;

  /** What kind of thing went wrong. */
  public enum Kind {
    /** The device, or the bus that it sits on, does not exist. */
    ABSENT,
    /** The device did not acknowledge its address or a byte. */
    NACK,
    /** No answer in time. */
    TIMEOUT,
    /** An answer that this device cannot give. */
    BAD_DATA,
    /** The quantity lies beyond what the device can measure. */
    OUT_OF_RANGE,
    /** The device has no new value. */
    STALE,
    /**
     * The native library that serves the device cannot be loaded, or is not the one that was named.
     */
    LIBRARY_MISSING,
    /** The request was turned down: wrong parameters, no permission, held by someone else. */
    REFUSED
  }

  private final Kind kind;
  private final String device;

  public HardwareFault(Kind kind, String device, String message) {
    super(device + ": " + message);
    this.kind = kind;
    this.device = device;
  }

  public HardwareFault(Kind kind, String device, String message, Throwable cause) {
    super(device + ": " + message, cause);
    this.kind = kind;
    this.device = device;
  }

  public Kind kind() {
    return kind;
  }

  /** Name of the device as opened, or of the library or driver where no device was reached. */
  public String device() {
    return device;
  }
}
