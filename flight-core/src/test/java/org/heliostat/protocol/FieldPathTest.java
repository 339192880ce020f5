package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.OptionalDouble;
import org.heliostat.protocol.FieldPath.BadPath;
import org.junit.jupiter.api.Test;

class FieldPathTest {
  private static final Housekeeping PACKET =
      Housekeeping.newBuilder()
          .setMode(Mode.NOMINAL)
          .setBusVolts(24.5f)
          .setBoardCelsius(Float.NaN)
          .setGolden(true)
          .addCards(CardStatus.newBuilder().setName("card0").setCelsius(40))
          .addCards(CardStatus.newBuilder().setName("card1").setCelsius(50))
          .addValues(DeviceValue.newBuilder().setDevice("radiator").setCelsius(-10))
          .addAppValues(AppValue.newBuilder().setApp("payload").setName("queue").setValue(3))
          .setRecorder(
              RecorderStatus.newBuilder()
                  .addPriorities(
                      PriorityStatus.newBuilder().setPriority(RecordPriority.ALERT).setRecords(7)))
          .build();

  private static FieldPath path(String text) throws BadPath {
    return FieldPath.of(Housekeeping.getDescriptor(), text);
  }

  private static OptionalDouble number(String text) throws BadPath {
    return path(text).number(PACKET);
  }

  @Test
  void findsNumbersByTheirPath() throws BadPath {
    assertThat(number("bus_volts")).hasValue(24.5);
    assertThat(number("mode")).hasValue(3);
    assertThat(number("golden")).hasValue(1);
    assertThat(number("cards.card1.celsius")).hasValue(50);
    assertThat(number("cards.0.celsius")).hasValue(40);
    assertThat(number("values.radiator.celsius")).hasValue(-10);
    assertThat(number("app_values.payload/queue.value")).hasValue(3);
    assertThat(number("recorder.priorities.ALERT.records")).hasValue(7);
    assertThat(path("bus_volts")).hasToString("bus_volts");
  }

  @Test
  void whatIsNotThereIsNoNumber() throws BadPath {
    assertThat(number("bus_watts")).isEmpty();
    assertThat(number("board_celsius")).isEmpty();
    assertThat(number("cards.card2.celsius")).isEmpty();
    assertThat(number("cards.2.celsius")).isEmpty();
    assertThat(number("cards.card0.watts")).isEmpty();
    assertThat(number("values.radiator.power.volts")).isEmpty();
    assertThat(number("memory.threads")).isEmpty();
    assertThat(number("cards.card0.name")).isEmpty();
    assertThat(path("cards.card0.name").isNumber()).isFalse();
    assertThat(path("cards.card0").isNumber()).isFalse();
    assertThat(path("golden").isNumber()).isTrue();
  }

  @Test
  void aPathThatCannotBeIsRefused() {
    assertThatThrownBy(() -> path("volts")).hasMessageContaining("is no field of Housekeeping");
    assertThatThrownBy(() -> path("")).isInstanceOf(BadPath.class);
    assertThatThrownBy(() -> path("bus_volts.x")).hasMessageContaining("goes on behind a value");
    assertThatThrownBy(() -> path("cards")).hasMessageContaining("name or index");
    assertThatThrownBy(() -> path("cards.")).hasMessageContaining("name or index");
    assertThatThrownBy(() -> path("a.".repeat(FieldPath.MOST_STEPS) + "a"))
        .hasMessageContaining("more than");
    assertThatThrownBy(() -> FieldPath.of(DeviceConfig.getDescriptor(), "parameters.key"))
        .hasMessageContaining("is no field of DeviceConfig");
  }

  @Test
  void setsOneValueAndNothingElse() throws BadPath {
    assertThat(path("bus_volts").with(PACKET, "12.5").getBusVolts()).isEqualTo(12.5f);
    assertThat(path("mode").with(PACKET, "SAFE").getMode()).isEqualTo(Mode.SAFE);
    Housekeeping changed = path("cards.card1.celsius").with(PACKET, "-3");
    assertThat(changed.getCards(1).getCelsius()).isEqualTo(-3);
    assertThat(changed.toBuilder().setCards(1, PACKET.getCards(1)).build()).isEqualTo(PACKET);
    assertThat(path("cards.0").with(PACKET, "{ name: \"x\" }").getCards(0))
        .isEqualTo(CardStatus.newBuilder().setName("x").build());
    // what is on the way is made
    assertThat(path("memory.threads").with(PACKET, "4").getMemory().getThreads()).isEqualTo(4);
    assertThat(path("cards.card0.name").with(PACKET, "\"y\"").getCards(0).getName()).isEqualTo("y");
  }

  @Test
  void aValueThatDoesNotFitIsRefused() throws BadPath {
    FieldPath volts = path("bus_volts");
    for (String wrong :
        new String[] {"", "much", "1 bus_watts: 2", "1 bus_volts: 2", "}", "{ }", "[1, 2]"}) {
      assertThatThrownBy(() -> volts.with(PACKET, wrong)).as(wrong).isInstanceOf(BadPath.class);
    }
    FieldPath list = path("cards.0");
    assertThatThrownBy(() -> list.with(PACKET, "{} cards: {}")).isInstanceOf(BadPath.class);
    FieldPath nobody = path("cards.card7.celsius");
    assertThatThrownBy(() -> nobody.with(PACKET, "1")).hasMessageContaining("no element");
  }

  @Test
  void textIsWhatMayBeSetAgain() throws BadPath {
    for (String text :
        new String[] {"bus_volts", "mode", "golden", "cards.card0.name", "cards.1", "recorder"}) {
      FieldPath path = path(text);
      String value = path.text(PACKET).orElseThrow();
      assertThat(path.with(PACKET, value)).as(text + " " + value).isEqualTo(PACKET);
    }
    assertThat(path("mode").text(PACKET)).contains("NOMINAL");
    assertThat(path("bus_watts").text(PACKET)).isEmpty();
  }
}
