package org.heliostat.tests.bench;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.Recorder.Item;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.core.recorder.RecorderFault;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.FilePart;

/**
 * Durable records of 1 KiB, beside bare writes to a file that has its length already, forced as
 * often. In a process of its own with the flight's flags; the argument is a folder on the disk that
 * is measured. Prints {@code name value} lines.
 */
final class RecorderLoops {
  private static final int ROUNDS = 41;

  /** Until what runs often is compiled as well as it will be. */
  private static final int WARM_UP = 30;

  private static final int BYTES = 1024;
  private static final int TOGETHER = 64;
  private static final int SINGLES = 100;
  private static final int GROUPS = 20;
  private static final int FILE_BYTES = 8 << 20;

  private final Recorder recorder;
  private final FileChannel bare;
  private final ByteBuffer block = ByteBuffer.allocateDirect(BYTES);
  private final List<Long> stored = Collections.synchronizedList(new ArrayList<>());
  private final Downlink record;
  private int at;

  private RecorderLoops(Path folder) throws IOException {
    recorder = Recorder.open(folder.resolve("recorder"), 1 << 20, 16 << 20);
    bare =
        FileChannel.open(
            folder.resolve("bare"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    ByteBuffer zeros = ByteBuffer.allocateDirect(FILE_BYTES);
    bare.write(zeros, 0);
    bare.force(true);
    record =
        Downlink.newBuilder()
            .setFilePart(FilePart.newBuilder().setContent(ByteString.copyFrom(new byte[BYTES - 8])))
            .build();
  }

  /** A number of records is stored. */
  private interface Work {
    void run() throws IOException, RecorderFault, InterruptedException;
  }

  public static void main(String[] arguments) throws Exception {
    Path folder = Files.createDirectories(Path.of(arguments[0]));
    clear(folder.resolve("recorder"));
    RecorderLoops loops = new RecorderLoops(folder);
    loops.measure();
    loops.recorder.close();
    System.exit(0);
  }

  /** Of an earlier run. */
  private static void clear(Path recorder) throws IOException {
    if (Files.exists(recorder)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(recorder)) {
        for (Path file : files) {
          Files.delete(file);
        }
      }
    }
  }

  private void measure() throws IOException, RecorderFault, InterruptedException {
    double[][] rates = new double[5][ROUNDS];
    for (int round = -WARM_UP; round < ROUNDS; round++) {
      double[] now = {
        rate(SINGLES, this::recordOneByOne),
        rate(SINGLES, this::writeOneByOne),
        rate(GROUPS * TOGETHER, this::recordTogether),
        rate(GROUPS * TOGETHER, this::writeTogether),
        rate(GROUPS * TOGETHER, this::recordFromManyThreads)
      };
      for (int i = 0; i < now.length && round >= 0; i++) {
        rates[i][round] = now[i];
      }
      // as ground would; outside of what is measured
      recorder.confirm(stored);
      stored.clear();
    }
    String[] names = {"record_1", "bare_1", "record_64", "bare_64", "threads_64"};
    for (int i = 0; i < names.length; i++) {
      System.out.println(
          names[i] + " " + String.format(Locale.ROOT, "%.6g", Loops.median(rates[i])));
    }
  }

  private static double rate(int records, Work work)
      throws IOException, RecorderFault, InterruptedException {
    long start = System.nanoTime();
    work.run();
    return records / ((System.nanoTime() - start) / 1e9);
  }

  private void recordOneByOne() throws RecorderFault {
    for (int i = 0; i < SINGLES; i++) {
      stored.add(recorder.append(Priority.PRODUCT, record));
    }
  }

  private void recordTogether() throws RecorderFault {
    List<Item> items = Collections.nCopies(TOGETHER, new Item(Priority.PRODUCT, record, 0));
    for (int i = 0; i < GROUPS; i++) {
      stored.addAll(recorder.appendAll(items));
    }
  }

  private void recordFromManyThreads() throws InterruptedException {
    CountDownLatch done = new CountDownLatch(TOGETHER);
    for (int t = 0; t < TOGETHER; t++) {
      new Thread(
              () -> {
                try {
                  for (int i = 0; i < GROUPS; i++) {
                    stored.add(recorder.append(Priority.PRODUCT, record));
                  }
                } catch (RecorderFault e) {
                  throw new IllegalStateException(e);
                } finally {
                  done.countDown();
                }
              })
          .start();
    }
    done.await();
  }

  private void writeOneByOne() throws IOException {
    for (int i = 0; i < SINGLES; i++) {
      write();
      bare.force(false);
    }
  }

  private void writeTogether() throws IOException {
    for (int i = 0; i < GROUPS; i++) {
      for (int j = 0; j < TOGETHER; j++) {
        write();
      }
      bare.force(false);
    }
  }

  private void write() throws IOException {
    block.clear();
    bare.write(block, at);
    at = (at + BYTES) % FILE_BYTES;
  }
}
