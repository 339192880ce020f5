package org.heliostat.protocol;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Message;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/**
 * Checks a message against the {@code meta} options of its own schema: required fields, ranges of
 * numbers, which are finite, lengths of strings and lists, values of enums that the schema knows;
 * no field that it does not know. Stateless and thread-safe.
 */
public final class SchemaCheck {
  private SchemaCheck() {}

  /**
   * One field that the schema does not allow.
   *
   * @param path the fields from the message down
   * @param text what is wrong
   */
  public record Problem(List<Step> path, String text) {
    /** A field and, for a repeated one, the index in it (else 0). */
    public record Step(FieldDescriptor field, int index) {}

    /** The path as people write it: {@code cards[1].warm_celsius}. */
    public String name() {
      StringBuilder name = new StringBuilder();
      for (Step step : path) {
        if (!name.isEmpty()) {
          name.append('.');
        }
        name.append(step.field().getName());
        if (step.field().isRepeated()) {
          name.append('[').append(step.index()).append(']');
        }
      }
      return name.toString();
    }

    @Override
    public String toString() {
      return path.isEmpty() ? text : name() + " " + text;
    }
  }

  /**
   * All problems of a message and the messages in it, in field order; empty when it is in order.
   */
  public static List<Problem> problems(Message message) {
    List<Problem> found = new ArrayList<>();
    check(message, List.of(), found);
    return found;
  }

  private static void check(Message message, List<Problem.Step> at, List<Problem> found) {
    // of a newer schema: what it asks for cannot be done, and half of it is not what was meant
    message.getUnknownFields().asMap().keySet().stream()
        .findFirst()
        .ifPresent(
            number ->
                found.add(new Problem(at, "holds the field " + number + ", which is unknown")));
    for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
      FieldMeta meta = field.getOptions().getExtension(Options.meta);
      if (field.isRepeated()) {
        int count = message.getRepeatedFieldCount(field);
        if (meta.getRequired() && count == 0) {
          found.add(new Problem(add(at, field, 0), "is missing"));
        }
        if (meta.getMost() > 0 && count > meta.getMost()) {
          found.add(
              new Problem(
                  add(at, field, meta.getMost()),
                  "is one of " + count + "; " + meta.getMost() + " are allowed"));
        }
        for (int i = 0; i < count && !field.isMapField(); i++) {
          if (field.getJavaType() == JavaType.MESSAGE) {
            check((Message) message.getRepeatedField(field, i), add(at, field, i), found);
          } else {
            checkValue(message.getRepeatedField(field, i), meta, add(at, field, i), found);
          }
        }
      } else if (!message.hasField(field)) {
        if (meta.getRequired()) {
          found.add(new Problem(add(at, field, 0), "is missing"));
        }
      } else if (field.getJavaType() == JavaType.MESSAGE) {
        check((Message) message.getField(field), add(at, field, 0), found);
      } else {
        checkValue(message.getField(field), meta, add(at, field, 0), found);
      }
    }
  }

  private static void checkValue(
      Object value, FieldMeta meta, List<Problem.Step> at, List<Problem> found) {
    double measure;
    String text;
    double least = meta.getMin();
    if (value instanceof Number number) {
      boolean unsigned = isUnsigned(at.get(at.size() - 1).field());
      Number counted = unsigned ? unsigned(number) : number;
      least = unsigned ? Math.max(0, least) : least;
      measure = counted.doubleValue();
      text = counted instanceof BigInteger big ? big.toString() : number(measure);
    } else if (value instanceof String string) {
      measure = string.length();
      text = "length " + string.length();
    } else if (value instanceof ByteString bytes) {
      measure = bytes.size();
      text = "length " + bytes.size();
    } else if (value instanceof EnumValueDescriptor choice) {
      // enums are open: a number that only a later schema knows reads as well
      if (choice.getType().findValueByNumber(choice.getNumber()) == null) {
        found.add(new Problem(at, choice.getNumber() + " is no " + choice.getType().getName()));
        return;
      }
      measure = choice.getNumber();
      text = number(measure);
    } else {
      return;
    }
    if (Double.isInfinite(measure)) {
      found.add(new Problem(at, text + " is no finite number"));
      return;
    }
    // written so that NaN is never inside
    if (!(measure >= least && measure <= meta.getMax())) {
      String unit = meta.getUnit().isEmpty() ? "" : " " + meta.getUnit();
      found.add(
          new Problem(
              at, text + " is outside " + number(least) + " .. " + number(meta.getMax()) + unit));
    }
  }

  private static boolean isUnsigned(FieldDescriptor field) {
    return switch (field.getType()) {
      case UINT32, UINT64, FIXED32, FIXED64 -> true;
      default -> false;
    };
  }

  /** What the schema counts unsigned: Java has the same bits in a signed number. */
  private static BigInteger unsigned(Number number) {
    return new BigInteger(
        number instanceof Integer small
            ? Integer.toUnsignedString(small)
            : Long.toUnsignedString(number.longValue()));
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  private static List<Problem.Step> add(List<Problem.Step> at, FieldDescriptor field, int index) {
    List<Problem.Step> path = new ArrayList<>(at);
    path.add(new Problem.Step(field, index));
    return List.copyOf(path);
  }
}
