package org.heliostat.core.upload;

import java.io.IOException;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToLongFunction;
import org.heliostat.core.command.Commands;
import org.heliostat.core.command.Execution;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.core.file.FileDigest;
import org.heliostat.core.file.Jail;
import org.heliostat.core.time.MissionClock;
import org.heliostat.core.upload.UploadCounts.Refusal;
import org.heliostat.protocol.BeginUpload;
import org.heliostat.protocol.CancelUpload;
import org.heliostat.protocol.FileChunk;
import org.heliostat.protocol.FileSignature;
import org.heliostat.protocol.InstalledFile;
import org.heliostat.protocol.InstalledList;
import org.heliostat.protocol.OpenUpload;
import org.heliostat.protocol.RollBackFile;
import org.heliostat.protocol.UploadConfig;
import org.heliostat.protocol.UploadInquiry;
import org.heliostat.protocol.UploadList;
import org.heliostat.protocol.UploadState;
import org.heliostat.protocol.UploadStatus;
import org.heliostat.protocol.UploadsStatus;
import org.jspecify.annotations.Nullable;

/**
 * The uploads on their way, each a small state machine. A file is reported as done only when it was
 * read back at its place, and its SHA-256 is the one that was signed.
 *
 * <p>What is on disk when: an upload is in the list before its staging file is made; a span is in
 * the list only when its bytes are forced; a version is in the list of those installed before the
 * file is moved to its place; the upload leaves the list only when it was read back there. So a
 * kill at any moment costs parts that are sent again, and nothing else.
 *
 * <p>A disk that fails or hangs is tried again every second; while room is being taken it ends the
 * upload. One thread.
 */
final class Uploads {
  /** What is read or taken in one step. */
  static final int PIECE_BYTES = 4 << 20;

  /** Most bytes, and longest host time, of which a kill takes the note. */
  static final long UNFORCED_BYTES = 1 << 20;

  static final long UNFORCED_NANOS = 2_000_000_000L;

  /** Times that another SHA-256 is forgiven. */
  static final int MOST_DAMAGED = 3;

  private static final int MOST_ENDED = 64;
  private static final long RETRY_NANOS = 1_000_000_000L;

  /** Host time after which it is looked at what operators have left of the files in place. */
  private static final long LOOK_NANOS = 60_000_000_000L;

  private static final long MEBIBYTE = 1 << 20;

  private final UploadFiles files;
  private final UploadConfig config;
  private final int spacecraft;
  private final List<PublicKey> signers;
  private final MissionClock clock;
  private final Events events;
  private final List<Upload> open = new ArrayList<>();

  /** How those that have ended ended, oldest first. */
  private final Map<Long, UploadStatus> ended = new LinkedHashMap<>();

  private final List<Long> newlyEnded = new ArrayList<>();

  private Installed installed = new Installed(InstalledList.getDefaultInstance());
  private boolean loaded;
  private boolean sweepDue;
  private boolean storeDue;
  private boolean diskFails;
  private long nextTry;
  private final UploadCounts counts = new UploadCounts();

  /** Bytes of files in place when they were last looked at; negative before. */
  private long installedBytes = -1;

  private long nextLook;

  /**
   * Nothing is read yet.
   *
   * @param signers whose signature is good
   */
  Uploads(
      UploadFiles files,
      UploadConfig config,
      int spacecraft,
      List<PublicKey> signers,
      MissionClock clock,
      Events events) {
    this.files = files;
    this.config = config;
    this.spacecraft = spacecraft;
    this.signers = signers;
    this.clock = clock;
    this.events = events;
    this.nextTry = clock.hostNanos();
    this.nextLook = nextTry;
  }

  // ---- commands

