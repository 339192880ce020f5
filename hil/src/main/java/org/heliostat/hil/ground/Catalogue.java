package org.heliostat.hil.ground;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonSyntaxException;
import com.google.protobuf.ByteString;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.heliostat.payload.codec.MaskCodec;
import org.heliostat.protocol.Mask;
import org.heliostat.protocol.Outcome;
import org.heliostat.protocol.Product;

/**
 * What became of every frame: {@code frames.jsonl} with a line for each, and the STAC catalogue of
 * those that were inferred. The pictures of a frame are on disk before its line, and the line is
 * what makes it known; so a crash or a full disk in between leaves a frame that is stored again
 * when it is sent again. A product whose pictures are not stored stands in its line as it came. One
 * thread.
 */
final class Catalogue implements AutoCloseable {
  private static final Gson PRETTY =
      new GsonBuilder().setPrettyPrinting().serializeNulls().disableHtmlEscaping().create();
  private static final double[] NOWHERE = {-180, -90, 180, 90};

  private final Path stac;
  private final Path frames;
  private final JsonLines lines;
  private final ArchiveFiles files;
  private final MissionUtc time;
  private final int spacecraft;
  private final Set<String> products = new HashSet<>();
  private final Set<String> frameIds = new HashSet<>();
  private final Set<String> itemFolders = new LinkedHashSet<>();
  private final Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
  private final double[] extent = {
    Double.POSITIVE_INFINITY,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    Double.NEGATIVE_INFINITY
  };
  private Instant first = Instant.MAX;
  private Instant last = Instant.MIN;
  private long rawBytes;
  private int duplicated;
  private int maskMismatches;
  private boolean indexStale = true;
  private boolean foldersUnforced;

  private Catalogue(
      Path stac, JsonLines lines, ArchiveFiles files, MissionUtc time, int spacecraft) {
    this.stac = stac;
    this.frames = stac.resolve(StacJson.COLLECTION);
    this.lines = lines;
    this.files = files;
    this.time = time;
    this.spacecraft = spacecraft;
  }

