package org.heliostat.hil.launch;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * When the flight process is killed: instants over its whole life, the same for the same seed. In
 * each {@value #BLOCK} kills there is one row of boots that are all cut off, so that the golden
 * configuration becomes due.
 *
 * @param number of the kill, from 1
 * @param afterSeconds host time from the start of the process; boots begin anew with each of them
 * @param inBoot whether it is meant for a boot: such a kill takes whatever boot comes, golden ones
 *     too
 */
record KillPlan(int number, double afterSeconds, boolean inBoot) {
  static final int BLOCK = 25;

  /** Kills of one flight, at most: its contacts and its sunlight are laid out for so many. */
  static final int MOST = BLOCK;

  private static final int ROW = 5;
  private static final double ROW_FROM = 0.4;
  private static final double ROW_TO = 2.5;
  private static final double BOOT_TO = 1.5;
  private static final double LIFE_TO = 12;

  /** The kills of a flight, in order. */
  static List<KillPlan> of(int count, long seed) {
    Random random = new Random(seed);
    boolean row = count >= 2 * ROW;
    int singles = row ? count - ROW : count;
    List<double[]> kills = new ArrayList<>();
    for (int i = 0; i < singles; i++) {
      boolean boot = i < singles * 3 / 10;
      double after =
          boot
              ? BOOT_TO * random.nextDouble()
              : BOOT_TO + (LIFE_TO - BOOT_TO) * random.nextDouble();
      kills.add(new double[] {after, boot ? 1 : 0});
    }
    Collections.shuffle(kills, random);
    if (row) {
      int at = random.nextInt(kills.size());
      for (int i = 0; i < ROW; i++) {
        kills.add(at, new double[] {ROW_FROM + (ROW_TO - ROW_FROM) * random.nextDouble(), 1});
      }
    }
    List<KillPlan> plan = new ArrayList<>();
    for (double[] kill : kills) {
      plan.add(new KillPlan(plan.size() + 1, kill[0], kill[1] > 0));
    }
    return List.copyOf(plan);
  }
}