  void begin(long counter, BeginUpload file, Execution execution) {
    if (!FileSignature.isGood(signers, spacecraft, file)) {
      refuse(Refusal.SIGNATURE, "the signature is not good", execution);
      return;
    }
    if (counter == 0) {
      refuse(Refusal.SIGNATURE, "ground alone begins uploads", execution);
      return;
    }
    try {
      checkLoaded();
      String path = files.name(file.getPath());
      Optional<Upload> same = at(path);
      if (same.isPresent()) {
        resume(same.get(), counter, file, execution);
        return;
      }
      Optional<String> version = installed.problem(path, file.getVersion());
      if (version.isPresent()) {
        refuse(Refusal.VERSION, version.get(), execution);
        return;
      }
      Optional<String> room = noRoom(file);
      if (room.isPresent()) {
        refuse(Refusal.ROOM, room.get(), execution);
        return;
      }
      Upload upload = new Upload(counter, path, file, clock.missionNanos());
      if (installed.isLast(path, file) && files.installedSize(path) == file.getSize()) {
        upload.enter(Upload.Phase.SETTLING);
      }
      open.add(upload);
      storeOr(() -> open.remove(upload));
      events.report(
          CoreEvent.UPLOAD_BEGUN,
          counter,
          path,
          Integer.toUnsignedString(upload.version),
          upload.size);
      answerBegin(upload, execution);
    } catch (IOException e) {
      refuse(e instanceof Jail.Refused ? Refusal.PATH : Refusal.DISK, text(e), execution);
    }
  }

  private void refuse(Refusal why, String reason, Execution execution) {
    counts.refused(why);
    execution.fail(reason);
  }

  /** Ground goes on with an upload under another counter. */
  private void resume(Upload upload, long counter, BeginUpload file, Execution execution)
      throws IOException {
    if (!upload.isSame(file)) {
      refuse(
          Refusal.PATH,
          "another upload to this path is on its way; CancelUpload ends it",
          execution);
      return;
    }
    long before = upload.id;
    upload.id = counter;
    upload.touchedNanos = clock.missionNanos();
    upload.changed = true;
    storeOr(() -> upload.id = before);
    answerBegin(upload, execution);
  }

  /** Ground may send when there is room. */
  private static void answerBegin(Upload upload, Execution execution) {
    if (upload.phase == Upload.Phase.PREPARING) {
      upload.begin.ifPresent(other -> other.fail("begun again by another command"));
      upload.begin = Optional.of(execution);
    } else {
      execution.complete();
    }
  }

  private Optional<String> noRoom(BeginUpload file) throws IOException {
    long most = config.getFileMebibytes() * MEBIBYTE;
    if (file.getSize() < 1 || file.getSize() > most) {
      return Optional.of("a file may have " + most + " bytes");
    }
    if (open.size() >= config.getMostAtOnce()) {
      return Optional.of(open.size() + " uploads are on their way already");
    }
    installedBytes = files.installedBytes(installed.paths());
    long left = quotaLeft();
    if (file.getSize() > left) {
      return Optional.of("of the quota of uploads " + left + " bytes are left");
    }
    long reserved = config.getReserveMebibytes() * MEBIBYTE;
    if (files.freeBytes() - reserved < file.getSize()) {
      return Optional.of("the disk is full but for what is kept free");
    }
    return Optional.empty();
  }

  private long quotaLeft() {
    return Math.max(
        0,
        config.getQuotaMebibytes() * MEBIBYTE - underWay(upload -> upload.size) - installedBytes);
  }

  private long underWay(ToLongFunction<Upload> of) {
    return open.stream().mapToLong(of).sum();
  }

  void cancel(CancelUpload wanted, Execution execution) {
    try {
      checkLoaded();
      Optional<Upload> upload = at(files.name(wanted.getPath()));
      if (upload.isEmpty()) {
        execution.fail("no upload to this path is on its way");
      } else if (upload.get().phase == Upload.Phase.PLACING
          || upload.get().phase == Upload.Phase.SETTLING) {
        execution.fail("it is being put into its place");
      } else {
        fail(upload.get(), "by command");
        store();
        execution.complete();
      }
    } catch (IOException e) {
      execution.fail(text(e));
    }
  }

