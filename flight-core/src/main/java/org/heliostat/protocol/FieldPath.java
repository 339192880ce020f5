package org.heliostat.protocol;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The way to one value inside a message, as operators write it: {@code
 * watchpoints.low_bus.hysteresis}, {@code cards.card0.celsius}. The element of a list is named by
 * its index or by its key, the first of the fields name, device, rule, app and priority that it
 * has; values of apps, which have two of them, by {@code app/name}. Checked against the type once;
 * looking a value up needs no parsing. Immutable and thread-safe.
 */
public final class FieldPath {
  /** Longest path, in steps. */
  public static final int MOST_STEPS = 16;

  private static final List<String> KEYS = List.of("name", "device", "rule", "app", "priority");

  private final String text;
  private final List<Step> steps;

  private record Step(FieldDescriptor field, String key) {}

  /** A path, or a value for it, that does not fit the message. */
  public static final class BadPath extends Exception {
    private static final long serialVersionUID = 1L;

    BadPath(String message) {
      super(message);
    }
  }

  private FieldPath(String text, List<Step> steps) {
    this.text = text;
    this.steps = List.copyOf(steps);
  }

  /**
   * The path to a field of messages of this type.
   *
   * @throws BadPath where the type has no such field
   */
  public static FieldPath of(Descriptor type, String text) throws BadPath {
    List<Step> steps = new ArrayList<>();
    Optional<Descriptor> at = Optional.of(type);
    String[] names = text.split("\\.", -1);
    if (names.length > MOST_STEPS) {
      throw new BadPath(text + " has more than " + MOST_STEPS + " steps");
    }
    for (int i = 0; i < names.length; i++) {
      Descriptor parent =
          at.orElseThrow(() -> new BadPath(text + " goes on behind a value that has no fields"));
      FieldDescriptor field = parent.findFieldByName(names[i]);
      if (field == null || field.isMapField()) {
        throw new BadPath(
            "\"" + names[i] + "\" of " + text + " is no field of " + parent.getName());
      }
      String key = "";
      if (field.isRepeated()) {
        i++;
        if (i == names.length || names[i].isEmpty()) {
          throw new BadPath(text + " must go on with the name or index of an element");
        }
        key = names[i];
      }
      steps.add(new Step(field, key));
      at =
          field.getJavaType() == JavaType.MESSAGE
              ? Optional.of(field.getMessageType())
              : Optional.empty();
    }
    return new FieldPath(text, steps);
  }

  /** Whether what it leads to can be read by {@link #number}. */
  public boolean isNumber() {
    return switch (steps.get(steps.size() - 1).field.getJavaType()) {
      case INT, LONG, FLOAT, DOUBLE, BOOLEAN, ENUM -> true;
      case STRING, BYTE_STRING, MESSAGE -> false;
    };
  }

  /**
   * The value as a number: an enumeration by its number, true as 1. Nothing where the message does
   * not hold it, or holds no number.
   */
  public OptionalDouble number(Message message) {
    Optional<Object> value = value(message);
    if (value.isEmpty()) {
      return OptionalDouble.empty();
    }
    Object found = value.get();
    double number;
    if (found instanceof Number plain) {
      number = plain.doubleValue();
    } else if (found instanceof Boolean flag) {
      number = flag ? 1 : 0;
    } else if (found instanceof EnumValueDescriptor choice) {
      number = choice.getNumber();
    } else {
      return OptionalDouble.empty();
    }
    return Double.isNaN(number) ? OptionalDouble.empty() : OptionalDouble.of(number);
  }

  /**
   * The value in protobuf text format, as {@link #with} takes it; nothing where the message does
   * not hold it.
   */
  public Optional<String> text(Message message) {
    FieldDescriptor last = steps.get(steps.size() - 1).field;
    TextFormat.Printer printer = TextFormat.printer().emittingSingleLine(true);
    return value(message)
        .map(
            found -> {
              if (found instanceof Message inner) {
                return "{ " + printer.printToString(inner) + "}";
              }
              StringBuilder text = new StringBuilder();
              try {
                printer.printFieldValue(last, found, text);
              } catch (IOException e) {
                throw new IllegalStateException("a StringBuilder takes anything", e);
              }
              return text.toString();
            });
  }

