package org.heliostat.hil.rig;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.heliostat.protocol.Scenario;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ControlSocketTest {
  @TempDir private Path folder = Path.of("");
  private final List<Scenario.Fault> injected = new ArrayList<>();

  private String inject(Scenario.Fault fault) {
    String problem = FaultTable.problem(fault, 2, StorageFaults.NONE);
    if (problem.isEmpty()) {
      injected.add(fault);
    }
    return problem;
  }

  private String answer(String line) {
    return ControlSocket.answer(line, this::inject);
  }

  @Test
  void takesAFaultAndAnswers() {
    assertThat(answer("device: \"rail0\" kind: NO_ACKNOWLEDGE for_s: 20")).startsWith("ok ");
    assertThat(injected).hasSize(1);
    assertThat(injected.get(0).getForS()).isEqualTo(20);
    assertThat(answer("heat_card { card: 1 }")).startsWith("ok ");
  }

  @Test
  void refusesWhatCannotBe() {
    assertThat(answer("device: \"rail0\" kind: NONSENSE")).startsWith("refused: 1:");
    assertThat(answer("device: \"rail0\" device: \"rail1\"")).startsWith("refused: 1:");
    assertThat(answer("")).startsWith("refused: it says nothing");
    assertThat(answer("device: \"rail7\" kind: STUCK")).contains("not on the board");
    assertThat(answer("device: \"rail0\" kind: PUMP_STALL")).contains("fits pump0 pump1");
    assertThat(answer("kind: PUMP_STALL")).contains("which device: pump0 pump1");
    assertThat(answer("kind: DISK_FULL")).contains("no hold of the disk");
    assertThat(answer("device: \"card0\" kind: LATCH_UP value: -3")).contains("not within");
    assertThat(answer("device: \"pump0\" kind: PUMP_STALL value: 1")).contains("takes none");
    assertThat(answer("device: \"rail0\" kind: CHIP_RESET for_s: 3")).contains("happens once");
    assertThat(answer("device: \"rail0\" kind: STUCK for_s: -3")).startsWith("refused: ");
    assertThat(answer("device: \"rail0\" kill_worker { card: 0 }")).contains("special form");
    assertThat(answer("kill_worker { card: 2 }")).contains("about card 2, there are 2 (0 to 1)");
    assertThat(answer("kill_worker { card: 4294967295 }")).contains("4294967295 is outside");
    assertThat(answer("reset_ina226 { bus: 4294967295 }")).contains("4294967295 is outside");
    assertThat(injected).isEmpty();
  }

  @Test
  void servesTheCommandLine() throws Exception {
    Path world = folder.resolve("world");
    try (ControlSocket socket = ControlSocket.open(world, this::inject)) {
      assertThat(ControlSocket.of(world)).exists();
      assertThat(run(world, "device: \"card1\" kind: LATCH_UP")).isZero();
      assertThat(run(world, "device: \"card9\" kind: LATCH_UP")).isEqualTo(1);
      assertThat(injected).hasSize(1);
      assertThat(socket).isNotNull();
    }
    assertThat(ControlSocket.of(world)).doesNotExist();
    assertThat(run(world, "device: \"card1\" kind: LATCH_UP")).isEqualTo(2);
  }

  private static int run(Path world, String fault) {
    CommandLine line = new CommandLine(new RigInject());
    line.setOut(new PrintWriter(new StringWriter()));
    line.setErr(new PrintWriter(new StringWriter()));
    return line.execute("--world", world.toString(), fault);
  }

  @Test
  void aLineHasABound() throws Exception {
    Path world = folder.resolve("world");
    try (ControlSocket socket = ControlSocket.open(world, this::inject);
        SocketChannel channel =
            SocketChannel.open(UnixDomainSocketAddress.of(ControlSocket.of(world)))) {
      assertThat(socket).isNotNull();
      channel.write(ByteBuffer.wrap(new byte[ControlSocket.LONGEST]));
      ByteBuffer in = ByteBuffer.allocate(200);
      channel.read(in);
      assertThat(new String(in.array(), 0, in.position(), StandardCharsets.UTF_8))
          .startsWith("refused: the line is longer");
    }
    assertThat(injected).isEmpty();
  }

  @Test
  void everyKindIsInTheList() {
    String list = RigFaults.list(2);
    for (Scenario.FaultKind kind : Scenario.FaultKind.values()) {
      if (kind != Scenario.FaultKind.UNRECOGNIZED
          && kind != Scenario.FaultKind.FAULT_KIND_UNSPECIFIED) {
        assertThat(list).contains(kind + "\n");
      }
    }
    assertThat(list).contains("devices  pump0 pump1");
  }
}
