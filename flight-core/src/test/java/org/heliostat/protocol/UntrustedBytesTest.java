package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.heliostat.protocol.TextFiles.BadTextFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever comes over the link or lies in a file ends in a value or in the one declared error. */
@Timeout(120)
class UntrustedBytesTest {
  @TempDir private Path folder;

  private static byte[] changed(byte[] whole, Random random) {
    int length = random.nextInt(8) == 0 ? random.nextInt(whole.length + 1) : whole.length;
    byte[] bytes = java.util.Arrays.copyOf(whole, length);
    for (int n = random.nextInt(4); n >= 0 && length > 0; n--) {
      bytes[random.nextInt(length)] = (byte) random.nextInt();
    }
    return bytes;
  }

  @Test
  void aDamagedUplinkPacketNeverGetsPastItsSeal() throws Exception {
    Telecommand command =
        Telecommand.newBuilder()
            .setCounter(7)
            .setTakeFrames(TakeFrames.newBuilder().setCount(3))
            .build();
    LinkSeal seal = new LinkSeal(42);
    LinkKey key = new LinkKey(LinkKey.id(Role.ROLE_PAYLOAD, 1), new byte[LinkKey.SECRET_BYTES]);
    byte[] whole = seal.command(key, 9, 7, 0, command.toByteArray());
    assertThat(Telecommand.parseFrom(seal.open(key, whole).orElseThrow())).isEqualTo(command);
    Random random = new Random(1);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = changed(whole, random);
      Optional<byte[]> opened = seal.open(key, bytes);
      assertThat(opened.isPresent()).isEqualTo(java.util.Arrays.equals(bytes, whole));
    }
  }

  @Test
  void anyPacketParsesOrIsRefusedAndIsSafeToCheck() {
    byte[] whole =
        Telecommand.newBuilder()
            .setCounter(7)
            .setSetMode(SetMode.newBuilder().setMode(Mode.PAYLOAD))
            .build()
            .toByteArray();
    Random random = new Random(2);
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      try {
        Telecommand command = Telecommand.parseFrom(changed(whole, random));
        SchemaCheck.problems(command)
            .forEach(problem -> assertThat(problem.toString()).isNotEmpty());
      } catch (InvalidProtocolBufferException e) {
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(1000);
  }

  @Test
  void aDamagedTextFileIsABadTextFile() throws Exception {
    byte[] whole =
        """
        name: "m"  # who
        spacecraft_id: 42
        apps { name: "link" max_restarts: 0x3 }
        devices { name: "d" driver: "ina226" parameters { key: "a" value: "b\\n" } }
        cards { name: "c" device: "d" warm_celsius: 8.0e1 }
        payload < model: 'm' max_sent_fraction: .02 >
        """
            .getBytes(StandardCharsets.UTF_8);
    Path file = folder.resolve("m.textproto");
    Files.write(file, whole);
    assertThat(TextFiles.read(file, Mission.getDefaultInstance()).message().getName())
        .isEqualTo("m");
    List<String> bits =
        List.of("{", "}", "\"", "\\x", "[", "]:", "<", "-inf", "nan", "1e999", "#", "apps {", ";");
    Random random = new Random(3);
    int refused = 0;
    for (int i = 0; i < 5_000; i++) {
      byte[] bytes = changed(whole, random);
      if (random.nextBoolean()) {
        int at = random.nextInt(bytes.length + 1);
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        String bit = bits.get(random.nextInt(bits.size()));
        bytes =
            (text.substring(0, at) + bit + text.substring(at))
                .getBytes(StandardCharsets.ISO_8859_1);
      }
      Files.write(file, bytes);
      try {
        TextFiles.read(file, Mission.getDefaultInstance());
      } catch (BadTextFile e) {
        refused++;
        assertThat(e).hasMessageContaining("m.textproto");
      }
    }
    assertThat(refused).isGreaterThan(1000);
  }

  @Test
  void deepNestingIsRefusedAndDoesNotOverflowTheStack() throws Exception {
    Path file = folder.resolve("m.textproto");
    Files.writeString(file, "unknown { ".repeat(200_000));
    assertThatThrownBy(() -> TextFiles.read(file, Mission.getDefaultInstance()))
        .isInstanceOf(BadTextFile.class);
    Files.writeString(file, "payload { thumbnail ".repeat(100_000));
    assertThatThrownBy(() -> TextFiles.read(file, Mission.getDefaultInstance()))
        .isInstanceOf(BadTextFile.class);
  }
}
