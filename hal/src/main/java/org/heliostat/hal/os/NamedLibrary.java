package org.heliostat.hal.os;

import com.sun.jna.Function;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.heliostat.hal.HardwareFault;

/**
 * Loads exactly the library that was named.
 *
 * <p>{@code dlsym} looks into the libraries that a library depends on as well: a call that a
 * drop-in lacks would quietly come from the host's C library and reach real hardware. So the origin
 * of every call is checked with {@code dladdr}.
 */
final class NamedLibrary {
  private static final int RTLD_NOW_LOCAL = 2;

  /** Set for flights on a rig, and for no others. */
  private static final String RIG_WORLD = "HELIOSTAT_RIG_WORLD";

  private NamedLibrary() {}

  /** The C names that a binding class declares. */
  static Set<String> symbols(Class<?> binding) {
    Set<String> names = new TreeSet<>();
    for (Method method : binding.getDeclaredMethods()) {
      if (Modifier.isNative(method.getModifiers())) {
        names.add(method.getName());
      }
    }
    return names;
  }

  /**
   * Loads the library and checks every call of the binding.
   *
   * @param property the system property that names the library: a file, or a name for the system's
   *     search
   * @param usual the name where the property is absent
   */
  static NativeLibrary load(String property, String usual, Class<?> binding) throws HardwareFault {
    String named = System.getProperty(property, usual);
    if (named.equals(usual) && System.getenv(RIG_WORLD) != null) {
      throw new HardwareFault(
          HardwareFault.Kind.REFUSED,
          named,
          RIG_WORLD
              + " says that this is a flight on a rig, but -D"
              + property
              + " names no drop-in: real devices would be opened");
    }
    String label = named.equals(usual) ? named : named + " (from -D" + property + ")";
    if (named.indexOf('/') >= 0 && !Files.isRegularFile(Path.of(named))) {
      throw missing(named, "the native library " + label + " does not exist");
    }
    NativeLibrary library;
    try {
      library = NativeLibrary.getInstance(named, Map.of(Library.OPTION_OPEN_FLAGS, RTLD_NOW_LOCAL));
    } catch (UnsatisfiedLinkError e) {
      throw new HardwareFault(
          HardwareFault.Kind.LIBRARY_MISSING,
          named,
          "the native library " + label + " cannot be loaded: " + e.getMessage(),
          e);
    }
    for (String symbol : symbols(binding)) {
      Function function;
      try {
        function = library.getFunction(symbol);
      } catch (UnsatisfiedLinkError e) {
        throw new HardwareFault(
            HardwareFault.Kind.LIBRARY_MISSING,
            named,
            "the native library " + label + " has no " + symbol,
            e);
      }
      if (named.equals(usual)) {
        continue;
      }
      String origin = fileOf(function);
      if (!sameFile(origin, library.getFile().getPath())) {
        throw missing(
            named,
            "the native library "
                + label
                + " has no "
                + symbol
                + " of its own (it would come from "
                + origin
                + ")");
      }
    }
    return library;
  }

  /** Whether a loaded library has every call of a binding itself. */
  static boolean holds(NativeLibrary library, Class<?> binding) {
    for (String symbol : symbols(binding)) {
      try {
        if (!sameFile(fileOf(library.getFunction(symbol)), library.getFile().getPath())) {
          return false;
        }
      } catch (UnsatisfiedLinkError e) {
        return false;
      }
    }
    return true;
  }

  private static HardwareFault missing(String library, String message) {
    return new HardwareFault(HardwareFault.Kind.LIBRARY_MISSING, library, message);
  }

  /** The file that holds a function: the first field of {@code Dl_info}. */
  private static String fileOf(Function function) {
    try (Memory info = new Memory(4L * 8)) {
      info.clear();
      int found =
          NativeLibrary.getProcess()
              .getFunction("dladdr")
              .invokeInt(new Object[] {new Pointer(Pointer.nativeValue(function)), info});
      Pointer name = info.getPointer(0);
      return found == 0 || name == null ? "nowhere" : name.getString(0);
    }
  }

  private static boolean sameFile(String one, String other) {
    try {
      return Files.isSameFile(Path.of(one), Path.of(other));
    } catch (IOException e) {
      return false;
    }
  }
}
