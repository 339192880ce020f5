package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldOptions;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class SchemaCheckTest {
  /** A rung as a ground writes it whose schema has more modes than this one. */
  private static PowerRung rung(int mode) throws InvalidProtocolBufferException {
    PowerRung rung =
        PowerRung.newBuilder().setName("a").setShedVolts(22).setRestoreVolts(24).build();
    UnknownFieldSet later =
        UnknownFieldSet.newBuilder()
            .addField(
                PowerRung.MODE_FIELD_NUMBER,
                UnknownFieldSet.Field.newBuilder().addVarint(mode).build())
            .build();
    return PowerRung.parseFrom(rung.toByteString().concat(later.toByteString()));
  }

  @Test
  void aValueOfAnEnumThatTheSchemaDoesNotKnowIsRefused() throws Exception {
    assertThat(SchemaCheck.problems(rung(Mode.SAFE_VALUE))).isEmpty();
    assertThat(SchemaCheck.problems(rung(99))).singleElement().hasToString("mode 99 is no Mode");
    Watchpoint watchpoint =
        Watchpoint.newBuilder()
            .setName("a")
            .setField("bus_volts")
            .setComparison(Comparison.ABOVE)
            .addModesValue(99)
            .setSeverity(Severity.SEVERITY_UNSPECIFIED)
            .build();
    assertThat(SchemaCheck.problems(watchpoint))
        .extracting(SchemaCheck.Problem::name)
        .containsExactly("severity", "modes[0]");
  }

  /** A message whose one field {@code n} is of this type and has these bounds. */
  private static Descriptor bounded(FieldDescriptorProto.Type type, FieldMeta.Builder bounds)
      throws DescriptorValidationException {
    FieldDescriptorProto field =
        FieldDescriptorProto.newBuilder()
            .setName("n")
            .setNumber(1)
            .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL)
            .setType(type)
            .setOptions(FieldOptions.newBuilder().setExtension(Options.meta, bounds.build()))
            .build();
    FileDescriptorProto file =
        FileDescriptorProto.newBuilder()
            .setName("bounded.proto")
            .addMessageType(DescriptorProto.newBuilder().setName("Bounded").addField(field))
            .build();
    return FileDescriptor.buildFrom(file, new FileDescriptor[0]).findMessageTypeByName("Bounded");
  }

  private static List<String> problems(Descriptor type, Object value) {
    Message message =
        DynamicMessage.newBuilder(type).setField(type.findFieldByName("n"), value).build();
    return SchemaCheck.problems(message).stream().map(SchemaCheck.Problem::toString).toList();
  }

  @Test
  void unsignedNumbersOf32BitsAreComparedUnsigned() throws Exception {
    for (FieldDescriptorProto.Type type :
        List.of(FieldDescriptorProto.Type.TYPE_UINT32, FieldDescriptorProto.Type.TYPE_FIXED32)) {
      Descriptor most = bounded(type, FieldMeta.newBuilder().setMax(1000));
      assertThat(problems(most, 1000)).isEmpty();
      assertThat(problems(most, 1 << 31)).containsExactly("n 2147483648 is outside 0 .. 1000");
      assertThat(problems(most, -1)).containsExactly("n 4294967295 is outside 0 .. 1000");
      Descriptor least = bounded(type, FieldMeta.newBuilder().setMin(1));
      assertThat(problems(least, -1)).isEmpty();
      assertThat(problems(least, 0)).containsExactly("n 0 is outside 1 .. Infinity");
    }
  }

  @Test
  void unsignedNumbersOf64BitsAreComparedUnsigned() throws Exception {
    for (FieldDescriptorProto.Type type :
        List.of(FieldDescriptorProto.Type.TYPE_UINT64, FieldDescriptorProto.Type.TYPE_FIXED64)) {
      Descriptor most = bounded(type, FieldMeta.newBuilder().setMax(1 << 30));
      assertThat(problems(most, 1L << 30)).isEmpty();
      assertThat(problems(most, 1L << 31))
          .containsExactly("n 2147483648 is outside 0 .. 1073741824");
      assertThat(problems(most, Long.MIN_VALUE))
          .containsExactly("n 9223372036854775808 is outside 0 .. 1073741824");
      assertThat(problems(most, -1L))
          .containsExactly("n 18446744073709551615 is outside 0 .. 1073741824");
      assertThat(problems(bounded(type, FieldMeta.newBuilder().setMin(1)), -1L)).isEmpty();
    }
  }

  @Test
  void aSignedNumberStaysSigned() throws Exception {
    Descriptor most =
        bounded(FieldDescriptorProto.Type.TYPE_INT32, FieldMeta.newBuilder().setMax(9));
    assertThat(problems(most, -1)).isEmpty();
    assertThat(problems(most, 10)).containsExactly("n 10 is outside -Infinity .. 9");
  }

  @Test
  void aNumberIsFinite() throws Exception {
    Descriptor free = bounded(FieldDescriptorProto.Type.TYPE_DOUBLE, FieldMeta.newBuilder());
    assertThat(problems(free, -Double.MAX_VALUE)).isEmpty();
    assertThat(problems(free, Double.POSITIVE_INFINITY))
        .containsExactly("n Infinity is no finite number");
    assertThat(problems(free, Double.NEGATIVE_INFINITY))
        .containsExactly("n -Infinity is no finite number");
    assertThat(problems(free, Double.NaN)).hasSize(1);
  }

  @Test
  void theBoundsOfTheSchemaHoldForTheGreatestNumbers() {
    assertThat(SchemaCheck.problems(DumpFile.newBuilder().setPath("a").setLength(-1).build()))
        .singleElement()
        .hasToString("length 18446744073709551615 is outside 0 .. 1073741824 B");
    assertThat(SchemaCheck.problems(ProtectionRule.newBuilder().setMostResponses(-1).build()))
        .extracting(SchemaCheck.Problem::name)
        .contains("most_responses");
  }
}
