package org.heliostat.core.survival;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.heliostat.protocol.PowerRung;
import org.heliostat.protocol.PowerTable;

/**
 * The ladder of load shedding. Going down is by the voltage alone, as many rungs as it asks for;
 * coming back is one rung at a time, each after the power has been good for a while, and its rails
 * one after the other, so that no inrush falls on another's. Without a voltage nothing is decided:
 * what is shed stays so. A rail waits for its turn even while another rung is shed. Not
 * thread-safe.
 */
final class LoadShedder {
  private PowerTable table;
  private int shed;
  private final List<Optional<Long>> lowSince = new ArrayList<>();
  private Optional<Long> goodSince = Optional.empty();

  /** What has to be done now, in this order. */
  record Decision(List<PowerRung> shed, Optional<PowerRung> restored) {
    static final Decision NONE = new Decision(List.of(), Optional.empty());
  }

  /**
   * @param shed rungs that an earlier run has shed
   */
  LoadShedder(PowerTable table, int shed) {
    this.table = table;
    use(table);
    this.shed = Math.min(shed, table.getRungsCount());
  }

  /** Goes by another table from now on. */
  void use(PowerTable next) {
    table = next;
    shed = Math.min(shed, next.getRungsCount());
    lowSince.clear();
    for (int i = 0; i < next.getRungsCount(); i++) {
      lowSince.add(Optional.empty());
    }
    goodSince = Optional.empty();
  }

  /** Rungs that are shed. */
  int shed() {
    return shed;
  }

  /**
   * Decides by one sample.
   *
   * @param nanos mission time
   * @param volts of the bus, if it is known
   * @param busy whether rails of a restored rung still wait for their turn
   */
  Decision decide(long nanos, Optional<Double> volts, boolean busy) {
    if (volts.isEmpty()) {
      goodSince = Optional.empty();
      lowSince.replaceAll(since -> Optional.empty());
      return Decision.NONE;
    }
    int wanted = shed;
    for (int i = 0; i < table.getRungsCount(); i++) {
      PowerRung rung = table.getRungs(i);
      if (volts.get() >= rung.getShedVolts()) {
        lowSince.set(i, Optional.empty());
        continue;
      }
      long since = lowSince.get(i).orElse(nanos);
      lowSince.set(i, Optional.of(since));
      if (nanos - since >= (long) (rung.getConfirmSeconds() * 1e9)) {
        wanted = Math.max(wanted, i + 1);
      }
    }
    if (wanted > shed) {
      List<PowerRung> rungs = List.copyOf(table.getRungsList().subList(shed, wanted));
      shed = wanted;
      goodSince = Optional.empty();
      return new Decision(rungs, Optional.empty());
    }
    if (shed == 0 || busy || volts.get() <= table.getRungs(shed - 1).getRestoreVolts()) {
      goodSince = Optional.empty();
      return Decision.NONE;
    }
    long since = goodSince.orElse(nanos);
    goodSince = Optional.of(since);
    if (nanos - since < (long) (table.getGoodSeconds() * 1e9)) {
      return Decision.NONE;
    }
    goodSince = Optional.empty();
    shed--;
    return new Decision(List.of(), Optional.of(table.getRungs(shed)));
  }
}