  void rollBack(RollBackFile wanted, Execution execution) {
    try {
      checkLoaded();
      String path = files.name(wanted.getPath());
      Installed next = new Installed(installed.stored());
      Optional<String> problem = next.allow(path, wanted.getVersion());
      if (problem.isPresent()) {
        execution.fail(problem.get());
        return;
      }
      store(next);
      events.report(
          CoreEvent.ROLL_BACK_ALLOWED, path, Integer.toUnsignedString(wanted.getVersion()));
      execution.complete();
    } catch (IOException e) {
      execution.fail(text(e));
    }
  }

  void acceptList(Execution execution) {
    try {
      checkLoaded();
      Installed next = new Installed(installed.stored());
      if (!next.accept()) {
        execution.fail("the list is whole");
        return;
      }
      store(next);
      events.report(CoreEvent.UPLOAD_LIST_ACCEPTED, next.paths().size());
      execution.complete();
    } catch (IOException e) {
      execution.fail(text(e));
    }
  }

  private void checkLoaded() throws IOException {
    if (!loaded) {
      throw new IOException("the lists of uploads cannot be read yet");
    }
  }

  // ---- what the station sends

  /** Takes a part; one that does not fit an upload that waits for it changes nothing. */
  void chunk(FileChunk chunk) {
    Upload upload = byId(chunk.getUpload());
    int length = chunk.getContent().size();
    long from = chunk.getOffset();
    if (upload == null || from < 0 || length == 0 || from > upload.size - length) {
      counts.partRefused();
      return;
    }
    long to = from + length;
    if (upload.phase != Upload.Phase.RECEIVING || upload.spans.covers(from, to)) {
      // sent again
      return;
    }
    if (!upload.fits(from, to)) {
      counts.partRefused();
      return;
    }
    try {
      files.write(upload.staging, from, chunk.getContent());
    } catch (IOException e) {
      diskFailed(e);
      // so that it is looked at
      upload.unforced = Math.max(1, upload.unforced);
      return;
    }
    if (upload.unforced == 0) {
      upload.lastStored = clock.hostNanos();
    }
    upload.spans.add(from, to);
    upload.unforced += length;
    counts.stored(length);
    upload.touchedNanos = clock.missionNanos();
    upload.changed = true;
  }

  /** How an upload stands. */
  UploadStatus answer(UploadInquiry inquiry) {
    return status(inquiry.getUpload())
        .setQuestion(inquiry.getQuestion())
        .setRefused(counts.refusedParts())
        .build();
  }

  private UploadStatus.Builder status(long id) {
    Upload upload = byId(id);
    if (upload != null) {
      return upload.status();
    }
    UploadStatus end = ended.get(id);
    if (end != null) {
      return end.toBuilder();
    }
    Optional<InstalledFile> file = loaded ? installed.of(id) : Optional.empty();
    UploadStatus.Builder unknown =
        UploadStatus.newBuilder().setUpload(id).setState(UploadState.UPLOAD_UNKNOWN);
    return file.map(done -> unknown.setPath(done.getPath()).setState(UploadState.UPLOAD_DONE))
        .orElse(unknown);
  }

  /** The state of all that has changed since it was told. */
  List<UploadStatus> changed() {
    List<UploadStatus> all = new ArrayList<>();
    for (Upload upload : open) {
      if (upload.changed) {
        upload.changed = false;
        all.add(upload.status().setRefused(counts.refusedParts()).build());
      }
    }
    for (long id : newlyEnded) {
      UploadStatus end = ended.get(id);
      if (end != null) {
        all.add(end);
      }
    }
    newlyEnded.clear();
    return all;
  }

  /** What has become of files, and what is on its way, for housekeeping. */
  UploadsStatus summary() {
    UploadsStatus.Builder status =
        counts
            .status()
            .setUnderWay(open.size())
            .setUnderWayBytes(underWay(upload -> upload.spans.bytes()))
            .setUnderWaySize(underWay(upload -> upload.size));
    if (installedBytes >= 0) {
      status.setQuotaLeftBytes(quotaLeft());
    }
    return status.build();
  }

