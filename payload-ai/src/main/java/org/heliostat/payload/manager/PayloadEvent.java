package org.heliostat.payload.manager;

import org.heliostat.core.event.EventDefinition;
import org.heliostat.protocol.Severity;

/** The events of the payload. */
public enum PayloadEvent implements EventDefinition {
  FRAME_DECLINED(1, Severity.WARNING, "frame %s (%s) declined: %s"),
  FRAME_FAILED(2, Severity.ERROR, "frame %s (%s) failed: %s"),
  FRAME_DELAYED(3, Severity.WARNING, "frame %s goes back to the queue: worker of %s %s"),
  WORKER_STARTED(4, Severity.INFO, "worker of %s is ready, pid %d, model %s loaded in %.0f ms"),
  WORKER_DIED(5, Severity.WARNING, "worker of %s, pid %d, %s"),
  CARD_HOT(6, Severity.WARNING, "%s is at %.1f Cel, over %.1f: no work until below %.1f"),
  CARD_COOL(7, Severity.INFO, "%s is at %.1f Cel, work goes on"),
  CARD_BLIND(8, Severity.WARNING, "%s gives no temperature: no work until it does"),
  CARD_QUARANTINED(9, Severity.ERROR, "%s is quarantined: its worker died %d times in %d s"),
  CARD_DOWN(10, Severity.ERROR, "%s is out of use: %s"),
  MODEL_REFUSED(11, Severity.ERROR, "model %s refused: %s"),
  CAMERA_FAULT(12, Severity.WARNING, "camera %s: %s"),
  STORE_FAULT(13, Severity.ERROR, "frame %s waits: %s"),
  CARD_UNPOWERED(14, Severity.WARNING, "%s has no power any more: its worker is ended");

  private final int id;
  private final Severity severity;
  private final String format;

  PayloadEvent(int id, Severity severity, String format) {
    this.id = id;
    this.severity = severity;
    this.format = format;
  }

  @Override
  public String source() {
    return "payload";
  }

  @Override
  public int id() {
    return id;
  }

  @Override
  public Severity severity() {
    return severity;
  }

  @Override
  public String format() {
    return format;
  }
}
