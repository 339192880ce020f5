package org.heliostat.hil.ground;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import org.heliostat.protocol.Product;

/**
 * The catalogue's documents after STAC 1.1.0: a catalogue, one collection in it, an Item for each
 * inferred frame. Links are relative and there are no links to self, as the specification wants it
 * of a self-contained catalogue, so that the folder may be moved. Stateless.
 */
final class StacJson {
  static final String VERSION = "1.1.0";
  static final String COLLECTION = "frames";
  private static final String EO = "https://stac-extensions.github.io/eo/v2.0.0/schema.json";

  private StacJson() {}

  /** An Item. The pictures lie beside it: {@code cloud_mask.png}, {@code thumbnail.jpg}. */
  static JsonObject item(Product product, Instant acquired, String maskSha256) {
    JsonObject item = new JsonObject();
    item.addProperty("type", "Feature");
    item.addProperty("stac_version", VERSION);
    item.add("stac_extensions", strings(EO));
    item.addProperty("id", product.getFrameId());
    item.addProperty("collection", COLLECTION);
    place(item, product.getBboxList());
    JsonObject properties = new JsonObject();
    properties.addProperty("datetime", acquired.toString());
    properties.addProperty("eo:cloud_cover", percent(product.getCloudFraction()));
    properties.addProperty("mlm:name", product.getModelId());
    properties.addProperty("heliostat:source", product.getSource());
    properties.addProperty("heliostat:product", product.getId());
    properties.addProperty("heliostat:card", product.getCard());
    properties.addProperty("heliostat:attempts", product.getAttempts());
    properties.addProperty("heliostat:confidence", round(product.getConfidence(), 1e6));
    properties.addProperty("heliostat:valid_fraction", round(product.getValidFraction(), 1e6));
    properties.addProperty("heliostat:raw_bytes", product.getRawBytes());
    properties.addProperty(
        "heliostat:inference_milliseconds", round(product.getInferenceMilliseconds(), 1e3));
    properties.addProperty("heliostat:mask_sha256", maskSha256);
    item.add("properties", properties);
    item.add(
        "links",
        array(
            link("root", "../../catalog.json", "application/json"),
            link("parent", "../collection.json", "application/json"),
            link("collection", "../collection.json", "application/json")));
    JsonObject assets = new JsonObject();
    assets.add(
        "cloud_mask",
        asset("./cloud_mask.png", "image/png", "Cloud mask: 255 is cloud, 0 is not", "data"));
    if (product.hasThumbnail()) {
      assets.add(
          "thumbnail", asset("./thumbnail.jpg", "image/jpeg", "What the frame shows", "thumbnail"));
    }
    item.add("assets", assets);
    return item;
  }

  /** The collection of all frames. */
  static JsonObject collection(
      Collection<String> itemFolders, List<Double> bbox, Instant first, Instant last) {
    JsonObject collection = new JsonObject();
    collection.addProperty("type", "Collection");
    collection.addProperty("stac_version", VERSION);
    collection.addProperty("id", COLLECTION);
    collection.addProperty("title", "Frames screened for cloud on board");
    collection.addProperty("description", "One Item for each frame that was inferred on board.");
    collection.addProperty("license", "other");
    JsonObject spatial = new JsonObject();
    JsonArray box = new JsonArray();
    bbox.forEach(box::add);
    spatial.add("bbox", array(box));
    JsonObject temporal = new JsonObject();
    temporal.add("interval", array(strings(first.toString(), last.toString())));
    JsonObject extent = new JsonObject();
    extent.add("spatial", spatial);
    extent.add("temporal", temporal);
    collection.add("extent", extent);
    JsonArray links =
        array(
            link("root", "../catalog.json", "application/json"),
            link("parent", "../catalog.json", "application/json"));
    itemFolders.forEach(
        folder ->
            links.add(
                link("item", "./" + folder + "/" + folder + ".json", "application/geo+json")));
    collection.add("links", links);
    return collection;
  }

  /** The root of it all. */
  static JsonObject catalog(int spacecraft, boolean withCollection) {
    JsonObject catalog = new JsonObject();
    catalog.addProperty("type", "Catalog");
    catalog.addProperty("stac_version", VERSION);
    catalog.addProperty("id", "heliostat-" + spacecraft);
    catalog.addProperty("title", "Products of spacecraft " + spacecraft);
    catalog.addProperty("description", "What a Heliostat satellite has sent to ground.");
    JsonArray links = array(link("root", "./catalog.json", "application/json"));
    if (withCollection) {
      links.add(link("child", "./" + COLLECTION + "/collection.json", "application/json"));
    }
    catalog.add("links", links);
    return catalog;
  }

  private static void place(JsonObject item, List<Double> bbox) {
    if (bbox.size() != 4 || bbox.stream().anyMatch(degree -> !Double.isFinite(degree))) {
      item.add("geometry", JsonNull.INSTANCE);
      return;
    }
    double west = bbox.get(0);
    double south = bbox.get(1);
    double east = bbox.get(2);
    double north = bbox.get(3);
    JsonObject geometry = new JsonObject();
    if (west <= east) {
      geometry.addProperty("type", "Polygon");
      geometry.add("coordinates", rectangle(west, south, east, north));
    } else {
      // over the antimeridian: cut in two, RFC 7946 section 3.1.9
      geometry.addProperty("type", "MultiPolygon");
      geometry.add(
          "coordinates",
          array(rectangle(west, south, 180, north), rectangle(-180, south, east, north)));
    }
    item.add("geometry", geometry);
    item.add("bbox", numbers(west, south, east, north));
  }

  private static JsonArray rectangle(double west, double south, double east, double north) {
    return array(
        array(
            numbers(west, south),
            numbers(east, south),
            numbers(east, north),
            numbers(west, north),
            numbers(west, south)));
  }

  private static JsonObject link(String relation, String href, String type) {
    JsonObject link = new JsonObject();
    link.addProperty("rel", relation);
    link.addProperty("href", href);
    link.addProperty("type", type);
    return link;
  }

  private static JsonObject asset(String href, String type, String title, String role) {
    JsonObject asset = new JsonObject();
    asset.addProperty("href", href);
    asset.addProperty("type", type);
    asset.addProperty("title", title);
    asset.add("roles", strings(role));
    return asset;
  }

  /** Percent, as the eo extension has it, within its bounds. */
  private static double percent(double fraction) {
    return round(Math.min(100, Math.max(0, 100 * fraction)), 1e4);
  }

  private static double round(double value, double scale) {
    return Double.isFinite(value) ? Math.round(value * scale) / scale : 0;
  }

  private static JsonArray strings(String... values) {
    JsonArray array = new JsonArray();
    for (String value : values) {
      array.add(value);
    }
    return array;
  }

  private static JsonArray numbers(double... values) {
    JsonArray array = new JsonArray();
    for (double value : values) {
      array.add(value);
    }
    return array;
  }

  private static JsonArray array(com.google.gson.JsonElement... elements) {
    JsonArray array = new JsonArray();
    for (com.google.gson.JsonElement element : elements) {
      array.add(element);
    }
    return array;
  }
}
