package org.heliostat.core.upload;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.heliostat.core.app.App;
import org.heliostat.core.bus.Subscription;
import org.heliostat.core.file.Changes;
import org.heliostat.core.file.Disk;
import org.heliostat.core.file.HungDisk;
import org.heliostat.core.fixture.TestSpacecraft;
import org.heliostat.core.table.ParameterDefinition;
import org.heliostat.core.table.Parameters;
import org.heliostat.protocol.AcceptUploadList;
import org.heliostat.protocol.ArmCommand;
import org.heliostat.protocol.BeginUpload;
import org.heliostat.protocol.CancelUpload;
import org.heliostat.protocol.FileChunk;
import org.heliostat.protocol.FileSignature;
import org.heliostat.protocol.FireCommand;
import org.heliostat.protocol.LoadTableFile;
import org.heliostat.protocol.Parameter;
import org.heliostat.protocol.ParameterTable;
import org.heliostat.protocol.RollBackFile;
import org.heliostat.protocol.SignerKeys;
import org.heliostat.protocol.SignerMaker;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Uplink;
import org.heliostat.protocol.UploadInquiry;
import org.heliostat.protocol.UploadState;
import org.heliostat.protocol.UploadStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The app among real services: by command and over the bus. */
class UploadsAppTest {
  @TempDir private Path folder;
  private TestSpacecraft craft;
  private App app;
  private Subscription<UploadStatus> told;

  @BeforeEach
  void start() throws IOException {
    SignerMaker.make(folder.resolve(SignerKeys.PRIVATE), folder.resolve(SignerKeys.PUBLIC));
    craft = new TestSpacecraft(folder);
    app = craft.start(new UploadsApp.Factory());
    told = craft.services().bus().subscribe("test", UploadStatus.class, 64);
  }

  @AfterEach
  void close() {
    craft.close();
  }

  private Stage send(Telecommand.Builder command) {
    Stage unused = craft.send(command);
    craft.run(app, 2);
    return craft.lastStage();
  }

  private BeginUpload signed(String path, byte[] content) throws Exception {
    BeginUpload file = Signer.unsigned(path, 1, content).build();
    return file.toBuilder()
        .setSignature(
            FileSignature.sign(
                SignerKeys.privateKey(folder.resolve(SignerKeys.PRIVATE)), Signer.SPACECRAFT, file))
        .build();
  }

  private void fromGround(Uplink.Builder packet) {
    craft.services().bus().publish(packet.build());
  }

  @Test
  void aFileComesByCommandAndPartsAndTheStationIsTold() throws Exception {
    byte[] content = "twenty bytes of file".getBytes(StandardCharsets.UTF_8);
    assertThat(send(Telecommand.newBuilder().setBeginUpload(signed("a/f", content))))
        .isEqualTo(Stage.COMPLETED);
    fromGround(
        Uplink.newBuilder()
            .setFileChunk(
                FileChunk.newBuilder().setUpload(1).setContent(ByteString.copyFrom(content))));
    fromGround(
        Uplink.newBuilder()
            .setUploadInquiry(UploadInquiry.newBuilder().setUpload(1).setQuestion(77)));
    craft.run(app, 3);
    assertThat(folder.resolve("files/a/f")).hasBinaryContent(content);
    boolean answered = false;
    UploadState last = UploadState.UPLOAD_STATE_UNSPECIFIED;
    for (Optional<UploadStatus> word = told.poll(); word.isPresent(); word = told.poll()) {
      answered |= word.get().getQuestion() == 77 && word.get().getReceived() == content.length;
      last = word.get().getState();
    }
    assertThat(answered).isTrue();
    assertThat(last).isEqualTo(UploadState.UPLOAD_DONE);
    assertThat(craft.events()).contains("UPLOAD_BEGUN", "UPLOAD_DONE");
  }