  // ---- work

  /** Does a piece for each upload; whether there is more to do at once. */
  boolean step() {
    if (clock.hostNanos() - nextTry < 0) {
      return false;
    }
    try {
      if (!loaded) {
        load();
      }
      if (storeDue) {
        store();
      }
      if (sweepDue) {
        files.sweep(open.stream().map(upload -> upload.staging).toList());
        sweepDue = false;
      }
      if (clock.hostNanos() - nextLook >= 0) {
        installedBytes = files.installedBytes(installed.paths());
        nextLook = clock.hostNanos() + LOOK_NANOS;
      }
      boolean more = false;
      Optional<IOException> failure = Optional.empty();
      for (Upload upload : List.copyOf(open)) {
        try {
          more |= piece(upload);
        } catch (IOException e) {
          // the others have their turn all the same
          failure = Optional.of(e);
          lookForStaging(upload);
        }
      }
      if (failure.isPresent()) {
        throw failure.get();
      }
      diskFails = false;
      return more;
    } catch (IOException e) {
      diskFailed(e);
      return false;
    }
  }

  /** A staging file that is gone takes what had come with it. */
  private void lookForStaging(Upload upload) throws IOException {
    if ((upload.phase == Upload.Phase.RECEIVING || upload.phase == Upload.Phase.VERIFYING)
        && !files.isStaged(upload.staging, upload.size)) {
      prepareAnew(upload);
    }
  }

  private void load() throws IOException {
    UploadFiles.Stored<InstalledList> versions = files.readInstalled();
    UploadFiles.Stored<UploadList> list = files.readOpen();
    Installed known = new Installed(versions.list().orElse(InstalledList.getDefaultInstance()));
    if (versions.damaged()) {
      events.report(CoreEvent.UPLOAD_LIST_DAMAGED, "that of the versions");
    }
    if (versions.damaged() && versions.list().isEmpty()) {
      known.lose();
      files.store(known.stored());
    }
    if (list.damaged()) {
      events.report(CoreEvent.UPLOAD_LIST_DAMAGED, "that of those on their way");
    }
    List<Upload> found = new ArrayList<>();
    for (OpenUpload stored : list.list().orElse(UploadList.getDefaultInstance()).getUploadsList()) {
      Upload upload = Upload.of(stored);
      long taken = found.stream().mapToLong(other -> other.size).sum();
      Optional<String> beyond = beyond(upload, taken);
      if (beyond.isPresent()) {
        storeDue = true;
        events.report(CoreEvent.UPLOAD_FAILED, upload.id, upload.path, beyond.get());
        continue;
      }
      if (upload.prepared == upload.size && files.isStaged(upload.staging, upload.size)) {
        upload.enter(Upload.Phase.RECEIVING);
      } else if (known.isLast(upload.path, upload.sha256, upload.version)) {
        // one that has had room has left its staging file for its place
        upload.placed = upload.prepared == upload.size;
        upload.enter(Upload.Phase.SETTLING);
      } else {
        prepareAnew(upload);
      }
      // mission time may have begun anew
      upload.touchedNanos = Math.min(upload.touchedNanos, clock.missionNanos());
      found.add(upload);
    }
    installed = known;
    open.addAll(found);
    loaded = true;
    sweepDue = true;
  }

  /** Why a stored upload cannot be one of ours. */
  private Optional<String> beyond(Upload upload, long taken) throws IOException {
    if (upload.size < 1
        || upload.size > config.getFileMebibytes() * MEBIBYTE
        || upload.size > config.getQuotaMebibytes() * MEBIBYTE - taken) {
      return Optional.of("it is beyond the quota");
    }
    try {
      return files.name(upload.path).equals(upload.path)
          ? Optional.empty()
          : Optional.of("its path has another name");
    } catch (Jail.Refused e) {
      return Optional.of(text(e));
    }
  }

