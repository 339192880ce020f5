package org.heliostat.hil.rig;

import org.heliostat.protocol.Scenario;

/**
 * What can make the recorder's disk fail: the rig plays no disk itself. A fault of the disk is
 * refused where there is none. Called by one thread.
 */
public interface StorageFaults {
  /** There is none. */
  StorageFaults NONE =
      new StorageFaults() {
        @Override
        public boolean plays(Scenario.FaultKind kind) {
          return false;
        }

        @Override
        public void set(Scenario.FaultKind kind, double value) {
          throw new IllegalStateException(kind + " cannot be played");
        }

        @Override
        public void clear() {
          // nothing was set
        }
      };

  /** One that will be there, with all that a disk can do wrong; for the check of a scenario. */
  StorageFaults PLANNED =
      new StorageFaults() {
        @Override
        public boolean plays(Scenario.FaultKind kind) {
          return true;
        }

        @Override
        public void set(Scenario.FaultKind kind, double value) {
          throw new IllegalStateException("there is no disk yet");
        }

        @Override
        public void clear() {
          // nothing was set
        }
      };

  /** Whether this one can play a kind. */
  boolean plays(Scenario.FaultKind kind);

  /**
   * Starts a fault, in place of one that lasts.
   *
   * @param value in the unit of the kind
   */
  void set(Scenario.FaultKind kind, double value);

  /** The disk is well again. */
  void clear();
}
