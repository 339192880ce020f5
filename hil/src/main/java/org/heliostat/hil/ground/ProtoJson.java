package org.heliostat.hil.ground;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.math.BigDecimal;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * Messages as plain JSON: names as in the schema, numbers as numbers (64-bit ones too, unlike
 * protobuf's own JSON), enumerations by name, bytes in Base64. A field that is not set is absent,
 * and so are a number that is none and what the schema calls secret. Stateless.
 */
public final class ProtoJson {
  private ProtoJson() {}

  /** A message and all that is set in it. */
  public static JsonObject of(Message message) {
    JsonObject json = new JsonObject();
    for (Map.Entry<FieldDescriptor, Object> entry : message.getAllFields().entrySet()) {
      FieldDescriptor field = entry.getKey();
      if (SecretFields.isSecret(field)) {
        continue;
      }
      if (!field.isRepeated()) {
        add(json, field.getName(), value(entry.getValue()));
        continue;
      }
      JsonArray array = new JsonArray();
      for (Object element : (List<?>) entry.getValue()) {
        array.add(value(element));
      }
      json.add(field.getName(), array);
    }
    return json;
  }

  private static void add(JsonObject json, String name, JsonElement value) {
    if (!value.isJsonNull()) {
      json.add(name, value);
    }
  }

  private static JsonElement value(Object value) {
    if (value instanceof Message message) {
      return of(message);
    } else if (value instanceof EnumValueDescriptor choice) {
      return new JsonPrimitive(choice.getName());
    } else if (value instanceof ByteString bytes) {
      return new JsonPrimitive(Base64.getEncoder().encodeToString(bytes.toByteArray()));
    } else if (value instanceof Boolean flag) {
      return new JsonPrimitive(flag);
    } else if (value instanceof Float number) {
      // the shortest decimal of the float, not of the double that it becomes
      return Float.isFinite(number)
          ? new JsonPrimitive(new BigDecimal(Float.toString(number)))
          : com.google.gson.JsonNull.INSTANCE;
    } else if (value instanceof Double number) {
      return Double.isFinite(number)
          ? new JsonPrimitive(number)
          : com.google.gson.JsonNull.INSTANCE;
    } else if (value instanceof Number number) {
      return new JsonPrimitive(number);
    }
    return new JsonPrimitive(String.valueOf(value));
  }
}