  private boolean piece(Upload upload) throws IOException {
    double days = (clock.missionNanos() - upload.touchedNanos) / 86_400e9;
    if (days > config.getExpiryDays() && upload.phase != Upload.Phase.PREPARING) {
      fail(upload, "nothing has come for " + config.getExpiryDays() + " days");
      store();
      return false;
    }
    switch (upload.phase) {
      case SETTLING -> settle(upload);
      case PREPARING -> prepare(upload);
      case RECEIVING -> {
        return receive(upload);
      }
      case VERIFYING -> verify(upload);
      case PLACING -> place(upload);
    }
    return true;
  }

  private void prepare(Upload upload) throws IOException {
    try {
      if (upload.prepared < upload.size) {
        int length = (int) Math.min(PIECE_BYTES, upload.size - upload.prepared);
        files.prepare(upload.staging, upload.prepared, length);
        upload.prepared += length;
      }
      if (upload.prepared == upload.size) {
        store();
        upload.enter(Upload.Phase.RECEIVING);
        upload.begin.ifPresent(Execution::complete);
        upload.begin = Optional.empty();
      } else {
        upload.begin.ifPresent(execution -> execution.within(Commands.DEADLINE_SECONDS));
      }
    } catch (IOException e) {
      fail(upload, "no room is to be had: " + text(e));
      throw e;
    }
  }

  private boolean receive(Upload upload) throws IOException {
    boolean whole = upload.isWhole();
    if (upload.unforced > 0
        && (whole
            || upload.unforced >= UNFORCED_BYTES
            || clock.hostNanos() - upload.lastStored >= UNFORCED_NANOS)) {
      files.force(upload.staging);
      upload.markForced();
      store();
      upload.unforced = 0;
    }
    if (whole) {
      upload.enter(Upload.Phase.VERIFYING);
    }
    return whole;
  }

  private void verify(Upload upload) throws IOException {
    Optional<Boolean> good = digested(upload, files.stagedDigest(upload.staging));
    if (good.isEmpty()) {
      return;
    }
    if (good.get()) {
      upload.enter(Upload.Phase.PLACING);
    } else {
      damaged(upload);
    }
  }

  private void place(Upload upload) throws IOException {
    try {
      // a path that is refused by now must not cost a version
      String unused = files.name(upload.path);
      list(upload);
      if (files.isStaged(upload.staging, upload.size)) {
        files.install(upload.staging, upload.path);
      }
      // else it was moved by a try whose end nobody saw
      upload.placed = true;
      upload.enter(Upload.Phase.SETTLING);
    } catch (Jail.Refused e) {
      takeBack(upload);
      fail(upload, text(e));
      store();
    }
  }

  /** Its name is in the list before it is at its place. */
  private void list(Upload upload) throws IOException {
    Installed next = new Installed(installed.stored());
    Optional<InstalledFile> replaced = next.put(upload);
    store(next);
    if (!upload.listed) {
      // of a try that is made again, what the first one has found
      upload.replaced = replaced;
    }
    upload.listed = true;
  }

  /** It does not come to its place: neither its version nor what was allowed is used up. */
  private void takeBack(Upload upload) throws IOException {
    if (upload.listed) {
      Installed next = new Installed(installed.stored());
      next.put(upload.path, upload.replaced);
      store(next);
    }
  }

  private void settle(Upload upload) throws IOException {
    Optional<Boolean> good =
        files.installedSize(upload.path) == upload.size
            ? digested(upload, files.installedDigest(upload.path))
            : Optional.of(false);
    if (good.isEmpty()) {
      return;
    }
    if (good.get()) {
      installed(upload);
      return;
    }
    if (upload.placed) {
      // nobody may take it for what was signed
      if (files.installedSize(upload.path) > 0) {
        files.remove(upload.path);
      }
      upload.placed = false;
      damaged(upload);
    }
    prepareAnew(upload);
  }

  private void installed(Upload upload) throws IOException {
    int at = open.indexOf(upload);
    Upload unused = open.remove(at);
    storeOr(() -> open.add(at, upload));
    end(upload, UploadState.UPLOAD_DONE, "");
    counts.completed();
    // it has come to the quota, and another one may have gone from it
    nextLook = clock.hostNanos();
    events.report(
        CoreEvent.UPLOAD_DONE,
        upload.id,
        upload.path,
        Integer.toUnsignedString(upload.version),
        upload.size);
  }