  /** Opens the catalogue of a folder and learns what it holds already. */
  static Catalogue open(Path out, MissionUtc time, int spacecraft, ArchiveFiles files)
      throws IOException {
    Path list = out.resolve("frames.jsonl");
    Catalogue catalogue =
        new Catalogue(
            out.resolve("stac"), JsonLines.open(files.open(list)), files, time, spacecraft);
    files.makeFolder(catalogue.frames);
    try (BufferedReader reader = Files.newBufferedReader(list)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        try {
          catalogue.recall(JsonParser.parseString(line).getAsJsonObject());
        } catch (JsonSyntaxException | IllegalStateException e) {
          GroundLog.say("a line of " + list.getFileName() + " does not read: " + e);
        }
      }
    }
    return catalogue;
  }

  /**
   * Stores what became of a frame.
   *
   * @return false when the product is there already
   */
  boolean store(long record, Product product) throws IOException {
    if (products.contains(product.getId())) {
      return false;
    }
    Instant acquired = time.utc(product.getAcquiredNanos());
    JsonObject line = ProtoJson.of(product.toBuilder().clearCloudMask().clearThumbnail().build());
    line.addProperty("record", record);
    line.addProperty("acquired_utc", acquired.toString());
    if (product.getOutcome() == Outcome.INFERRED) {
      storeItem(product, acquired, line);
    }
    if (!line.has("item") && (product.hasCloudMask() || product.hasThumbnail())) {
      line.addProperty("product", Base64.getEncoder().encodeToString(product.toByteArray()));
    }
    lines.append(line);
    recall(line);
    indexStale = true;
    return true;
  }

  /** Brings the lines and the folders of items to disk; the pictures are there already. */
  void force() throws IOException {
    if (foldersUnforced) {
      files.forceFolder(frames);
      foldersUnforced = false;
    }
    lines.force();
  }

  /** Writes the catalogue's upper documents, if something has changed. */
  void writeIndex() throws IOException {
    if (!indexStale) {
      return;
    }
    if (!itemFolders.isEmpty()) {
      boolean placed = Double.isFinite(extent[0]);
      List<Double> bbox = Arrays.stream(placed ? extent : NOWHERE).boxed().toList();
      write(frames.resolve("collection.json"), StacJson.collection(itemFolders, bbox, first, last));
    }
    write(stac.resolve("catalog.json"), StacJson.catalog(spacecraft, !itemFolders.isEmpty()));
    indexStale = false;
  }

  JsonObject json() {
    JsonObject json = new JsonObject();
    json.addProperty("delivered", products.size());
    json.addProperty("inferred", outcomes.getOrDefault(Outcome.INFERRED, 0));
    json.addProperty("declined", outcomes.getOrDefault(Outcome.DECLINED, 0));
    json.addProperty("failed", outcomes.getOrDefault(Outcome.FRAME_FAILED, 0));
    json.addProperty("duplicated", duplicated);
    json.addProperty("mask_mismatches", maskMismatches);
    json.addProperty("raw_bytes", rawBytes);
    return json;
  }

  private void storeItem(Product product, Instant acquired, JsonObject line) throws IOException {
    String expected = hex(product.getCloudMask().getSha256());
    line.addProperty("mask_sha256", expected);
    line.addProperty("mask_bytes", product.getCloudMask().getData().size());
    line.addProperty("thumbnail_bytes", product.getThumbnail().getJpeg().size());
    byte[] mask;
    try {
      mask = mask(product);
    } catch (IllegalArgumentException e) {
      line.addProperty("mask_error", e.getMessage());
      return;
    }
    String folder = fileName(product.getFrameId());
    Path place = Files.createDirectories(frames.resolve(folder));
    foldersUnforced = true;
    byte[] png = GreyPng.encode(mask, product.getWidth(), product.getHeight());
    Path maskFile = place.resolve("cloud_mask.png");
    DurableFile.write(maskFile, png);
    byte[] reread =
        GreyPng.decode(Files.readAllBytes(maskFile), product.getWidth(), product.getHeight());
    if (!Arrays.equals(reread, mask)) {
      throw new IOException(maskFile + " does not read as it was written");
    }
    if (product.hasThumbnail()) {
      DurableFile.write(
          place.resolve("thumbnail.jpg"), product.getThumbnail().getJpeg().toByteArray());
      line.addProperty("thumbnail", relative(folder, "thumbnail.jpg"));
    }
    write(place.resolve(folder + ".json"), StacJson.item(product, acquired, expected));
    line.addProperty("cloud_mask", relative(folder, "cloud_mask.png"));
    line.addProperty("item", relative(folder, folder + ".json"));
    line.addProperty("item_folder", folder);
  }

  /**
   * The mask of a product.
   *
   * @throws IllegalArgumentException that says why it cannot be read
   */
  private static byte[] mask(Product product) {
    Mask coded = product.getCloudMask();
    if (coded.getCodec() != org.heliostat.protocol.MaskCodec.CONTEXT_ARITHMETIC) {
      throw new IllegalArgumentException(
          "the codec of the mask is not known: " + coded.getCodecValue());
    }
    byte[] mask;
    try {
      mask =
          MaskCodec.decode(coded.getData().toByteArray(), product.getWidth(), product.getHeight());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("the mask does not decode: " + e.getMessage(), e);
    }
    if (!Arrays.equals(sha256(mask), coded.getSha256().toByteArray())) {
      throw new IllegalArgumentException("the mask that came down is not the one of its SHA-256");
    }
    return mask;
  }

  /** Takes a line into what is known. */
  private void recall(JsonObject line) {
    String frame = text(line, "frame_id");
    products.add(text(line, "id"));
    if (!frameIds.add(frame)) {
      duplicated++;
    }
    Outcome outcome = outcome(text(line, "outcome"));
    outcomes.merge(outcome, 1, Integer::sum);
    if (line.has("mask_error")) {
      maskMismatches++;
    }
    if (outcome == Outcome.INFERRED && line.has("raw_bytes")) {
      rawBytes += line.get("raw_bytes").getAsLong();
    }
    if (line.has("item_folder")) {
      itemFolders.add(text(line, "item_folder"));
      Instant acquired = Instant.parse(text(line, "acquired_utc"));
      first = acquired.isBefore(first) ? acquired : first;
      last = acquired.isAfter(last) ? acquired : last;
      widen(line.getAsJsonArray("bbox"));
    }
  }

  private void widen(@org.jspecify.annotations.Nullable JsonArray bbox) {
    if (bbox == null || bbox.size() != 4) {
      return;
    }
    double[] box = new double[4];
    for (int i = 0; i < 4; i++) {
      if (bbox.get(i).isJsonNull()) {
        return; // a number that is none
      }
      box[i] = bbox.get(i).getAsDouble();
    }
    if (box[0] > box[2]) {
      // over the antimeridian: a box that holds it goes all around
      box[0] = -180;
      box[2] = 180;
    }
    extent[0] = Math.min(extent[0], box[0]);
    extent[1] = Math.min(extent[1], box[1]);
    extent[2] = Math.max(extent[2], box[2]);
    extent[3] = Math.max(extent[3], box[3]);
  }

  /** A satellite may send none, or one that this station does not know yet. */
  private static Outcome outcome(String name) {
    return Arrays.stream(Outcome.values())
        .filter(known -> known.name().equals(name))
        .findFirst()
        .orElse(Outcome.OUTCOME_UNSPECIFIED);
  }

  private static String text(JsonObject line, String name) {
    JsonElement value = line.get(name);
    return value == null ? "" : value.getAsString();
  }

  private static String relative(String folder, String file) {
    return "stac/" + StacJson.COLLECTION + "/" + folder + "/" + file;
  }

  /** An id comes over the link: what is not plain must not name files. */
  static String fileName(String id) {
    return id.matches("[A-Za-z0-9_][A-Za-z0-9._-]{0,79}")
        ? id
        : "x" + hex(ByteString.copyFrom(sha256(id.getBytes(StandardCharsets.UTF_8))));
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static String hex(ByteString bytes) {
    return HexFormat.of().formatHex(bytes.toByteArray());
  }

  private static void write(Path file, JsonObject json) throws IOException {
    DurableFile.write(file, (PRETTY.toJson(json) + "\n").getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
