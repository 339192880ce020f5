package org.heliostat.hal.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NamedLibraryTest {
  private static final String PROPERTY = "heliostat.test.library";

  /** Calls that the mathematics library has not, but the C library that it depends on. */
  private static final class OfTheCLibrary {
    static native int open(Pointer path, int flags);
  }

  private static final class OfTheMathematicsLibrary {
    static native double cos(double angle);
  }

  private static final class OfNobody {
    static native int heliostat_no_such_call();
  }

  @AfterEach
  void forget() {
    System.clearProperty(PROPERTY);
  }

  @Test
  void aMissingFileIsNamed(@TempDir Path folder) {
    Path missing = folder.resolve("libnone.so");
    System.setProperty(PROPERTY, missing.toString());
    HardwareFault fault = load(OfTheCLibrary.class);
    assertThat(fault.kind()).isEqualTo(Kind.LIBRARY_MISSING);
    assertThat(fault)
        .hasMessageContaining(missing.toString())
        .hasMessageContaining("does not exist")
        .hasMessageContaining("-D" + PROPERTY);
  }

  @Test
  void aFileThatIsNoLibraryIsNamed(@TempDir Path folder) throws IOException {
    Path text = Files.writeString(folder.resolve("libtext.so"), "no library\n");
    System.setProperty(PROPERTY, text.toString());
    HardwareFault fault = load(OfTheCLibrary.class);
    assertThat(fault.kind()).isEqualTo(Kind.LIBRARY_MISSING);
    assertThat(fault).hasMessageContaining("cannot be loaded");
  }

  @Test
  void aNameThatTheSystemDoesNotKnowIsNamed() {
    System.setProperty(PROPERTY, "libheliostat-none.so.1");
    HardwareFault fault = load(OfTheCLibrary.class);
    assertThat(fault.kind()).isEqualTo(Kind.LIBRARY_MISSING);
    assertThat(fault).hasMessageContaining("libheliostat-none.so.1");
  }

  @Test
  void aCallThatWouldComeFromAnotherLibraryIsRefused() throws IOException {
    System.setProperty(PROPERTY, mathematicsLibrary());
    HardwareFault fault = load(OfTheCLibrary.class);
    assertThat(fault.kind()).isEqualTo(Kind.LIBRARY_MISSING);
    assertThat(fault).hasMessageContaining("has no open of its own").hasMessageContaining("libc");
  }

  @Test
  void aCallThatNobodyHasIsNamed() throws IOException {
    System.setProperty(PROPERTY, mathematicsLibrary());
    HardwareFault fault = load(OfNobody.class);
    assertThat(fault.kind()).isEqualTo(Kind.LIBRARY_MISSING);
    assertThat(fault).hasMessageContaining("has no heliostat_no_such_call");
  }

  @Test
  void aLibraryWithEveryCallOfItsOwnIsTaken() throws Exception {
    String path = mathematicsLibrary();
    System.setProperty(PROPERTY, path);
    NativeLibrary library = NamedLibrary.load(PROPERTY, "c", OfTheMathematicsLibrary.class);
    assertThat(Files.isSameFile(library.getFile().toPath(), Path.of(path))).isTrue();
    assertThat(NamedLibrary.holds(library, OfTheMathematicsLibrary.class)).isTrue();
    assertThat(NamedLibrary.holds(library, OfTheCLibrary.class)).isFalse();
    assertThat(NamedLibrary.holds(library, OfNobody.class)).isFalse();
  }

  @Test
  void namesTheCallsOfABinding() {
    assertThat(NativeLibc.symbols())
        .containsExactly(
            "bind",
            "clock_gettime",
            "clock_nanosleep",
            "close",
            "ioctl",
            "open",
            "poll",
            "pread",
            "read",
            "setsockopt",
            "socket",
            "write");
    assertThat(NativeNvml.symbols()).hasSize(33).allMatch(name -> name.startsWith("nvml"));
  }

  private static HardwareFault load(Class<?> binding) {
    return catchThrowableOfType(
        HardwareFault.class, () -> NamedLibrary.load(PROPERTY, "c", binding));
  }

  /** A library that is no drop-in, but depends on the C library; every JVM has it open. */
  private static String mathematicsLibrary() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
      int path = line.indexOf('/');
      if (path >= 0 && line.contains("/libm.so.")) {
        return line.substring(path);
      }
    }
    throw new IllegalStateException("the JVM has no libm open");
  }
}
