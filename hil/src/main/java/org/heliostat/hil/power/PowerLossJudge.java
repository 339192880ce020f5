package org.heliostat.hil.power;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Holds what a guest finds after a power loss against what it said before: every number that was
 * acknowledged reads with its checksum, nothing is served that was not written, no number is given
 * twice, the newest completed table is the active one and whole, a command that has run does not
 * run again. One boot after the other; one thread.
 *
 * <p>The guest says a line for each thing: {@code put CRC LENGTH} before a record is appended,
 * {@code ack NUMBER CRC LENGTH} after, {@code free NUMBER...} before some are confirmed, {@code try
 * N} before a command, {@code done N} after its end, {@code noted N} when its state is on disk; at
 * boot {@code have NUMBER CRC LENGTH}, {@code bad NUMBER WHY}, {@code table N whole|broken}, {@code
 * state N}, {@code replay N dropped|ran}, {@code reported N}, {@code recovered BYTES}, then {@code
 * ready}.
 */
final class PowerLossJudge {
  private final Map<Long, String> acknowledged = new HashMap<>();
  private final Set<Long> freed = new HashSet<>();
  private final Set<String> put = new HashSet<>();
  private final Set<Long> done = new HashSet<>();
  private final Set<Long> unreported = new HashSet<>();
  private final List<String> violations = new ArrayList<>();
  private final Set<Long> found = new HashSet<>();
  private long tried;
  private long lastDone;
  private long noted;
  private long records;
  private long recovered;
  private boolean booting;
  private boolean ready;
  private boolean tableSeen;
  private boolean stateSeen;

  /** A boot begins. */
  void boot() {
    booting = true;
    ready = false;
    tableSeen = false;
    stateSeen = false;
    found.clear();
  }

  /** Whether this boot has shown all that it found. */
  boolean ready() {
    return ready;
  }

  /** The highest number that was tried as a command, and the highest that was completed. */
  long tried() {
    return tried;
  }

  long lastDone() {
    return lastDone;
  }

  /** Records that were acknowledged, in all boots. */
  long records() {
    return records;
  }

  /** Bytes that recoveries left out, in all boots. */
  long recovered() {
    return recovered;
  }

  /** What has been wrong since this was asked last. */
  List<String> violations() {
    List<String> all = List.copyOf(violations);
    violations.clear();
    return all;
  }

  /** Takes a line of the guest; one that is none of its own is left alone. */
  void take(String line) {
    String[] words = line.strip().split(" ", -1);
    try {
      switch (words[0]) {
        case "put" -> put.add(words[1] + " " + words[2]);
        case "ack" -> acknowledged(Long.parseLong(words[1]), words[2] + " " + words[3]);
        case "free" -> {
          for (int i = 1; i < words.length; i++) {
            freed.add(Long.parseLong(words[i]));
          }
        }
        case "try" -> tried = Math.max(tried, Long.parseLong(words[1]));
        case "done" -> {
          lastDone = Math.max(lastDone, Long.parseLong(words[1]));
          done.add(lastDone);
          unreported.add(lastDone);
        }
        case "noted" -> noted = Math.max(noted, Long.parseLong(words[1]));
        case "have" -> found(Long.parseLong(words[1]), words[2] + " " + words[3]);
        case "bad" -> violations.add("a record does not read: " + line);
        case "table" -> table(Long.parseLong(words[1]), words[2]);
        case "state" -> state(Long.parseLong(words[1]));
        case "replay" -> {
          if (words[2].equals("ran")) {
            violations.add("command " + words[1] + " ran twice");
          }
        }
        case "reported" -> unreported.remove(Long.parseLong(words[1]));
        case "recovered" -> recovered += Long.parseLong(words[1]);
        case "ready" -> allFound();
        default -> {
          // the console has other things to say
        }
      }
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      // half a line is what a cut may leave
    }
  }

  private void acknowledged(long number, String content) {
    records++;
    String before = acknowledged.put(number, content);
    if (before != null) {
      violations.add("record number %d was given twice".formatted(number));
    }
  }

  private void found(long number, String content) {
    found.add(number);
    String wanted = acknowledged.get(number);
    if (wanted != null && !wanted.equals(content)) {
      violations.add("record %d is %s, and was %s".formatted(number, content, wanted));
    } else if (wanted == null && !put.contains(content)) {
      violations.add("record %d was never written: %s".formatted(number, content));
    }
    // what is served goes to ground, so from now on it must stay
    acknowledged.put(number, content);
  }

  private void table(long number, String whole) {
    tableSeen = true;
    if (!whole.equals("whole")) {
      violations.add("table %d is half another one".formatted(number));
    }
    if (number < lastDone || number > tried) {
      violations.add(
          "table %d is active; %d was completed, %d begun".formatted(number, lastDone, tried));
    }
  }

  private void state(long number) {
    stateSeen = true;
    if (number < noted || number > tried) {
      violations.add("state %d; %d was on disk, %d begun".formatted(number, noted, tried));
    }
  }

  private void allFound() {
    if (!booting) {
      return;
    }
    booting = false;
    ready = true;
    acknowledged.keySet().stream()
        .filter(number -> !freed.contains(number) && !found.contains(number))
        .sorted()
        .forEach(number -> violations.add("record %d is lost".formatted(number)));
    unreported.stream()
        .sorted()
        .forEach(number -> violations.add("the report of command %d is lost".formatted(number)));
    unreported.clear();
    if (!tableSeen || !stateSeen) {
      violations.add("the guest did not say what it found");
    }
    // what was not found now must not turn up later
    put.clear();
  }
}
