package org.heliostat.hil.report;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads what other processes write, some of it while they write. Stateless. */
public final class JsonFiles {
  private JsonFiles() {}

  /** The object in a file, or nothing when there is none that reads. */
  public static Optional<JsonObject> object(Path file) {
    try {
      return parse(Files.readString(file));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The objects of a file with one a line; lines that do not read are left out. */
  public static List<JsonObject> lines(Path file) throws IOException {
    List<JsonObject> objects = new ArrayList<>();
    if (!Files.exists(file)) {
      return objects;
    }
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        parse(line).ifPresent(objects::add);
      }
    }
    return objects;
  }

  /** An object in text. */
  public static Optional<JsonObject> parse(String text) {
    try {
      JsonElement element = JsonParser.parseString(text);
      return element.isJsonObject() ? Optional.of(element.getAsJsonObject()) : Optional.empty();
    } catch (JsonParseException e) {
      return Optional.empty();
    }
  }

  /** A number at the end of a path of names, or this one. */
  public static double number(JsonObject from, double otherwise, String... path) {
    Optional<JsonElement> found = find(from, path);
    return found.isPresent()
            && found.get().isJsonPrimitive()
            && found.get().getAsJsonPrimitive().isNumber()
        ? found.get().getAsDouble()
        : otherwise;
  }

  /** A whole number at the end of a path of names; 0 when there is none. */
  public static long whole(JsonObject from, String... path) {
    return (long) number(from, 0, path);
  }

  /** A text at the end of a path of names; empty when there is none. */
  public static String text(JsonObject from, String... path) {
    return find(from, path)
        .filter(JsonElement::isJsonPrimitive)
        .map(JsonElement::getAsString)
        .orElse("");
  }

  /** The object at the end of a path of names; an empty one when there is none. */
  public static JsonObject child(JsonObject from, String... path) {
    return find(from, path)
        .filter(JsonElement::isJsonObject)
        .map(JsonElement::getAsJsonObject)
        .orElseGet(JsonObject::new);
  }

  /** The objects of an array at the end of a path of names. */
  public static List<JsonObject> children(JsonObject from, String... path) {
    List<JsonObject> objects = new ArrayList<>();
    find(from, path)
        .filter(JsonElement::isJsonArray)
        .ifPresent(
            array ->
                array
                    .getAsJsonArray()
                    .forEach(
                        element -> {
                          if (element.isJsonObject()) {
                            objects.add(element.getAsJsonObject());
                          }
                        }));
    return objects;
  }

  private static Optional<JsonElement> find(JsonObject from, String... path) {
    JsonElement at = from;
    for (String name : path) {
      if (!at.isJsonObject() || !at.getAsJsonObject().has(name)) {
        return Optional.empty();
      }
      at = at.getAsJsonObject().get(name);
    }
    return Optional.of(at);
  }
}
