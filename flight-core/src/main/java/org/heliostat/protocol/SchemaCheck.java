package org.heliostat.protocol;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.Message;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Checks a message against the {@code meta} options of its own schema: required fields, ranges of
 * numbers, which are finite, lengths of strings and lists, values of enums that the schema knows;
 * no field that it does not know. Stateless and thread-safe.
 */
public final class SchemaCheck {
  /** Of each message of the schema that has been checked; to read options is slow. */
  private static final ConcurrentMap<Descriptor, Shape> SHAPES = new ConcurrentHashMap<>();

  private SchemaCheck() {}

  /**
   * What there is to check of a message: its fields, and the choices of which one is set; what is
   * said of a field, by its index.
   */
  private record Shape(
      List<FieldDescriptor> fields, List<OneofDescriptor> choices, List<FieldMeta> metas) {
    static Shape of(Descriptor message) {
      return new Shape(
          message.getFields().stream()
              .filter(field -> field.getRealContainingOneof() == null)
              .toList(),
          message.getRealOneofs(),
          message.getFields().stream()
              .map(field -> field.getOptions().getExtension(Options.meta))
              .toList());
    }
  }

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
   * All problems of a message and the messages in it, in the order of its fields, of its choices
   * last; empty when it is in order.
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
    Shape shape = SHAPES.computeIfAbsent(message.getDescriptorForType(), Shape::of);
    for (FieldDescriptor field : shape.fields) {
      check(message, field, shape.metas.get(field.getIndex()), at, found);
    }
    for (OneofDescriptor choice : shape.choices) {
      if (message.hasOneof(choice)) {
        FieldDescriptor field = message.getOneofFieldDescriptor(choice);
        check(message, field, shape.metas.get(field.getIndex()), at, found);
      }
    }
  }

  private static void check(
      Message message,
      FieldDescriptor field,
      FieldMeta meta,
      List<Problem.Step> at,
      List<Problem> found) {
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
