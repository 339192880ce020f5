package org.heliostat.hil.launch;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.heliostat.protocol.SchemaCheck;
import org.heliostat.protocol.Telecommand;

/** Makes a telecommand of words, by the schema alone. Stateless. */
final class CommandText {
  private CommandText() {}

  /**
   * A command by its name and its arguments: {@code field=value}, or bare values in the order of
   * the fields.
   */
  static Telecommand parse(String name, List<String> arguments) throws SetupException {
    FieldDescriptor command =
        Telecommand.getDescriptor().findFieldByName(name.toLowerCase(Locale.ROOT));
    if (command == null || command.getContainingOneof() == null) {
      throw new SetupException(
          "there is no command " + name + "; there are" + System.lineSeparator() + names());
    }
    Telecommand.Builder telecommand = Telecommand.newBuilder();
    Message.Builder body = telecommand.newBuilderForField(command);
    List<FieldDescriptor> fields = body.getDescriptorForType().getFields();
    int position = 0;
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      FieldDescriptor field;
      if (equals >= 0) {
        field = body.getDescriptorForType().findFieldByName(argument.substring(0, equals));
      } else {
        field = position < fields.size() ? fields.get(position++) : null;
      }
      if (field == null) {
        throw new SetupException(
            name
                + " has no argument for \""
                + argument
                + "\"; it has "
                + (fields.isEmpty() ? "none" : describe(fields)));
      }
      String text = argument.substring(equals + 1);
      Object value =
          field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
              ? message(field, body.newBuilderForField(field), text)
              : value(field, text);
      if (field.isRepeated()) {
        body.addRepeatedField(field, value);
      } else if (body.hasField(field)) {
        throw new SetupException(field.getName() + " is given twice");
      } else {
        body.setField(field, value);
      }
    }
    Telecommand made = telecommand.setField(command, body.build()).build();
    List<SchemaCheck.Problem> problems = SchemaCheck.problems(made);
    if (!problems.isEmpty()) {
      throw new SetupException(
          problems.stream()
              .map(SchemaCheck.Problem::toString)
              .collect(Collectors.joining(System.lineSeparator())));
    }
    return made;
  }

  /** All commands with their arguments, one a line. */
  static String names() {
    return Telecommand.getDescriptor().getOneofs().get(0).getFields().stream()
        .map(
            field ->
                (field.getName().toUpperCase(Locale.ROOT)
                        + " "
                        + describe(field.getMessageType().getFields()))
                    .strip())
        .map(line -> "  " + line)
        .collect(Collectors.joining(System.lineSeparator()));
  }

  private static String describe(List<FieldDescriptor> fields) {
    return fields.stream()
        .map(field -> field.getName() + "=" + kind(field))
        .collect(Collectors.joining(" "));
  }

  private static String kind(FieldDescriptor field) {
    if (field.getJavaType() == FieldDescriptor.JavaType.ENUM) {
      return field.getEnumType().getValues().stream()
          .filter(value -> value.getNumber() != 0)
          .map(EnumValueDescriptor::getName)
          .collect(Collectors.joining("|"));
    }
    return field.getType().name().toLowerCase(Locale.ROOT);
  }

  /** A table or another message, in text format without the outer braces. */
  private static Message message(FieldDescriptor field, Message.Builder made, String text)
      throws SetupException {
    try {
      TextFormat.getParser().merge(text, made);
      return made.build();
    } catch (TextFormat.ParseException e) {
      throw new SetupException(field.getName() + " does not read: " + e.getMessage());
    }
  }

  private static Object value(FieldDescriptor field, String text) throws SetupException {
    try {
      switch (field.getJavaType()) {
        case INT -> {
          return field.getType() == FieldDescriptor.Type.UINT32
              ? Integer.parseUnsignedInt(text)
              : Integer.parseInt(text);
        }
        case LONG -> {
          return field.getType() == FieldDescriptor.Type.UINT64
              ? Long.parseUnsignedLong(text)
              : Long.parseLong(text);
        }
        case FLOAT -> {
          return Float.parseFloat(text);
        }
        case DOUBLE -> {
          return Double.parseDouble(text);
        }
        case BOOLEAN -> {
          if (text.equals("true") || text.equals("false")) {
            return text.equals("true");
          }
        }
        case STRING -> {
          return text;
        }
        case ENUM -> {
          EnumValueDescriptor value =
              field.getEnumType().findValueByName(text.toUpperCase(Locale.ROOT));
          if (value != null) {
            return value;
          }
        }
        case MESSAGE, BYTE_STRING -> {
          // messages are made elsewhere, and no command has bytes
        }
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new SetupException(field.getName() + " is \"" + text + "\", which is not " + kind(field));
  }
}
