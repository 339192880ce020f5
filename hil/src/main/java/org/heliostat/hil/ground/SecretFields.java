package org.heliostat.hil.ground;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Message;
import java.util.List;
import org.heliostat.protocol.Options;
import org.heliostat.protocol.Telecommand;

/** What the schema calls secret: it is neither shown nor kept. Stateless. */
final class SecretFields {
  private SecretFields() {}

  static boolean isSecret(FieldDescriptor field) {
    return field.getOptions().getExtension(Options.meta).getSecret();
  }

  /** A command without its secrets, at any depth. */
  static Telecommand without(Telecommand command) {
    Telecommand.Builder rest = command.toBuilder();
    clear(rest);
    return rest.build();
  }

  private static void clear(Message.Builder message) {
    for (FieldDescriptor field : List.copyOf(message.getAllFields().keySet())) {
      if (isSecret(field)) {
        message.clearField(field);
      } else if (field.getJavaType() == JavaType.MESSAGE && field.isRepeated()) {
        for (int i = 0; i < message.getRepeatedFieldCount(field); i++) {
          clear(message.getRepeatedFieldBuilder(field, i));
        }
      } else if (field.getJavaType() == JavaType.MESSAGE) {
        clear(message.getFieldBuilder(field));
      }
    }
  }
}
