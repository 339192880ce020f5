package org.heliostat.payload.card;

/** How a job ended. Immutable. */
public sealed interface JobResult {
  /** The job. */
  FrameJob job();

  /**
   * The result file holds the probabilities.
   *
   * @param dispatchCelsius temperature of the card when it was given the frame
   * @param milliseconds host time on the card
   */
  record Done(FrameJob job, String card, double dispatchCelsius, float milliseconds)
      implements JobResult {}

  /** No card could take it, or the model does not fit it. */
  record Declined(FrameJob job, String reason) implements JobResult {}

  /** Its files could not be read or written (a full disk): the same job may be submitted again. */
  record Postponed(FrameJob job, String reason) implements JobResult {}

  /** It was tried as often as the mission allows. */
  record Failed(FrameJob job, String reason) implements JobResult {}
}
