package org.heliostat.hil.rig;

import com.google.protobuf.Descriptors.FieldDescriptor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.heliostat.protocol.Scenario;
import org.heliostat.protocol.SchemaCheck.Problem.Step;
import org.heliostat.protocol.TextFiles;
import org.heliostat.protocol.TextFiles.BadTextFile;
import org.heliostat.protocol.TextFiles.Located;

/** Reads a scenario, and checks what the schema cannot say. */
public final class ScenarioFile {
  private ScenarioFile() {}

  /**
   * Reads a scenario for a board with so many cards.
   *
   * @throws BadTextFile with file, line and field of each problem
   */
  public static Scenario read(Path file, int cards) throws BadTextFile {
    Located<Scenario> located = TextFiles.read(file, Scenario.getDefaultInstance());
    Scenario scenario = located.message();
    List<String> problems = new ArrayList<>();
    for (int i = 0; i < scenario.getContactsCount(); i++) {
      Scenario.Window window = scenario.getContacts(i);
      if (window.getCloseS() <= window.getOpenS()) {
        problems.add(
            place(located, "contacts", i) + ": contacts[" + i + "] closes before it opens");
      }
    }
    if (scenario.getFaultsCount() > Faults.MOST) {
      problems.add(place(located, "faults", Faults.MOST) + ": faults are more than " + Faults.MOST);
    }
    for (int i = 0; i < scenario.getFaultsCount(); i++) {
      String problem = problem(scenario.getFaults(i), cards);
      if (!problem.isEmpty()) {
        problems.add(place(located, "faults", i) + ": faults[" + i + "] " + problem);
      }
    }
    if (!problems.isEmpty()) {
      throw new BadTextFile(problems);
    }
    return scenario;
  }

  private static String problem(Scenario.Fault fault, int cards) {
    return switch (fault.getKindCase()) {
      case KILL_WORKER -> card(fault.getKillWorker().getCard(), cards);
      case HEAT_CARD -> card(fault.getHeatCard().getCard(), cards);
      case CARD_LOST -> card(fault.getCardLost().getCard(), cards);
      case RESET_INA226 ->
          part(fault.getResetIna226().getBus(), fault.getResetIna226().getAddress(), 0x40, cards);
      case SENSOR_ABSENT -> {
        int address = fault.getSensorAbsent().getAddress();
        yield part(fault.getSensorAbsent().getBus(), address, address >= 0x48 ? 0x48 : 0x40, cards);
      }
      case BROKER_OUTAGE -> "";
      case KIND_NOT_SET -> "says nothing of what is to go wrong";
    };
  }

  private static String card(int card, int cards) {
    return card < cards
        ? ""
        : "is about card " + card + ", there are " + cards + " (0 to " + (cards - 1) + ")";
  }

  private static String part(int bus, int address, int first, int cards) {
    return bus == BoardMap.BUS && address >= first && address <= first + cards
        ? ""
        : "is about a part that is not on the board: bus %d, address 0x%02x"
            .formatted(bus, address);
  }

  private static String place(Located<Scenario> located, String field, int index) {
    FieldDescriptor descriptor = Scenario.getDescriptor().findFieldByName(field);
    return located.place(List.of(new Step(descriptor, index)));
  }
}
