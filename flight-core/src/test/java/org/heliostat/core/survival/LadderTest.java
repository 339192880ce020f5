package org.heliostat.core.survival;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;
import org.heliostat.protocol.HeatRule;
import org.heliostat.protocol.PowerRung;
import org.heliostat.protocol.PowerTable;
import org.heliostat.protocol.RailHold;
import org.junit.jupiter.api.Test;

/** The parts that decide: ladder, heat, rails, command loss. */
class LadderTest {
  private static final long SECOND = 1_000_000_000L;
  private static final PowerTable TABLE =
      PowerTable.newBuilder()
          .setGoodSeconds(10)
          .addRungs(rung("first", 24, 25))
          .addRungs(rung("second", 23, 24.5))
          .build();

  private long now;

  private static PowerRung.Builder rung(String name, double shed, double restore) {
    return PowerRung.newBuilder()
        .setName(name)
        .setShedVolts(shed)
        .setRestoreVolts(restore)
        .setConfirmSeconds(2);
  }

  private List<String> shed(LoadShedder shedder, double volts, int seconds) {
    List<String> names = new java.util.ArrayList<>();
    for (int i = 0; i < seconds; i++) {
      now += SECOND;
      shedder.decide(now, Optional.of(volts), false).shed().forEach(r -> names.add(r.getName()));
    }
    return names;
  }

  private List<String> restored(LoadShedder shedder, double volts, int seconds) {
    List<String> names = new java.util.ArrayList<>();
    for (int i = 0; i < seconds; i++) {
      now += SECOND;
      shedder
          .decide(now, Optional.of(volts), false)
          .restored()
          .ifPresent(r -> names.add(r.getName()));
    }
    return names;
  }

  @Test
  void shedsWhatTheVoltageAsksForOnceItIsConfirmed() {
    LoadShedder shedder = new LoadShedder(TABLE, 0);
    assertThat(shed(shedder, 23.5, 2)).isEmpty();
    assertThat(shed(shedder, 26, 1)).isEmpty();
    assertThat(shed(shedder, 23.5, 3)).containsExactly("first");
    assertThat(shed(shedder, 20, 3)).containsExactly("second");
    assertThat(shed(shedder, 20, 9)).isEmpty();
    assertThat(shedder.shed()).isEqualTo(2);
  }

  @Test
  void aDeepSagShedsAllRungsTogether() {
    assertThat(shed(new LoadShedder(TABLE, 0), 20, 3)).containsExactly("first", "second");
  }

  @Test
  void comesBackOneRungAtATimeLastFirst() {
    LoadShedder shedder = new LoadShedder(TABLE, 2);
    assertThat(restored(shedder, 24.6, 10)).isEmpty();
    assertThat(restored(shedder, 24.6, 1)).containsExactly("second");
    assertThat(restored(shedder, 24.6, 100)).isEmpty();
    assertThat(restored(shedder, 25.1, 11)).containsExactly("first");
    assertThat(shedder.shed()).isZero();
    assertThat(restored(shedder, 29, 100)).isEmpty();
  }

  @Test
  void nothingComesBackWhileRailsWaitForTheirTurn() {
    LoadShedder shedder = new LoadShedder(TABLE, 2);
    for (int i = 0; i < 30; i++) {
      now += SECOND;
      assertThat(shedder.decide(now, Optional.of(29.0), true)).isEqualTo(LoadShedder.Decision.NONE);
    }
  }

  @Test
  void withoutAVoltageNothingIsDecided() {
    LoadShedder shedder = new LoadShedder(TABLE, 1);
    shed(shedder, 20, 2);
    now += SECOND;
    assertThat(shedder.decide(now, Optional.empty(), false)).isEqualTo(LoadShedder.Decision.NONE);
    assertThat(shed(shedder, 20, 2)).isEmpty();
    assertThat(shed(shedder, 20, 1)).containsExactly("second");
  }

  @Test
  void aNewTableKeepsWhatIsShedAsFarAsItHasRungs() {
    LoadShedder shedder = new LoadShedder(TABLE, 7);
    assertThat(shedder.shed()).isEqualTo(2);
    shedder.use(PowerTable.newBuilder().addRungs(rung("only", 24, 25)).build());
    assertThat(shedder.shed()).isEqualTo(1);
  }

  @Property(tries = 200, seed = "1")
  void neverFlutters(@ForAll @Size(max = 400) List<@DoubleRange(min = 19, max = 30) Double> volts) {
    LoadShedder shedder = new LoadShedder(TABLE, 0);
    long time = 0;
    long lastShed = -1_000 * SECOND;
    for (double sample : volts) {
      time += SECOND;
      int before = shedder.shed();
      LoadShedder.Decision decision = shedder.decide(time, Optional.of(sample), false);
      assertThat(shedder.shed())
          .isEqualTo(before + decision.shed().size() - (decision.restored().isPresent() ? 1 : 0))
          .isBetween(0, 2);
      if (!decision.shed().isEmpty()) {
        lastShed = time;
      }
      if (decision.restored().isPresent()) {
        assertThat(decision.shed()).isEmpty();
        assertThat(time - lastShed).isGreaterThanOrEqualTo(10 * SECOND);
      }
    }
  }