  @Test
  void aRollBackThatIsNotArmedIsRefused() {
    assertThat(
            send(
                Telecommand.newBuilder()
                    .setRollBackFile(RollBackFile.newBuilder().setPath("f").setVersion(1))))
        .isEqualTo(Stage.FAILED);
    assertThat(craft.reason()).contains("arm");
  }

  @Test
  void aTableInAFileGoesTheWayOfOneInACommand() throws Exception {
    Parameters parameters =
        craft
            .services()
            .tables()
            .parameters("test", List.of(new ParameterDefinition("a", "", 1, 0, 10)));
    Table table =
        Table.newBuilder()
            .setName("parameters.test")
            .setParameters(
                ParameterTable.newBuilder()
                    .addParameters(Parameter.newBuilder().setName("a").setValue(2)))
            .build();
    Path jail = Files.createDirectories(folder.resolve("files"));
    Files.write(jail.resolve("t.bin"), table.toByteArray());
    Files.writeString(jail.resolve("t.textproto"), table.toString().replace("2.0", "3.0"));
    Files.writeString(jail.resolve("bad.textproto"), table.toString().replace("2.0", "30.0"));
    Files.writeString(jail.resolve("none.textproto"), "nonsense: 1");
    assertThat(load("t.bin")).isEqualTo(Stage.COMPLETED);
    assertThat(parameters.get("a")).isEqualTo(2);
    assertThat(load("t.textproto")).isEqualTo(Stage.COMPLETED);
    assertThat(parameters.get("a")).isEqualTo(3);
    for (String bad : List.of("bad.textproto", "none.textproto", "../state.bin", "no")) {
      assertThat(load(bad)).as(bad).isEqualTo(Stage.FAILED);
    }
    assertThat(parameters.get("a")).isEqualTo(3);
  }

  private Stage load(String path) {
    return send(
        Telecommand.newBuilder()
            .setLoadTableFile(LoadTableFile.newBuilder().setPath(path).setActivate(true)));
  }

  @Test
  void withoutASignersKeyNothingComes() throws Exception {
    BeginUpload file = signed("f", new byte[] {1});
    app.close();
    Files.delete(folder.resolve(SignerKeys.PUBLIC));
    app = craft.start(new UploadsApp.Factory());
    assertThat(send(Telecommand.newBuilder().setBeginUpload(file))).isEqualTo(Stage.FAILED);
    assertThat(craft.reason()).isEqualTo("the signature is not good");
    assertThat(craft.events()).contains("NO_FILE_SIGNER");
  }

  private Telecommand.Builder begin(String path, byte[] content) throws Exception {
    return Telecommand.newBuilder().setBeginUpload(signed(path, content));
  }

  @Test
  void theOtherCommandsOfUploadsAreCarriedOut() throws Exception {
    byte[] content = {1, 2, 3};
    assertThat(send(begin("f", content))).isEqualTo(Stage.COMPLETED);
    assertThat(
            send(Telecommand.newBuilder().setCancelUpload(CancelUpload.newBuilder().setPath("f"))))
        .isEqualTo(Stage.COMPLETED);
    assertThat(craft.housekeeping().getUploads().getFailed()).isEqualTo(1);
    Telecommand.Builder back =
        Telecommand.newBuilder()
            .setRollBackFile(RollBackFile.newBuilder().setPath("f").setVersion(1));
    assertThat(
            send(Telecommand.newBuilder().setArmCommand(ArmCommand.newBuilder().setCommand(back))))
        .isEqualTo(Stage.COMPLETED);
    assertThat(send(Telecommand.newBuilder().setFireCommand(FireCommand.newBuilder().setArmed(3))))
        .isEqualTo(Stage.FAILED);
    assertThat(craft.reason()).isEqualTo("no file has come to this path by upload");
    Telecommand.Builder accept =
        Telecommand.newBuilder().setAcceptUploadList(AcceptUploadList.getDefaultInstance());
    assertThat(
            send(
                Telecommand.newBuilder().setArmCommand(ArmCommand.newBuilder().setCommand(accept))))
        .isEqualTo(Stage.COMPLETED);
    assertThat(send(Telecommand.newBuilder().setFireCommand(FireCommand.newBuilder().setArmed(5))))
        .isEqualTo(Stage.FAILED);
    assertThat(craft.reason()).isEqualTo("the list is whole");
  }

