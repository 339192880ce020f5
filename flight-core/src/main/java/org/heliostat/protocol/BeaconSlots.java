package org.heliostat.protocol;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The numbers of a beacon as a row: in the order of field numbers, lists element by element. Texts,
 * and how long lists are, stand beside the row; two beacons in which these are the same can be
 * compared number by number. Stateless.
 */
final class BeaconSlots {
  private static final Comparator<FieldDescriptor> BY_NUMBER =
      Comparator.comparingInt(FieldDescriptor::getNumber);

  private BeaconSlots() {}

  /** One number of a row; empty where the value is absent. */
  interface Reader {
    void slot(FieldDescriptor field, Optional<Long> value);
  }

  /** Gives a number of the row anew; empty stands for absent. */
  interface Writer {
    Optional<Long> slot(FieldDescriptor field, Optional<Long> value) throws BadSlot;
  }

  /** A number that its field cannot hold. */
  static final class BadSlot extends Exception {
    private static final long serialVersionUID = 1;
  }

  /** Whether all texts and the lengths of all lists are the same. */
  static boolean sameShape(Message one, Message other) {
    for (FieldDescriptor field : one.getDescriptorForType().getFields()) {
      if (field.isRepeated()) {
        int count = one.getRepeatedFieldCount(field);
        if (count != other.getRepeatedFieldCount(field)) {
          return false;
        }
        for (int i = 0; i < count; i++) {
          if (!sameShape(
              (Message) one.getRepeatedField(field, i),
              (Message) other.getRepeatedField(field, i))) {
            return false;
          }
        }
      } else if (field.getJavaType() == JavaType.STRING
          && !(one.hasField(field) == other.hasField(field)
              && one.getField(field).equals(other.getField(field)))) {
        return false;
      }
    }
    return true;
  }

  static void read(Message message, Reader reader) {
    for (FieldDescriptor field : fields(message)) {
      if (field.isRepeated()) {
        for (int i = 0; i < message.getRepeatedFieldCount(field); i++) {
          read((Message) message.getRepeatedField(field, i), reader);
        }
      } else if (field.getJavaType() != JavaType.STRING) {
        reader.slot(field, value(message, field));
      }
    }
  }

  static void write(Message.Builder message, Writer writer) throws BadSlot {
    for (FieldDescriptor field : fields(message)) {
      if (field.isRepeated()) {
        for (int i = 0; i < message.getRepeatedFieldCount(field); i++) {
          Message.Builder element = ((Message) message.getRepeatedField(field, i)).toBuilder();
          write(element, writer);
          Message.Builder unused = message.setRepeatedField(field, i, element.build());
        }
      } else if (field.getJavaType() != JavaType.STRING) {
        Optional<Long> value = writer.slot(field, value(message, field));
        if (value.isPresent()) {
          Message.Builder unused = message.setField(field, object(field, value.get()));
        } else {
          Message.Builder unused = message.clearField(field);
        }
      }
    }
  }

  private static List<FieldDescriptor> fields(MessageOrBuilder message) {
    return message.getDescriptorForType().getFields().stream().sorted(BY_NUMBER).toList();
  }

  private static Optional<Long> value(MessageOrBuilder message, FieldDescriptor field) {
    if (!message.hasField(field)) {
      return Optional.empty();
    }
    Object value = message.getField(field);
    return Optional.of(
        switch (field.getType()) {
          case BOOL -> (Boolean) value ? 1L : 0L;
          case ENUM -> (long) ((EnumValueDescriptor) value).getNumber();
          case UINT32 -> Integer.toUnsignedLong((Integer) value);
          case SINT32 -> (long) (Integer) value;
          case UINT64, SINT64 -> (Long) value;
          default -> throw new IllegalStateException("a beacon has no " + field.getFullName());
        });
  }

  private static Object object(FieldDescriptor field, long value) throws BadSlot {
    return switch (field.getType()) {
      case BOOL -> within(value, 0, 1) == 1;
      case ENUM ->
          field
              .getEnumType()
              .findValueByNumberCreatingIfUnknown((int) within(value, 0, Integer.MAX_VALUE));
      case UINT32 -> (int) within(value, 0, 0xFFFF_FFFFL);
      case SINT32 -> (int) within(value, Integer.MIN_VALUE, Integer.MAX_VALUE);
      case UINT64, SINT64 -> value;
      default -> throw new IllegalStateException("a beacon has no " + field.getFullName());
    };
  }

  private static long within(long value, long least, long most) throws BadSlot {
    if (value < least || value > most) {
      throw new BadSlot();
    }
    return value;
  }
}