  private static final HeatRule HOT =
      HeatRule.newBuilder()
          .setDevice("plate")
          .setOffCelsius(70)
          .setOnCelsius(40)
          .setConfirmSeconds(2)
          .setRestSeconds(30)
          .addRails("switch0")
          .build();

  private HeatGuard.Decision heat(HeatGuard guard, double celsius) {
    now += SECOND;
    Function<String, Optional<Double>> sensor =
        name -> Double.isNaN(celsius) ? Optional.empty() : Optional.of(celsius);
    return guard.decide(now, sensor);
  }

  private static HeatGuard guard(HeatRule... rules) {
    return new HeatGuard(List.of(rules), List.of(), 0);
  }

  private static final List<HeatGuard.Change> PLATE =
      List.of(new HeatGuard.Change("plate", List.of("switch0")));

  @Test
  void heatTurnsRailsOffOnceItIsConfirmedAndOnAgainWhenItIsGone() {
    HeatGuard guard = guard(HOT);
    heat(guard, 71.0);
    heat(guard, 69.0);
    assertThat(heat(guard, 71.0).hot()).isEmpty();
    assertThat(heat(guard, 71.0).hot()).isEmpty();
    assertThat(heat(guard, 71.0).hot()).isEqualTo(PLATE);
    assertThat(guard.hot()).containsExactly(new HeatGuard.Hot("plate", "switch0"));
    assertThat(heat(guard, 41.0).cool()).isEmpty();
    assertThat(heat(guard, 39.0).cool()).isEqualTo(PLATE);
    assertThat(guard.hot()).isEmpty();
  }

  @Test
  void aThermometerThatWentOffWithTheRailRests() {
    HeatGuard guard = guard(HOT);
    heat(guard, 71.0);
    heat(guard, 71.0);
    assertThat(heat(guard, 71.0).hot()).hasSize(1);
    for (int i = 0; i < 29; i++) {
      assertThat(heat(guard, Double.NaN).cool()).isEmpty();
    }
    assertThat(heat(guard, Double.NaN).cool()).hasSize(1);
  }

  @Test
  void whatRestsRestsFromWhenItWasSeenHotLast() {
    HeatGuard guard = guard(HOT);
    for (int i = 0; i < 100; i++) {
      heat(guard, 71.0);
    }
    for (int i = 0; i < 29; i++) {
      assertThat(heat(guard, Double.NaN).cool()).isEmpty();
    }
    assertThat(heat(guard, Double.NaN).cool()).isEqualTo(PLATE);
  }

  @Test
  void whatAnEarlierRunHasTurnedOffRestsAnew() {
    List<HeatGuard.Hot> before = List.of(new HeatGuard.Hot("plate", "switch0"));
    HeatGuard guard = new HeatGuard(List.of(HOT), before, now);
    assertThat(guard.hot()).isEqualTo(before);
    assertThat(heat(guard, 50).cool()).isEmpty();
    assertThat(heat(guard, 39).cool()).isEqualTo(PLATE);
    guard = new HeatGuard(List.of(HOT), before, now);
    for (int i = 0; i < 29; i++) {
      assertThat(heat(guard, Double.NaN).cool()).isEmpty();
    }
    assertThat(heat(guard, Double.NaN).cool()).isEqualTo(PLATE);
  }

  @Test
  void twoRulesForOneDeviceDoNotDisturbEachOther() {
    HeatRule hotter =
        HOT.toBuilder().setOffCelsius(90).setOnCelsius(60).clearRails().addRails("switch1").build();
    HeatGuard guard = guard(HOT, hotter);
    heat(guard, 80);
    heat(guard, 80);
    assertThat(heat(guard, 80).hot()).isEqualTo(PLATE);
    heat(guard, 91);
    heat(guard, 91);
    assertThat(heat(guard, 91).hot())
        .containsExactly(new HeatGuard.Change("plate", List.of("switch1")));
    assertThat(heat(guard, 50).cool())
        .containsExactly(new HeatGuard.Change("plate", List.of("switch1")));
    assertThat(heat(guard, 39).cool()).isEqualTo(PLATE);
  }

  @Test
  void aRailOfTwoRulesIsCoolWhenItIsSoForBoth() {
    HeatRule hotter = HOT.toBuilder().setOffCelsius(90).setOnCelsius(60).build();
    HeatGuard guard = guard(hotter, HOT);
    for (int i = 0; i < 3; i++) {
      heat(guard, 91);
    }
    assertThat(heat(guard, 50).cool()).isEmpty();
    assertThat(guard.hot()).hasSize(1);
    assertThat(heat(guard, 39).cool()).isEqualTo(PLATE);
  }

  @Test
  void otherLimitsLeaveARailOffAndARuleThatIsGoneDoesNot() {
    HeatGuard guard = guard(HOT);
    for (int i = 0; i < 3; i++) {
      heat(guard, 71);
    }
    guard.use(List.of(HOT.toBuilder().setOnCelsius(30).build()));
    assertThat(guard.hot()).hasSize(1);
    assertThat(heat(guard, 35).cool()).isEmpty();
    guard.use(List.of(HOT.toBuilder().setDevice("other").build()));
    assertThat(guard.hot()).isEmpty();
  }

