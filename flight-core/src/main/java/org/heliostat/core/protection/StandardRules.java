package org.heliostat.core.protection;

import java.util.List;
import org.heliostat.protocol.DeviceFault;
import org.heliostat.protocol.DeviceTarget;
import org.heliostat.protocol.EventSymptom;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.ProtectionResponse;
import org.heliostat.protocol.ProtectionRule;
import org.heliostat.protocol.ProtectionTable;

/**
 * What is done where no table says anything else. A fault that lasts is a symptom anew every {@link
 * Lasting#PERIOD_NANOS}, which is what the counts build upon.
 */
final class StandardRules {
  private StandardRules() {}

  static ProtectionTable table() {
    return ProtectionTable.newBuilder()
        // a latch-up: the rail goes off at once, for the card dies of it
        .addRules(
            rule("latch_up", 4, DeviceFault.OVER_CURRENT, DeviceFault.LATCHED_OFF)
                .setLockoutSeconds(20)
                .addResponses(powerCycle(2)))
        .addRules(
            rule("latch_up_again", 6, DeviceFault.OVER_CURRENT, DeviceFault.LATCHED_OFF)
                .setCount(3)
                .setWindowSeconds(3600)
                .setLockoutSeconds(600)
                .addResponses(ProtectionResponse.newBuilder().setIsolate(target())))
        // a functional interrupt: first by the card's own reset, then by its rail
        .addRules(
            rule("card_silent", 1, DeviceFault.TIMEOUT)
                .setLockoutSeconds(25)
                .addResponses(ProtectionResponse.newBuilder().setReset(target())))
        .addRules(
            rule("card_lost", 2, DeviceFault.TIMEOUT, DeviceFault.ABSENT)
                .setCount(2)
                .setWindowSeconds(120)
                .setLockoutSeconds(120)
                .addResponses(cardCycle()))
        .addRules(
            rule("card_given_up", 5, DeviceFault.TIMEOUT, DeviceFault.ABSENT)
                .setCount(10)
                .setWindowSeconds(3600)
                .setLockoutSeconds(600)
                .addResponses(ProtectionResponse.newBuilder().setIsolate(target())))
        // a worker that holds the card does not let it be reset: then its rail
        .addRules(
            rule("card_memory", 1, DeviceFault.MEMORY_ERRORS)
                .setLockoutSeconds(120)
                .addResponses(ProtectionResponse.newBuilder().setReset(target()))
                .addResponses(powerCycle(2)))
        .addRules(
            rule("card_hot", 3, DeviceFault.OVER_TEMPERATURE)
                .setLockoutSeconds(180)
                .addResponses(cardCycle().toBuilder().setPowerCycle(target(50))))
        .addRules(
            rule("low_bus", 7, DeviceFault.UNDER_VOLTAGE)
                .setEvent(symptom(DeviceFault.UNDER_VOLTAGE).setDevice("bus"))
                .addResponses(ProtectionResponse.newBuilder().setChangeMode(Mode.SAFE)))
        .addRules(
            rule(
                    "storage",
                    7,
                    DeviceFault.STORAGE_READ_ONLY,
                    DeviceFault.STORAGE_FULL,
                    DeviceFault.STORAGE_IO_ERROR,
                    DeviceFault.STORAGE_HUNG)
                .addResponses(ProtectionResponse.newBuilder().setChangeMode(Mode.STANDBY)))
        .addRules(
            rule("bus_hung", 2, DeviceFault.TIMEOUT)
                .addResponses(ProtectionResponse.newBuilder().setRecoverBus(target())))
        .addRules(
            rule("pump_stalled", 2, DeviceFault.STALLED)
                .setLockoutSeconds(120)
                .addResponses(ProtectionResponse.newBuilder().setStartSequence("pump-stalled")))
        // its value is used for nothing any more, or it has helped itself: an operator is to know
        .addRules(
            rule(
                    "watched",
                    1,
                    DeviceFault.NACK,
                    DeviceFault.BAD_DATA,
                    DeviceFault.STALE,
                    DeviceFault.FROZEN,
                    DeviceFault.NOISY,
                    DeviceFault.DRIFTING,
                    DeviceFault.STUCK_ON,
                    DeviceFault.STORAGE_SLOW)
                .setLockoutSeconds(3600)
                .addResponses(ProtectionResponse.newBuilder().setReport(true)))
        .build();
  }

  private static ProtectionRule.Builder rule(String name, int level, DeviceFault... faults) {
    return ProtectionRule.newBuilder().setName(name).setLevel(level).setEvent(symptom(faults));
  }

  private static EventSymptom.Builder symptom(DeviceFault... faults) {
    return EventSymptom.newBuilder().setName("DEVICE_FAULT").addAllFaults(List.of(faults));
  }

  private static ProtectionResponse cardCycle() {
    return powerCycle(2);
  }

  private static ProtectionResponse powerCycle(double offSeconds) {
    return ProtectionResponse.newBuilder().setPowerCycle(target(offSeconds)).build();
  }

  private static DeviceTarget target() {
    return DeviceTarget.getDefaultInstance();
  }

  private static DeviceTarget target(double offSeconds) {
    return DeviceTarget.newBuilder().setOffSeconds(offSeconds).build();
  }
}