  private Optional<Object> value(Message message) {
    Object at = message;
    for (Step step : steps) {
      Message parent = (Message) at;
      if (step.field.isRepeated()) {
        int index = index(parent, step);
        if (index < 0) {
          return Optional.empty();
        }
        at = parent.getRepeatedField(step.field, index);
      } else if (parent.hasField(step.field)) {
        at = parent.getField(step.field);
      } else {
        return Optional.empty();
      }
    }
    return Optional.of(at);
  }

  /**
   * The message with another value in this place. Messages on the way that are not there yet are
   * made; elements of lists are not.
   *
   * @param value in protobuf text format: {@code 4.5}, {@code "text"}, {@code NOMINAL}, {@code {
   *     name: "a" }}
   * @throws BadPath where the list has no such element, or the value does not fit
   */
  @SuppressWarnings("unchecked")
  public <M extends Message> M with(M message, String value) throws BadPath {
    Message.Builder builder = message.toBuilder();
    set(builder, 0, value);
    return (M) builder.build();
  }

  private void set(Message.Builder parent, int at, String value) throws BadPath {
    Step step = steps.get(at);
    boolean last = at == steps.size() - 1;
    int index = step.field.isRepeated() ? index(parent, step) : -1;
    if (step.field.isRepeated() && index < 0) {
      throw new BadPath(text + ": there is no element \"" + step.key + "\"");
    }
    Object changed;
    if (last) {
      changed = parse(parent, step.field, value);
    } else {
      Message before =
          (Message)
              (index < 0
                  ? parent.getField(step.field)
                  : parent.getRepeatedField(step.field, index));
      Message.Builder inner = before.toBuilder();
      set(inner, at + 1, value);
      changed = inner.build();
    }
    if (index < 0) {
      parent.setField(step.field, changed);
    } else {
      parent.setRepeatedField(step.field, index, changed);
    }
  }

  private Object parse(Message.Builder parent, FieldDescriptor field, String value) throws BadPath {
    Message.Builder parsed = parent.build().newBuilderForType();
    try {
      TextFormat.Parser.newBuilder()
          .setSingularOverwritePolicy(
              TextFormat.Parser.SingularOverwritePolicy.FORBID_SINGULAR_OVERWRITES)
          .build()
          .merge(field.getName() + ": " + value, parsed);
    } catch (TextFormat.ParseException e) {
      throw new BadPath(text + ": \"" + value + "\" is no value for it: " + e.getMessage());
    }
    Map<FieldDescriptor, Object> set = parsed.getAllFields();
    boolean one =
        set.size() == 1
            && set.containsKey(field)
            && (!field.isRepeated() || parsed.getRepeatedFieldCount(field) == 1);
    if (!one) {
      throw new BadPath(text + ": \"" + value + "\" is more than one value");
    }
    return field.isRepeated() ? parsed.getRepeatedField(field, 0) : parsed.getField(field);
  }

  /** Position of an element, or -1. */
  private static int index(com.google.protobuf.MessageOrBuilder parent, Step step) {
    int count = parent.getRepeatedFieldCount(step.field);
    if (step.field.getJavaType() == JavaType.MESSAGE) {
      for (int i = 0; i < count; i++) {
        if (step.key.equals(key((Message) parent.getRepeatedField(step.field, i)))) {
          return i;
        }
      }
    }
    try {
      int index = Integer.parseUnsignedInt(step.key);
      return index >= 0 && index < count ? index : -1;
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  private static String key(Message element) {
    Descriptor type = element.getDescriptorForType();
    FieldDescriptor app = type.findFieldByName("app");
    FieldDescriptor name = type.findFieldByName("name");
    if (app != null && name != null) {
      return element.getField(app) + "/" + element.getField(name);
    }
    for (String key : KEYS) {
      FieldDescriptor field = type.findFieldByName(key);
      if (field != null) {
        return String.valueOf(element.getField(field));
      }
    }
    return "";
  }

  @Override
  public String toString() {
    return text;
  }
}
