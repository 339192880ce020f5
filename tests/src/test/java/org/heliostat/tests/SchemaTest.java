package org.heliostat.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Message;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.TreeSet;
import org.heliostat.core.app.OfferedApps;
import org.heliostat.core.hardware.BoardDrivers;
import org.heliostat.core.mission.MissionFile;
import org.heliostat.core.mission.MissionSource;
import org.heliostat.protocol.FieldMeta;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.ModelManifest;
import org.heliostat.protocol.Options;
import org.heliostat.protocol.SchemaCheck;
import org.heliostat.protocol.TextFiles;
import org.junit.jupiter.api.Test;

/** The one schema: numbers stay, options make sense, and what people write by it is right. */
class SchemaTest {
  private static final Path LOCK =
      Repository.ROOT.resolve("flight-core/src/main/proto/fields.lock");

  /** Every schema file, by the outer class that is made for it. */
  private static List<FileDescriptor> schema() throws Exception {
    List<FileDescriptor> files = new ArrayList<>();
    for (Path proto : Repository.files("flight-core/src/main/proto", ".proto")) {
      String name = String.valueOf(proto.getFileName()).replace(".proto", "");
      files.add(descriptor(name));
    }
    return files;
  }

  private static FileDescriptor descriptor(String name) throws Exception {
    StringBuilder outer = new StringBuilder("org.heliostat.protocol.");
    for (String part : name.split("_", -1)) {
      outer.append(part.substring(0, 1).toUpperCase(Locale.ROOT)).append(part.substring(1));
    }
    Class<?> type;
    try {
      // protoc's name where a message takes the plain one
      type = Class.forName(outer + "OuterClass");
    } catch (ClassNotFoundException e) {
      type = Class.forName(outer.toString());
    }
    Method descriptor = type.getMethod("getDescriptor");
    return (FileDescriptor) descriptor.invoke(null);
  }

  private static List<Descriptor> messages() throws Exception {
    List<Descriptor> all = new ArrayList<>();
    for (FileDescriptor file : schema()) {
      file.getMessageTypes().forEach(message -> add(message, all));
    }
    return all;
  }

  private static void add(Descriptor message, List<Descriptor> all) {
    all.add(message);
    message.getNestedTypes().forEach(nested -> add(nested, all));
  }

  private static List<EnumDescriptor> enums() throws Exception {
    List<EnumDescriptor> all = new ArrayList<>();
    for (FileDescriptor file : schema()) {
      all.addAll(file.getEnumTypes());
    }
    for (Descriptor message : messages()) {
      all.addAll(message.getEnumTypes());
    }
    return all;
  }

  @Test
  void fieldsAreAddedAndNeverRenumberedOrRemoved() throws Exception {
    TreeMap<String, String> now = new TreeMap<>();
    for (Descriptor message : messages()) {
      for (FieldDescriptor field : message.getFields()) {
        now.put(
            String.format(Locale.ROOT, "%s %5d", message.getFullName(), field.getNumber()),
            field.getName()
                + " "
                + (field.isRepeated() ? "repeated " : "")
                + field.getType().name().toLowerCase(Locale.ROOT));
      }
    }
    for (EnumDescriptor type : enums()) {
      type.getValues()
          .forEach(
              value ->
                  now.put(
                      String.format(Locale.ROOT, "%s %5d", type.getFullName(), value.getNumber()),
                      value.getName() + " value"));
    }
    List<String> lines = new ArrayList<>();
    now.forEach((key, value) -> lines.add(key + " " + value));
    Path made = Path.of("target", "fields.lock");
    Files.createDirectories(made.getParent());
    Files.write(made, lines);

    assertThat(LOCK).as("the list of all field numbers; copy %s there once", made).exists();
    List<String> locked = Files.readAllLines(LOCK);
    assertThat(lines)
        .as("what stands in %s may not change or go; a field that is not needed stays", LOCK)
        .containsAll(locked);
    assertThat(locked)
        .as("new fields: copy tests/%s over %s", made, LOCK)
        .containsExactlyElementsOf(lines);
  }