  @Test
  void commandsThatAreTooManyOrComeAtTheEndAreRefused() throws Exception {
    Telecommand.Builder load =
        Telecommand.newBuilder().setLoadTableFile(LoadTableFile.newBuilder().setPath("t"));
    for (int i = 0; i < UploadsApp.MOST_WAITING; i++) {
      assertThat(craft.send(load.clone())).isEqualTo(Stage.STARTED);
    }
    assertThat(app.queued()).isEqualTo(UploadsApp.MOST_WAITING);
    assertThat(craft.send(load.clone())).isEqualTo(Stage.FAILED);
    assertThat(craft.reason()).contains("too many");
    app.close();
    assertThat(craft.events()).isEmpty();
    assertThat(craft.send(load.clone())).isEqualTo(Stage.FAILED);
    assertThat(craft.reason()).contains("ends");
    assertThat(craft.housekeeping().hasUploads()).isFalse();
  }

  @Test
  void aTableFileThatIsTooLargeIsNotRead() throws Exception {
    Path jail = Files.createDirectories(folder.resolve("files"));
    Files.write(jail.resolve("t.bin"), new byte[UploadFiles.MOST_TABLE_BYTES + 1]);
    assertThat(load("t.bin")).isEqualTo(Stage.FAILED);
    assertThat(craft.reason()).contains("larger than 1048576 bytes");
  }

  /** A step that took half of the heartbeat that an app has by default would be interrupted. */
  @Test
  @Timeout(30)
  void aDiskThatHangsInAWriteHoldsUpTheAppForItsDeadlineAndTheUploadGoesOnAfterIt()
      throws Exception {
    app.close();
    CountDownLatch answers = new CountDownLatch(1);
    AtomicBoolean hangs = new AtomicBoolean();
    UploadFiles files =
        new UploadFiles(
            folder,
            new Disk("test", 2, Disk.DEADLINE_NANOS),
            new Changes(),
            () -> {
              if (hangs.getAndSet(false)) {
                HungDisk.await(answers);
              }
            });
    app =
        craft.start(
            services ->
                new UploadsApp(services, files, publicKeys(folder.resolve(SignerKeys.PUBLIC))));
    byte[] content = new byte[40_000];
    assertThat(send(begin("f", content))).isEqualTo(Stage.COMPLETED);
    try {
      hangs.set(true);
      parts(content);
      craft.run(app, 0.1);
      assertThat(hangs).isFalse();
      assertThat(craft.events()).containsOnlyOnce("UPLOAD_DISK");
      assertThat(craft.housekeeping().getUploads().getStoredBytes()).isZero();
      // nothing waits for it any more, and nothing is told as done
      parts(content);
      craft.run(app, 5);
      assertThat(send(begin("g", content))).isEqualTo(Stage.FAILED);
      assertThat(craft.reason()).contains("the disk hangs");
      assertThat(craft.housekeeping().getUploads().getUnderWayBytes()).isZero();
      assertThat(craft.events()).containsOnlyOnce("UPLOAD_DISK");
    } finally {
      answers.countDown();
    }
    while (craft.housekeeping().getUploads().getCompleted() == 0) {
      parts(content);
      craft.run(app, 2);
    }
    assertThat(folder.resolve("files/f")).hasBinaryContent(content);
  }

  private void parts(byte[] content) {
    for (int at = 0; at < content.length; at += 16_384) {
      fromGround(
          Uplink.newBuilder()
              .setFileChunk(
                  FileChunk.newBuilder()
                      .setUpload(1)
                      .setOffset(at)
                      .setContent(
                          ByteString.copyFrom(
                              content, at, Math.min(16_384, content.length - at)))));
    }
  }

  private static List<PublicKey> publicKeys(Path file) {
    try {
      return SignerKeys.publicKeys(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
