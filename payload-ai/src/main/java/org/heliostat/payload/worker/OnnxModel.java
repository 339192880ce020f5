package org.heliostat.payload.worker;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.heliostat.payload.frame.SampleReader;
import org.heliostat.protocol.FrameLayout;
import org.heliostat.protocol.ModelManifest;
import org.jspecify.annotations.Nullable;

/**
 * A network in ONNX Runtime, fed by the manifest's word: bands, normalisation, tiles. Owned by one
 * thread.
 */
public final class OnnxModel implements AutoCloseable {
  private final ModelManifest manifest;
  private final OrtEnvironment environment;
  private final OrtSession session;
  private @Nullable ByteBuffer input;

  /** The model or a frame is not what the manifest says. */
  public static final class Mismatch extends Exception {
    private static final long serialVersionUID = 1L;

    Mismatch(String text) {
      super(text);
    }
  }

  /**
   * Loads a network and checks it against its manifest.
   *
   * @param threads threads within one operator
   */
  public OnnxModel(Path onnx, ModelManifest manifest, int threads) throws OrtException, Mismatch {
    this.manifest = manifest;
    this.environment = OrtEnvironment.getEnvironment();
    // a satellite reports to its own ground only
    environment.setTelemetry(false);
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      this.session = environment.createSession(onnx.toString(), options);
    }
    try {
      check();
    } catch (Mismatch | OrtException e) {
      session.close();
      throw e;
    }
  }

  private void check() throws OrtException, Mismatch {
    if (session.getInputInfo().size() != 1) {
      throw new Mismatch("the graph has inputs " + session.getInputNames() + "; one is wanted");
    }
    long[] in = shape(session.getInputInfo(), manifest.getInput().getName(), "input");
    long[] out = shape(session.getOutputInfo(), manifest.getOutput().getName(), "output");
    int bands = manifest.getInput().getBandsCount();
    if (in.length != 4 || (in[1] != bands && in[1] != -1)) {
      throw new Mismatch(
          "the graph's input "
              + manifest.getInput().getName()
              + " has shape "
              + java.util.Arrays.toString(in)
              + ", the manifest names "
              + bands
              + " bands");
    }
    int tile = manifest.getTile().getSize();
    if ((in[2] != -1 && in[2] != tile) || (in[3] != -1 && in[3] != tile)) {
      throw new Mismatch(
          "the graph's input is fixed to "
              + in[2]
              + " x "
              + in[3]
              + " pixels, the manifest's tile is "
              + tile);
    }
    if (out.length != 4 || (out[1] != 1 && out[1] != -1)) {
      throw new Mismatch(
          "the graph's output has shape " + java.util.Arrays.toString(out) + ", not [N, 1, H, W]");
    }
  }

  private static long[] shape(Map<String, NodeInfo> nodes, String name, String what)
      throws Mismatch {
    NodeInfo node = nodes.get(name);
    if (node == null) {
      throw new Mismatch("the graph has no " + what + " " + name + "; it has " + nodes.keySet());
    }
    if (!(node.getInfo() instanceof TensorInfo tensor) || tensor.type != OnnxJavaType.FLOAT) {
      throw new Mismatch("the graph's " + what + " " + name + " is not a float tensor");
    }
    return tensor.getShape();
  }

  /**
   * Runs the network over a frame.
   *
   * @param result file that is filled with probabilities, f32 little endian, height * width
   * @return tiles that were run
   */
  public int infer(FrameLayout frame, Path result) throws IOException, OrtException, Mismatch {
    int[] bands = new int[manifest.getInput().getBandsCount()];
    for (int b = 0; b < bands.length; b++) {
      String name = manifest.getInput().getBands(b);
      bands[b] = frame.getBandsList().indexOf(name);
      if (bands[b] < 0) {
        throw new Mismatch(
            "the model wants band " + name + ", the frame has " + frame.getBandsList());
      }
    }
    int tile = manifest.getTile().getSize();
    int overlap = manifest.getTile().getOverlap();
    List<Tiling.Span> rows = Tiling.spans(frame.getHeight(), tile, overlap);
    List<Tiling.Span> columns = Tiling.spans(frame.getWidth(), tile, overlap);
    // written, not mapped: a full disk must be an error here, not a fault in the middle of a map
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(4, frame.getWidth() * frame.getHeight()))
            .order(ByteOrder.LITTLE_ENDIAN);
    try (SampleReader samples = new SampleReader(frame)) {
      for (Tiling.Span row : rows) {
        for (Tiling.Span column : columns) {
          inferTile(samples, frame, bands, row, column, bytes.asFloatBuffer());
        }
      }
    }
    try (FileChannel channel =
        FileChannel.open(
            result,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
    return rows.size() * columns.size();
  }

  private void inferTile(
      SampleReader samples,
      FrameLayout frame,
      int[] bands,
      Tiling.Span row,
      Tiling.Span column,
      FloatBuffer out)
      throws IOException, OrtException, Mismatch {
    int multiple = manifest.getTile().getMultiple();
    int height = Tiling.roundUp(row.size(), multiple);
    int width = Tiling.roundUp(column.size(), multiple);
    int floats = bands.length * height * width;
    FloatBuffer in = input(floats);
    float scale = (float) manifest.getInput().getScale();
    float offset = (float) manifest.getInput().getOffset();
    for (int b = 0; b < bands.length; b++) {
      for (int y = 0; y < height; y++) {
        int fromY = row.start() + Tiling.mirror(y, row.size());
        for (int x = 0; x < width; x++) {
          int fromX = column.start() + Tiling.mirror(x, column.size());
          float reflectance = samples.reflectance(bands[b], fromX, fromY);
          in.put(Float.isNaN(reflectance) ? 0f : reflectance * scale + offset);
        }
      }
    }
    in.flip();
    long[] shape = {1, bands.length, height, width};
    try (OnnxTensor tensor = OnnxTensor.createTensor(environment, in, shape);
        OrtSession.Result outputs = session.run(Map.of(manifest.getInput().getName(), tensor))) {
      OnnxValue value =
          outputs
              .get(manifest.getOutput().getName())
              .orElseThrow(() -> new OrtException("the run gave no output"));
      if (!(value instanceof OnnxTensor probabilities)
          || probabilities.getInfo().getShape().length != 4
          || probabilities.getInfo().getShape()[2] != height
          || probabilities.getInfo().getShape()[3] != width) {
        throw new Mismatch("the graph's output is not of its input's size");
      }
      FloatBuffer from = probabilities.getFloatBuffer();
      for (int y = row.from(); y < row.to(); y++) {
        for (int x = column.from(); x < column.to(); x++) {
          out.put(
              y * frame.getWidth() + x, from.get((y - row.start()) * width + (x - column.start())));
        }
      }
    }
  }

  private FloatBuffer input(int floats) {
    ByteBuffer buffer = input;
    if (buffer == null || buffer.capacity() < 4 * floats) {
      buffer = ByteBuffer.allocateDirect(4 * floats).order(ByteOrder.nativeOrder());
      input = buffer;
    }
    return buffer.clear().limit(4 * floats).slice().order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }
}