  private static RailHold hold(String rail, String holder) {
    return RailHold.newBuilder().setRail(rail).setHolder(holder).build();
  }

  @Test
  void railsComeBackOneByOneAndOnlyWhenNobodyHoldsThem() {
    RailSequencer rails = new RailSequencer(List.of(), List.of());
    rails.keepOff(List.of(hold("a", "power"), hold("b", "power"), hold("b", "heat")));
    assertThat(rails.held()).containsExactly("a", "b");
    rails.keepOff(List.of(hold("b", "heat")));
    assertThat(rails.held()).containsExactly("b");
    assertThat(rails.waiting()).containsExactly("a");
    assertThat(rails.next(0, 5 * SECOND, rail -> true)).contains("a");
    rails.keepOff(List.of());
    rails.keepOff(List.of());
    assertThat(rails.next(4 * SECOND, 5 * SECOND, rail -> true)).isEmpty();
    assertThat(rails.next(5 * SECOND, 5 * SECOND, rail -> true)).contains("b");
    assertThat(rails.next(99 * SECOND, 5 * SECOND, rail -> true)).isEmpty();
    rails.keepOff(List.of(hold("a", "power")));
    rails.keepOff(List.of());
    rails.keepOff(List.of(hold("a", "power")));
    assertThat(rails.next(200 * SECOND, SECOND, rail -> true)).isEmpty();
  }

  @Test
  void railsGoOnWhereAnEarlierRunHasEnded() {
    RailSequencer rails =
        new RailSequencer(List.of(hold("a", "power")), List.of("c", "a", "b", "c"));
    assertThat(rails.held()).containsExactly("a");
    assertThat(rails.waiting()).containsExactly("c", "b");
    rails.keepOff(List.of());
    assertThat(rails.waiting()).containsExactly("c", "b", "a");
  }

  @Test
  void commandLossRunsOutOncePerSilence() {
    CommandLoss loss = new CommandLoss(0, 0, 100 * SECOND);
    assertThat(loss.ranOut(0, 159 * SECOND, 60 * SECOND)).isFalse();
    assertThat(loss.leftNanos(159 * SECOND, 60 * SECOND)).isEqualTo(SECOND);
    assertThat(loss.ranOut(0, 160 * SECOND, 60 * SECOND)).isTrue();
    assertThat(loss.ranOut(0, 219 * SECOND, 60 * SECOND)).isFalse();
    assertThat(loss.ranOut(0, 220 * SECOND, 60 * SECOND)).isTrue();
    assertThat(loss.ranOut(230 * SECOND, 289 * SECOND, 60 * SECOND)).isFalse();
    assertThat(loss.ranOut(230 * SECOND, 290 * SECOND, 60 * SECOND)).isTrue();
    assertThat(loss.ranOut(230 * SECOND, 9_000 * SECOND, 0)).isFalse();
    assertThat(loss.leftNanos(9_000 * SECOND, 0)).isZero();
  }

  @Test
  void commandLossOutlivesARestartButNotMissionTimeThatBeganAnew() {
    assertThat(leftAt100(50, 0)).isEqualTo(10);
    assertThat(leftAt100(50, 45)).isEqualTo(10);
    // it began, or ran out, later than ground was heard last
    assertThat(leftAt100(0, 45)).isEqualTo(5);
    assertThat(leftAt100(20, 80)).isEqualTo(40);
    assertThat(leftAt100(500, 0)).isEqualTo(60);
    assertThat(leftAt100(500, 450)).isEqualTo(60);
    assertThat(leftAt100(70, 450)).isEqualTo(30);
  }

  private static long leftAt100(long heard, long since) {
    return new CommandLoss(heard * SECOND, since * SECOND, 100 * SECOND)
            .leftNanos(100 * SECOND, 60 * SECOND)
        / SECOND;
  }

  @Test
  void aRailThatDidNotComeOnWaitsBehindTheOthersUntilItIsReady() {
    RailSequencer rails = new RailSequencer(List.of(), List.of("a", "b"));
    assertThat(next(rails, 0)).contains("a");
    rails.again("a");
    assertThat(rails.waiting()).containsExactly("b", "a");
    assertThat(next(rails, 2)).contains("b");
    assertThat(rails.next(8 * SECOND, SECOND, rail -> !rail.equals("a"))).isEmpty();
    assertThat(next(rails, 9)).contains("a");
    // held anew, it waits no more
    rails.keepOff(List.of(hold("a", "power")));
    rails.again("a");
    assertThat(rails.waiting()).isEmpty();
    rails.keepOff(List.of());
    assertThat(rails.waiting()).containsExactly("a");
    rails.letGo(List.of("a"));
    assertThat(rails.waiting()).isEmpty();
  }

  private static Optional<String> next(RailSequencer rails, int seconds) {
    return rails.next(seconds * SECOND, SECOND, rail -> true);
  }
}
