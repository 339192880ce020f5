package org.heliostat.hil.power;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.heliostat.hil.terminal.TerminalText;

/**
 * A disk that loses its power so many times: in each boot the guest checks what is there, then
 * writes until its machine is killed in the middle of a write, and its disk loses what chance takes
 * of what was not flushed (see {@link VolatileDisk}). One boot more shows what the last cut has
 * left.
 */
public final class PowerLossSeries {
  /** Cuts on one disk. */
  public static final int MOST = 5;

  private static final long DISK_BYTES = 96L << 20;
  private static final int EARLY_WRITES = 200;
  private static final int WRITES = 2500;
  // most writes are flushed one by one; a commit of the file system's journal is not
  private static final int MOST_UNFLUSHED = 48;
  private static final double READY_SECONDS = 240;
  private static final double CUT_SECONDS = 120;
  private static final int SEED_STEP = 1000;
  private static final Gson PRETTY =
      new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

  private final Path script;
  private final Path work;
  private final Path out;
  private final Guest guest;
  private final PowerLossJudge judge = new PowerLossJudge();
  private final JsonArray runs = new JsonArray();
  private final JsonArray violations = new JsonArray();
  private Optional<GuestMachine> machine = Optional.empty();
  private Optional<VolatileDisk.Cut> cut = Optional.empty();
  private Optional<Path> socket = Optional.empty();

  /** What is run in the guest: a command, to which what it has to know is added. */
  public interface Guest {
    /**
     * The command line.
     *
     * @param boot number of the boot, from 0
     * @param lastDone highest command that was completed before
     * @param tried highest command that was begun before
     */
    List<String> command(int boot, long lastDone, long tried);
  }

  /** The guest, or its disk, cannot be had. */
  public static final class NoGuest extends Exception {
    private static final long serialVersionUID = 1L;

    NoGuest(String why) {
      super(why);
    }
  }

  /**
   * A series that leaves its files in a folder.
   *
   * @param script {@code hil/qemu/guest}
   * @param work where the guest's kernel is, or is to be brought to
   */
  public PowerLossSeries(Path script, Path work, Path out, Guest guest) {
    this.script = script;
    this.work = work;
    this.out = out;
    this.guest = guest;
  }

  /** Ends the machine, whatever it does, and takes its socket away; for the end of the process. */
  public synchronized void end() {
    machine.ifPresent(GuestMachine::close);
    socket.ifPresent(PowerLossSeries::remove);
  }

  private static void remove(Path socket) {
    try {
      Files.deleteIfExists(socket);
      Files.deleteIfExists(socket.resolveSibling(""));
    } catch (IOException e) {
      System.err.println(socket + " cannot be removed: " + e);
    }
  }

  /**
   * Cuts the power.
   *
   * @return whether all that was promised was kept
   * @throws NoGuest with what is missing
   */
  public boolean fly(int cuts, long seed, String image)
      throws NoGuest, IOException, InterruptedException {
    long started = System.nanoTime();
    Files.createDirectories(out);
    Files.createDirectories(work);
    Path file = out.resolve("disk.img");
    makeDisk(file);
    // a guest that does not come so far as to be cut is a violation, and the end
    for (int boot = 0; boot <= cuts && runs.size() == boot; boot++) {
      boot(file, boot, boot == cuts, new Random(SEED_STEP * seed + boot));
    }
    JsonObject summary = new JsonObject();
    summary.addProperty("passed", violations.isEmpty());
    summary.addProperty("seed", seed);
    summary.addProperty("duration", Math.round((System.nanoTime() - started) / 1e6) / 1e3);
    summary.add("runs", runs);
    summary.add("violations", violations);
    JsonObject seen = new JsonObject();
    seen.addProperty("records_acknowledged", judge.records());
    seen.addProperty("commands_completed", judge.lastDone());
    seen.addProperty("bytes_left_out", judge.recovered());
    summary.add("seen", seen);
    JsonObject versions = new JsonObject();
    versions.addProperty("image", image);
    summary.add("versions", versions);
    Files.writeString(out.resolve("summary.json"), PRETTY.toJson(summary) + "\n");
    if (violations.isEmpty()) {
      Files.delete(file);
    }
    return violations.isEmpty();
  }