  private static void prepareAnew(Upload upload) {
    upload.clear();
    upload.prepared = 0;
    upload.enter(Upload.Phase.PREPARING);
  }

  /** Whether the digest is the signed one; empty while there is more to read. */
  private Optional<Boolean> digested(Upload upload, FileDigest fresh) throws IOException {
    FileDigest digest = upload.digest.orElse(fresh);
    upload.digest = Optional.of(digest);
    try {
      if (files.read(digest, PIECE_BYTES)) {
        return Optional.empty();
      }
    } catch (IOException e) {
      // a read that was left may still come and go on with it
      upload.digest = Optional.empty();
      throw e;
    }
    upload.digest = Optional.empty();
    return Optional.of(Arrays.equals(digest.digest(), upload.sha256.toByteArray()));
  }

  /** All was there, and it is not what was signed: it is sent again, or given up. */
  private void damaged(Upload upload) throws IOException {
    events.report(CoreEvent.UPLOAD_DAMAGED, upload.id, upload.path);
    counts.damaged();
    storeDue = true;
    upload.damaged++;
    if (upload.damaged >= MOST_DAMAGED) {
      fail(upload, "its SHA-256 is another one, " + upload.damaged + " times");
    } else {
      upload.clear();
      upload.enter(Upload.Phase.RECEIVING);
    }
    store();
  }

  private void fail(Upload upload, String why) {
    boolean unused = open.remove(upload);
    storeDue = true;
    sweepDue = true;
    end(upload, UploadState.UPLOAD_FAILED, why);
    counts.failed();
    events.report(CoreEvent.UPLOAD_FAILED, upload.id, upload.path, why);
    upload.begin.ifPresent(execution -> execution.fail(why));
    upload.begin = Optional.empty();
  }

  private void end(Upload upload, UploadState state, String reason) {
    if (ended.size() == MOST_ENDED) {
      ended.remove(ended.keySet().iterator().next());
    }
    ended.put(
        upload.id,
        UploadStatus.newBuilder()
            .setUpload(upload.id)
            .setPath(upload.path)
            .setSize(upload.size)
            .setState(state)
            .setReason(reason)
            .setReceived(upload.spans.bytes())
            .build());
    newlyEnded.add(upload.id);
  }

  // ---- what both need

  private void store() throws IOException {
    files.store(
        UploadList.newBuilder().addAllUploads(open.stream().map(Upload::stored).toList()).build());
    storeDue = false;
  }

  /** What is known of files in place is this, as soon as it is stored. */
  private void store(Installed next) throws IOException {
    files.store(next.stored());
    installed = next;
  }

  /** Stores, or takes back what was to be stored. */
  private void storeOr(Runnable takeBack) throws IOException {
    boolean stored = false;
    try {
      store();
      stored = true;
    } finally {
      if (!stored) {
        takeBack.run();
      }
    }
  }

  private Optional<Upload> at(String path) {
    return open.stream().filter(upload -> upload.path.equals(path)).findFirst();
  }

  private @Nullable Upload byId(long id) {
    return open.stream().filter(upload -> upload.id == id).findFirst().orElse(null);
  }

  private void diskFailed(IOException failure) {
    nextTry = clock.hostNanos() + RETRY_NANOS;
    if (!diskFails) {
      diskFails = true;
      events.report(CoreEvent.UPLOAD_DISK, text(failure));
    }
  }

  private static String text(IOException e) {
    return e instanceof Jail.Refused ? String.valueOf(e.getMessage()) : e.toString();
  }

  /** The app ends: whoever waits is told; the uploads go on with the next one. */
  void close() {
    for (Upload upload : open) {
      upload.begin.ifPresent(execution -> execution.fail("the app ends"));
      upload.begin = Optional.empty();
    }
  }
}
