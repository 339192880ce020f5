package org.heliostat.hil.ground;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.time.Instant;
import java.util.List;
import org.heliostat.protocol.Product;
import org.junit.jupiter.api.Test;

/** Items after STAC 1.1.0. */
class StacJsonTest {
  @Test
  void aFrameWithoutPlaceHasNullGeometryAndNoBox() {
    JsonObject item = item(List.of());
    assertThat(item.get("geometry").isJsonNull()).isTrue();
    assertThat(item.has("bbox")).isFalse();
  }

  @Test
  void aBoxBecomesAClosedPolygon() {
    JsonObject item = item(List.of(10.0, 20.0, 11.0, 21.0));
    assertThat(item.getAsJsonObject("geometry").toString())
        .isEqualTo(
            "{\"type\":\"Polygon\",\"coordinates\":[[[10.0,20.0],[11.0,20.0],[11.0,21.0],[10.0,21.0],[10.0,20.0]]]}");
    assertThat(item.getAsJsonArray("bbox").toString()).isEqualTo("[10.0,20.0,11.0,21.0]");
  }

  @Test
  void aBoxOverTheAntimeridianIsCutInTwo() {
    JsonObject geometry = item(List.of(179.0, 0.0, -179.0, 1.0)).getAsJsonObject("geometry");
    assertThat(geometry.get("type").getAsString()).isEqualTo("MultiPolygon");
    assertThat(geometry.getAsJsonArray("coordinates")).hasSize(2);
  }

  @Test
  void linksLeadToRootParentAndCollection() {
    assertThat(item(List.of()).getAsJsonArray("links").toString())
        .contains("\"rel\":\"root\"", "\"rel\":\"parent\"", "\"rel\":\"collection\"");
  }

  private static JsonObject item(List<Double> bbox) {
    return StacJson.item(
        Product.newBuilder().setFrameId("f1").addAllBbox(bbox).build(), Instant.EPOCH, "00");
  }
}