  private static void makeDisk(Path file) throws NoGuest, IOException, InterruptedException {
    Files.deleteIfExists(file);
    try (RandomAccessFile disk = new RandomAccessFile(file.toFile(), "rw")) {
      disk.setLength(DISK_BYTES);
    }
    try {
      Process made =
          new ProcessBuilder(
                  "mke2fs",
                  "-q",
                  "-F",
                  "-t",
                  "ext4",
                  // Linux 6.1 does not mount where the last commit block of a journal with
                  // checksums is torn, and a block here is two sectors
                  "-O",
                  "^metadata_csum",
                  "-E",
                  "lazy_itable_init=0,nodiscard",
                  file.toString())
              .redirectErrorStream(true)
              .start();
      String said =
          new String(made.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      if (made.waitFor() != 0) {
        throw new NoGuest("mke2fs makes no file system: " + said.strip());
      }
    } catch (IOException e) {
      throw new NoGuest("mke2fs cannot be started (Debian: e2fsprogs): " + e.getMessage());
    }
  }

  private void boot(Path file, int boot, boolean last, Random random)
      throws NoGuest, IOException, InterruptedException {
    // a socket's path is short
    Path socket = Files.createTempDirectory("hsdisk").resolve("nbd");
    synchronized (this) {
      this.socket = Optional.of(socket);
    }
    cut(Optional.empty());
    try (VolatileDisk disk = new VolatileDisk(file);
        NbdServer server =
            new NbdServer(
                disk,
                socket,
                () -> {
                  try {
                    cut(Optional.of(disk.cut(random)));
                  } catch (IOException e) {
                    System.err.println("disk: " + e);
                  }
                  kill();
                })) {
      judge.boot();
      GuestMachine running =
          new GuestMachine(
              script, work, socket, guest.command(boot, judge.lastDone(), judge.tried()));
      synchronized (this) {
        machine = Optional.of(running);
      }
      try (running) {
        List<String> said = new ArrayList<>();
        listen(running, server, boot, last, random, said);
        running.await();
        // what it said in its last moment
        take(running.lines(), said);
        Files.write(out.resolve("boot-" + boot + ".log"), said);
      }
      judged(boot, server.writes());
    } finally {
      remove(socket);
    }
  }

  private synchronized Optional<VolatileDisk.Cut> cut() {
    return cut;
  }

  private synchronized void cut(Optional<VolatileDisk.Cut> now) {
    cut = now;
  }

  private synchronized void kill() {
    machine.ifPresent(GuestMachine::kill);
  }

  private void listen(
      GuestMachine running,
      NbdServer server,
      int boot,
      boolean last,
      Random random,
      List<String> said)
      throws NoGuest, IOException, InterruptedException {
    long begun = System.nanoTime();
    boolean armed = false;
    // every other cut comes while the first things are written, the others when all is in full
    // swing
    boolean early = boot % 2 == 1;
    long before = judge.lastDone();
    while (running.running() && cut().isEmpty()) {
      take(running.lines(), said);
      double seconds = (System.nanoTime() - begun) / 1e9;
      if (last && judge.ready()) {
        running.kill();
        return;
      }
      if (!armed && judge.ready() && (early || judge.lastDone() > before)) {
        armed = true;
        begun = System.nanoTime();
        server.cutAfter(
            1 + random.nextInt(early ? EARLY_WRITES : WRITES), random.nextInt(MOST_UNFLUSHED));
      } else if (seconds > (armed ? CUT_SECONDS : READY_SECONDS)) {
        break;
      }
    }
    if (running.skipped()) {
      throw new NoGuest(running.why());
    }
    if (cut().isEmpty()) {
      violated(
          boot,
          "the guest "
              + (armed ? "writes no more" : "does not come so far as to write")
              + ": "
              + running.why());
      running.close();
    }
  }

  private void take(List<String> lines, List<String> said) {
    for (String line : lines) {
      said.add(line);
      judge.take(line);
    }
  }

  /** Notes what must not be; it follows the cut before the boot that it is seen in. */
  private void violated(int cut, String what) {
    JsonObject row = new JsonObject();
    row.addProperty("run", cut);
    row.addProperty("what", what);
    violations.add(row);
    if (cut > 0 && cut <= runs.size()) {
      runs.get(cut - 1).getAsJsonObject().addProperty("outcome", "violated");
    }
    System.out.println("VIOLATED by cut " + cut + ": " + TerminalText.line(what));
  }

  /** A boot shows what the cut before it has left, and ends in the next one. */
  private void judged(int boot, long writes) {
    Optional<VolatileDisk.Cut> cut = cut();
    judge.violations().forEach(violation -> violated(boot, violation));
    if (cut.isPresent()) {
      JsonObject run = new JsonObject();
      run.addProperty("run", boot + 1);
      run.addProperty("outcome", "survived");
      run.addProperty("in_write", writes);
      run.addProperty("sectors_unflushed", cut.get().unflushed());
      run.addProperty("sectors_lost", cut.get().lost());
      runs.add(run);
      System.out.printf(
          "cut %d in write %d: of %d sectors that were not flushed %d are lost; so far %d records"
              + " acknowledged, %d commands completed%n",
          boot + 1,
          writes,
          cut.get().unflushed(),
          cut.get().lost(),
          judge.records(),
          judge.lastDone());
    }
  }
}
