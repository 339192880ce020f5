package org.heliostat.hil.rig;

import java.io.IOException;
import java.nio.file.Path;
import org.heliostat.hil.rig.WorldLayout.Card;
import org.heliostat.hil.rig.WorldLayout.Header;
import org.heliostat.protocol.Scenario;

/**
 * A world that stands still, with as many cards as a benchmark asks for, and no rig. Its cards
 * answer as those of a rig do. Thread-safe.
 */
public final class BenchmarkWorld {
  private final World world;

  private BenchmarkWorld(World world) {
    this.world = world;
  }

  /**
   * Makes a world.
   *
   * @param file that the drop-ins find through {@code HELIOSTAT_RIG_WORLD}
   * @param cards 1 to {@value WorldLayout#MOST_CARDS}; the first {@value WorldLayout#CARDS} have a
   *     rail, the others nothing but NVML
   */
  public static BenchmarkWorld make(Path file, MissionTime time, int cards) throws IOException {
    if (cards < 1 || cards > WorldLayout.MOST_CARDS) {
      throw new IllegalArgumentException("1 to " + WorldLayout.MOST_CARDS + " cards");
    }
    Scenario scenario = Scenario.getDefaultInstance();
    World world =
        World.open(
            file,
            time,
            cards,
            fresh -> {
              int board = Math.min(cards, WorldLayout.CARDS);
              BoardMap.populate(fresh, scenario, cards);
              fresh.set(Header.CARD_COUNT, board);
              Rig.write(fresh, scenario, new Physics(scenario, board));
              fresh.set(Header.CARD_COUNT, cards);
              for (int card = board; card < cards; card++) {
                fresh.set(card, Card.MICROCELSIUS, 24_000_000);
                fresh.set(card, Card.MILLIWATTS, 15_000);
              }
            });
    return new BenchmarkWorld(world);
  }

  /** Host time that each NVML call about a card takes, microseconds. */
  public void nvmlDelayMicros(long micros) {
    world.set(Header.NVML_DELAY_US, micros);
  }

  /** Whether the cards n with n % 64 == 5 hang: their calls do not return until this is false. */
  public void hang(boolean hang) {
    world.set(Header.NVML_HANG, hang ? 1 : 0);
  }

  /** Temperature of a card, degrees Celsius. */
  public void celsius(int card, double celsius) {
    world.set(card, Card.MICROCELSIUS, Math.round(celsius * 1e6));
  }
}
