package org.heliostat.hil.ground;

import static org.mockito.AdditionalAnswers.delegatesTo;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyBoolean;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Files on a disk that fails when it is told to. A force that fails drops what was written since
 * the one before, as a kernel may, and the next one works.
 */
final class FailingFiles implements ArchiveFiles {
  /** Names of the files and folders whose next force fails. */
  final Set<String> failingOnce = new HashSet<>();

  /** Names of the files that take no more. */
  final Set<String> full = new HashSet<>();

  int forces;

  /** Folders that were forced, in order. */
  final List<Path> folders = new ArrayList<>();

  /** Looks at the disk after each change of a file: what a kill then would have left. */
  Runnable afterEachChange = () -> {};

  int changes;

  @Override
  public FileChannel open(Path file) throws IOException {
    String name = String.valueOf(file.getFileName());
    FileChannel real = ArchiveFiles.super.open(file);
    FileChannel channel = mock(FileChannel.class, delegatesTo(real));
    byte[][] safe = {Files.readAllBytes(file)};
    doAnswer(
            call -> {
              forces++;
              if (failingOnce.remove(name)) {
                real.truncate(0);
                real.write(ByteBuffer.wrap(safe[0]), 0);
                throw new IOException("I/O error");
              }
              real.force(false);
              safe[0] = Files.readAllBytes(file);
              changed();
              return null;
            })
        .when(channel)
        .force(anyBoolean());
    doAnswer(
            call -> {
              if (full.contains(name)) {
                throw new IOException("No space left on device");
              }
              int written = real.write(call.<ByteBuffer>getArgument(0), call.<Long>getArgument(1));
              changed();
              return written;
            })
        .when(channel)
        .write(any(ByteBuffer.class), anyLong());
    doAnswer(
            call -> {
              FileChannel unused = real.truncate(call.<Long>getArgument(0));
              changed();
              return channel;
            })
        .when(channel)
        .truncate(anyLong());
    return channel;
  }

  @Override
  public void forceFolder(Path folder) throws IOException {
    if (failingOnce.remove(String.valueOf(folder.getFileName()))) {
      throw new IOException("I/O error");
    }
    ArchiveFiles.super.forceFolder(folder);
    folders.add(folder);
  }

  private void changed() {
    changes++;
    afterEachChange.run();
  }
}
