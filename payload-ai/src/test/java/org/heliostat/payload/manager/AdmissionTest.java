package org.heliostat.payload.manager;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.heliostat.payload.frame.Frame;
import org.heliostat.protocol.FrameLayout;
import org.heliostat.protocol.ModelInput;
import org.heliostat.protocol.ModelManifest;
import org.junit.jupiter.api.Test;

class AdmissionTest {
  private final Admission admission =
      new Admission(
          0.25,
          ModelManifest.newBuilder()
              .setId("m")
              .setInput(ModelInput.newBuilder().addBands("red").addBands("nir"))
              .build());

  private static Frame frame(double valid, String... bands) {
    return new Frame(
        "f",
        "f.tif",
        Path.of("f.raw"),
        FrameLayout.newBuilder().addAllBands(List.of(bands)).build(),
        0,
        List.of(),
        0,
        valid);
  }

  @Test
  void admitsWhatHasDataAndBands() {
    assertThat(admission.decline(frame(0.25, "nir", "blue", "red"))).isEmpty();
  }

  @Test
  void declinesAFrameWithTooLittleDataAndSaysHowMuch() {
    assertThat(admission.decline(frame(0.2499, "nir", "red")))
        .hasValue("24.99 % of the pixels have data, the mission wants 25.00 %");
  }

  @Test
  void declinesAFrameWithoutABandOfTheModel() {
    assertThat(admission.decline(frame(1, "nir", "blue")))
        .hasValue("model m wants band red, the frame has [nir, blue]");
  }
}