  @Test
  void everyRangeIsSane() throws Exception {
    int withMeta = 0;
    for (Descriptor message : messages()) {
      for (FieldDescriptor field : message.getFields()) {
        if (!field.getOptions().hasExtension(Options.meta)) {
          continue;
        }
        withMeta++;
        FieldMeta meta = field.getOptions().getExtension(Options.meta);
        String name = field.getFullName();
        assertThat(meta.getMin()).as(name).isNotNaN().isLessThanOrEqualTo(meta.getMax());
        assertThat(meta.getMax()).as(name).isNotNaN();
        boolean bounded = meta.hasMin() || meta.hasMax();
        if (field.getJavaType() == JavaType.MESSAGE || field.getJavaType() == JavaType.BOOLEAN) {
          assertThat(bounded).as("%s has bounds that nothing checks", name).isFalse();
        }
        if (field.getJavaType() == JavaType.STRING) {
          assertThat(meta.getUnit()).as("%s: a text has no unit", name).isEmpty();
        }
        if (field.hasDefaultValue() && field.getDefaultValue() instanceof Number standard) {
          assertThat(standard.doubleValue())
              .as("%s: its default is outside its range", name)
              .isBetween(meta.getMin(), meta.getMax());
        }
        if (field.getName().endsWith("_celsius")) {
          assertThat(meta.getUnit()).as(name).isEqualTo("Cel");
        }
        if (field.getName().endsWith("_seconds")) {
          assertThat(meta.getUnit()).as(name).isEqualTo("s");
        }
      }
    }
    assertThat(withMeta).isGreaterThan(50);
  }

  @Test
  void everyEnumStartsWithAnUnspecifiedZero() throws Exception {
    for (EnumDescriptor type : enums()) {
      assertThat(type.getValues().get(0).getNumber()).as(type.getFullName()).isZero();
      assertThat(type.getValues().get(0).getName()).endsWith("UNSPECIFIED");
    }
  }

  @Test
  void noNumberIsUsedTwiceOrReservedAndUsed() throws Exception {
    for (Descriptor message : messages()) {
      TreeSet<Integer> used = new TreeSet<>();
      DescriptorProto proto = message.toProto();
      message.getFields().forEach(field -> assertThat(used.add(field.getNumber())).isTrue());
      proto
          .getReservedRangeList()
          .forEach(
              range ->
                  assertThat(used.subSet(range.getStart(), range.getEnd()))
                      .as(message.getFullName())
                      .isEmpty());
    }
  }

  @Test
  void missionsAreRight() throws Exception {
    List<Path> files = Repository.files("payload-ai/src/main/missions", ".textproto");
    assertThat(files).isNotEmpty();
    for (Path file : files) {
      Mission mission =
          MissionFile.read(
              MissionSource.read(file, file.resolveSibling("no-image")),
              OfferedApps.ofImage(),
              new BoardDrivers());
      assertThat(SchemaCheck.problems(mission)).isEmpty();
    }
  }

  @Test
  void manifestsAreRight() throws Exception {
    List<Path> files = Repository.files("payload-ai/src/main/models", ".textproto");
    assertThat(files).isNotEmpty();
    for (Path file : files) {
      check(file, ModelManifest.getDefaultInstance());
    }
  }

  @Test
  void scenariosAreRight() throws Exception {
    for (Path file : Repository.files("hil/src/main/scenarios", ".textproto")) {
      check(file, org.heliostat.protocol.Scenario.getDefaultInstance());
    }
  }

  private static void check(Path file, Message prototype)
      throws TextFiles.BadTextFile, IOException {
    Message message = TextFiles.read(file, prototype).message();
    assertThat(SchemaCheck.problems(message)).isEmpty();
    assertThat(message.getSerializedSize()).isPositive();
  }
}
