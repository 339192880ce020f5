package org.heliostat.payload.card;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.heliostat.payload.worker.WorkerChannel;
import org.heliostat.protocol.FromWorker;
import org.heliostat.protocol.ToWorker;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class WorkerProcessTest {
  /** Bytes of the path of a Unix socket. */
  private static final int LONGEST_SOCKET = 107;

  @TempDir private Path folder;
  private Path run;

  @BeforeEach
  void runFolder() throws IOException {
    // a Unix socket's path is short, so not in a folder that a test framework names
    run = Files.createTempDirectory("p");
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    assertThat(run).isEmptyDirectory();
    Files.delete(run);
  }

  @Test
  void aSocketFitsTheLongestRunFolderThatTheLauncherMakes() {
    Path longest = Path.of("/" + "r".repeat(74), "flight");
    byte[] path = WorkerProcess.socket(longest).toString().getBytes(StandardCharsets.UTF_8);
    assertThat(path.length).isLessThanOrEqualTo(LONGEST_SOCKET);
    // as long as the host may run
    int name = Long.toString(Long.MAX_VALUE, 36).length();
    assertThat(longest.toString().length() + "/w-.sock".length() + name)
        .isLessThanOrEqualTo(LONGEST_SOCKET);
  }

  @Test
  void noTwoSocketsHaveOneNameAndAllAreRemoved() throws IOException {
    long instant = System.nanoTime();
    Path one = Files.createFile(WorkerProcess.socket(run, instant));
    Path other = Files.createFile(WorkerProcess.socket(run, instant));
    assertThat(one).isNotEqualTo(other);
    WorkerProcess.removeSockets(run);
    assertThat(run).isEmptyDirectory();
  }

  @Test
  @SuppressWarnings("unchecked")
  void aChannelThatCannotBeClosedLeavesNoSocket() throws Exception {
    WorkerChannel<FromWorker, ToWorker> channel = mock(WorkerChannel.class);
    doThrow(new IOException("no")).when(channel).close();
    Process process = mock(Process.class);
    when(process.waitFor(anyLong(), any())).thenReturn(true);
    Path socket = WorkerProcess.socket(run);
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    new WorkerProcess(process, server, socket, channel).close();
    assertThat(server.isOpen()).isFalse();
    assertThat(socket).doesNotExist();
  }

  @Test
  void aLargeLogIsPutAsideAtAStartAndOnlyOneIsKept() throws IOException {
    Path log = folder.resolve("worker-card0.log");
    Path older = folder.resolve("worker-card0.log.1");
    Files.writeString(older, "oldest");
    String large = "x".repeat((int) WorkerProcess.MAX_LOG_BYTES);
    Files.writeString(log, large);
    start(log);
    assertThat(log).hasContent(large + "said");
    assertThat(older).hasContent("oldest");
    start(log);
    assertThat(log).hasContent("said");
    assertThat(older).hasContent(large + "said");
    assertThat(folder).isDirectoryNotContaining("glob:**.2");
  }

  @Test
  void withoutALogAWorkerRunsAllTheSame() throws IOException {
    // a folder takes no line, like a disk that can only be read
    start(Files.createDirectory(folder.resolve("worker-card0.log")));
  }

  private void start(Path log) {
    assertThatThrownBy(
            () ->
                WorkerProcess.start(
                    List.of("/bin/sh", "-c", "printf said; exit 3"),
                    WorkerProcess.socket(run),
                    log,
                    30_000_000_000L))
        .hasMessageContaining("exit code 3");
  }
}
