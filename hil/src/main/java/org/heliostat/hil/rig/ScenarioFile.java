package org.heliostat.hil.rig;

import com.google.protobuf.Descriptors.FieldDescriptor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.heliostat.protocol.Scenario;
import org.heliostat.protocol.SchemaCheck.Problem.Step;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.TextFiles;
import org.heliostat.protocol.TextFiles.BadTextFile;
import org.heliostat.protocol.TextFiles.Located;

/** Reads a scenario, and checks what the schema cannot say. */
public final class ScenarioFile {
  private ScenarioFile() {}

  /**
   * Reads a scenario for a board with so many cards, and with a disk of the rig if it asks for one.
   *
   * @throws BadTextFile with file, line and field of each problem
   */
  public static Scenario read(Path file, int cards) throws BadTextFile {
    return read(file, cards, Optional.empty());
  }

  /**
   * Reads a scenario for a board with so many cards.
   *
   * @param storage what plays faults of the disk; those that it cannot play are problems
   * @throws BadTextFile with file, line and field of each problem
   */
  static Scenario read(Path file, int cards, StorageFaults storage) throws BadTextFile {
    return read(file, cards, Optional.of(storage));
  }

  private static Scenario read(Path file, int cards, Optional<StorageFaults> given)
      throws BadTextFile {
    Located<Scenario> located = TextFiles.read(file, Scenario.getDefaultInstance());
    Scenario scenario = located.message();
    StorageFaults storage =
        given.orElse(
            scenario.getFlight().getRigStorage() ? StorageFaults.PLANNED : StorageFaults.NONE);
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
      String problem = FaultTable.problem(scenario.getFaults(i), cards, storage);
      if (!problem.isEmpty()) {
        problems.add(place(located, "faults", i) + ": faults[" + i + "] " + problem);
      }
    }
    for (int i = 0; i < scenario.getCommandsCount(); i++) {
      if (scenario.getCommands(i).getTelecommand().getCommandCase()
          == Telecommand.CommandCase.COMMAND_NOT_SET) {
        problems.add(
            place(located, "commands", i) + ": commands[" + i + "] does not say what is sent");
      }
    }
    if (!problems.isEmpty()) {
      throw new BadTextFile(problems);
    }
    return scenario;
  }

  private static String place(Located<Scenario> located, String field, int index) {
    FieldDescriptor descriptor = Scenario.getDescriptor().findFieldByName(field);
    return located.place(List.of(new Step(descriptor, index)));
  }
}
